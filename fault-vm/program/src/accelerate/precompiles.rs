//! The EVM's precompiles.
//!
//! revm has checked gas, lengths and padding before it calls these. Each writes its arguments as the input that the precompile takes, with
//! the gas that the precompile asks for it; a call that fails on L1 is an error here, whose kind makes no difference to the EVM.

use super::{
    Accelerated, Precompiles,
    call::{Answer, ask},
    curves::{push, push_g1, push_g2, unpad},
};
use alloc::vec::Vec;
use alloy_primitives::{Bytes, U256};
use revm::precompile::{
    Crypto, DefaultCrypto, PrecompileHalt,
    bls12_381::{G1Point, G1PointScalar, G2Point, G2PointScalar},
    bls12_381_const as bls,
    bls12_381_utils::msm_required_gas,
    bn254::pair,
    kzg_point_evaluation as kzg, modexp,
    secp256r1::P256VERIFY_BASE_GAS_FEE_OSAKA,
};

const ECRECOVER: u16 = 1;
const MODEXP: u16 = 5;
const BN254_PAIRING: u16 = 8;
const POINT_EVALUATION: u16 = 0x0a;
const G1_ADD: u16 = 0x0b;
const G1_MSM: u16 = 0x0c;
const G2_ADD: u16 = 0x0d;
const G2_MSM: u16 = 0x0e;
const BLS_PAIRING: u16 = 0x0f;
const MAP_FP_TO_G1: u16 = 0x10;
const MAP_FP2_TO_G2: u16 = 0x11;
const P256_VERIFY: u16 = 0x100;

/// Gas of ecrecover.
const ECRECOVER_GAS: u64 = 3_000;

/// The precompile fails on L1.
const REFUSED: PrecompileHalt = PrecompileHalt::other_static("the precompile refuses its input");

impl<P: Precompiles> Accelerated<P> {
    /// What the precompile gives, read by `read`; none if there is no answer or none that `read` can read.
    fn call<T>(
        &self,
        precompile: u16,
        gas: u64,
        input: &[&[u8]],
        read: impl FnOnce(&Bytes) -> Option<T>,
    ) -> Option<Result<T, PrecompileHalt>> {
        match ask(&self.0, precompile, gas, input)? {
            Answer::Failure => Some(Err(REFUSED)),
            Answer::Output(output) => read(&output).map(Ok),
        }
    }
}

/// A word that is 0 or 1.
fn boolean(output: &Bytes) -> Option<bool> {
    let (last, zeroes) = output.split_last().filter(|(last, zeroes)| **last < 2 && zeroes.len() == 31)?;
    zeroes.iter().all(|byte| *byte == 0).then_some(*last == 1)
}

fn array<const N: usize>(output: &Bytes) -> Option<[u8; N]> {
    output.as_ref().try_into().ok()
}

/// A length as modexp's input has it.
fn length(bytes: &[u8]) -> [u8; 32] {
    U256::from(bytes.len()).to_be_bytes()
}

fn modexp_gas(base: &[u8], exponent: &[u8], modulus: &[u8]) -> u64 {
    let high = exponent.get(..exponent.len().min(32)).unwrap_or_default();
    let high = U256::try_from_be_slice(high).unwrap_or_default();
    modexp::osaka_gas_calc(base.len() as u64, exponent.len() as u64, modulus.len() as u64, &high)
}

impl<P: Precompiles> Crypto for Accelerated<P> {
    fn secp256k1_ecrecover(&self, signature: &[u8; 64], parity: u8, message: &[u8; 32]) -> Result<[u8; 32], PrecompileHalt> {
        let pure = || DefaultCrypto.secp256k1_ecrecover(signature, parity, message);
        if parity > 1 {
            return pure();
        }
        let mut v = [0; 32];
        v[31] = parity.saturating_add(27);
        // It never fails: nobody is recovered where the output is empty.
        let read = |output: &Bytes| if output.is_empty() { Some(None) } else { array(output).map(Some) };
        match self.call(ECRECOVER, ECRECOVER_GAS, &[message, &v, signature], read) {
            Some(Ok(address)) => address.ok_or(PrecompileHalt::Secp256k1RecoverFailed),
            Some(Err(_)) | None => pure(),
        }
    }

    fn modexp(&self, base: &[u8], exponent: &[u8], modulus: &[u8]) -> Result<Vec<u8>, PrecompileHalt> {
        let input: [&[u8]; 6] = [&length(base), &length(exponent), &length(modulus), base, exponent, modulus];
        let read = |output: &Bytes| (output.len() == modulus.len()).then(|| output.to_vec());
        let answer = self.call(MODEXP, modexp_gas(base, exponent, modulus), &input, read);
        answer.unwrap_or_else(|| DefaultCrypto.modexp(base, exponent, modulus))
    }

    fn bn254_pairing_check(&self, pairs: &[(&[u8], &[u8])]) -> Result<bool, PrecompileHalt> {
        let gas = pair::ISTANBUL_PAIR_PER_POINT.saturating_mul(pairs.len() as u64).saturating_add(pair::ISTANBUL_PAIR_BASE);
        let input: Vec<&[u8]> = pairs.iter().flat_map(|(left, right)| [*left, *right]).collect();
        self.call(BN254_PAIRING, gas, &input, boolean).unwrap_or_else(|| DefaultCrypto.bn254_pairing_check(pairs))
    }

    fn verify_kzg_proof(&self, z: &[u8; 32], y: &[u8; 32], commitment: &[u8; 48], proof: &[u8; 48]) -> Result<(), PrecompileHalt> {
        let hash = kzg::kzg_to_versioned_hash(commitment);
        let read = |output: &Bytes| (output.as_ref() == kzg::RETURN_VALUE).then_some(());
        let answer = self.call(POINT_EVALUATION, kzg::GAS_COST, &[&hash, z, y, commitment, proof], read);
        answer.unwrap_or_else(|| DefaultCrypto.verify_kzg_proof(z, y, commitment, proof))
    }

    fn secp256r1_verify_signature(&self, message: &[u8; 32], signature: &[u8; 64], key: &[u8; 64]) -> bool {
        let read = |output: &Bytes| if output.is_empty() { Some(false) } else { boolean(output).filter(|valid| *valid) };
        match self.call(P256_VERIFY, P256VERIFY_BASE_GAS_FEE_OSAKA, &[message, signature, key], read) {
            Some(Ok(valid)) => valid,
            Some(Err(_)) | None => DefaultCrypto.secp256r1_verify_signature(message, signature, key),
        }
    }

    fn bls12_381_g1_add(&self, left: G1Point, right: G1Point) -> Result<[u8; 96], PrecompileHalt> {
        let mut input = Vec::new();
        push_g1(&mut input, &left);
        push_g1(&mut input, &right);
        let answer = self.call(G1_ADD, bls::G1_ADD_BASE_GAS_FEE, &[&input], |output| unpad(output));
        answer.unwrap_or_else(|| DefaultCrypto.bls12_381_g1_add(left, right))
    }

    fn bls12_381_g1_msm(&self, pairs: &mut dyn Iterator<Item = Result<G1PointScalar, PrecompileHalt>>) -> Result<[u8; 96], PrecompileHalt> {
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        let mut input = Vec::new();
        for (point, scalar) in &pairs {
            push_g1(&mut input, point);
            input.extend_from_slice(scalar);
        }
        let gas = msm_required_gas(pairs.len(), &bls::DISCOUNT_TABLE_G1_MSM, bls::G1_MSM_BASE_GAS_FEE);
        let answer = self.call(G1_MSM, gas, &[&input], |output| unpad(output));
        answer.unwrap_or_else(|| DefaultCrypto.bls12_381_g1_msm(&mut pairs.into_iter().map(Ok)))
    }

    fn bls12_381_g2_add(&self, left: G2Point, right: G2Point) -> Result<[u8; 192], PrecompileHalt> {
        let mut input = Vec::new();
        push_g2(&mut input, &left);
        push_g2(&mut input, &right);
        let answer = self.call(G2_ADD, bls::G2_ADD_BASE_GAS_FEE, &[&input], |output| unpad(output));
        answer.unwrap_or_else(|| DefaultCrypto.bls12_381_g2_add(left, right))
    }

    fn bls12_381_g2_msm(
        &self,
        pairs: &mut dyn Iterator<Item = Result<G2PointScalar, PrecompileHalt>>,
    ) -> Result<[u8; 192], PrecompileHalt> {
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        let mut input = Vec::new();
        for (point, scalar) in &pairs {
            push_g2(&mut input, point);
            input.extend_from_slice(scalar);
        }
        let gas = msm_required_gas(pairs.len(), &bls::DISCOUNT_TABLE_G2_MSM, bls::G2_MSM_BASE_GAS_FEE);
        let answer = self.call(G2_MSM, gas, &[&input], |output| unpad(output));
        answer.unwrap_or_else(|| DefaultCrypto.bls12_381_g2_msm(&mut pairs.into_iter().map(Ok)))
    }

    fn bls12_381_pairing_check(&self, pairs: &[(G1Point, G2Point)]) -> Result<bool, PrecompileHalt> {
        let mut input = Vec::new();
        for (left, right) in pairs {
            push_g1(&mut input, left);
            push_g2(&mut input, right);
        }
        let gas = bls::PAIRING_MULTIPLIER_BASE.saturating_mul(pairs.len() as u64).saturating_add(bls::PAIRING_OFFSET_BASE);
        self.call(BLS_PAIRING, gas, &[&input], boolean).unwrap_or_else(|| DefaultCrypto.bls12_381_pairing_check(pairs))
    }

    fn bls12_381_fp_to_g1(&self, element: &[u8; 48]) -> Result<[u8; 96], PrecompileHalt> {
        let mut input = Vec::new();
        push(&mut input, &[element]);
        let answer = self.call(MAP_FP_TO_G1, bls::MAP_FP_TO_G1_BASE_GAS_FEE, &[&input], |output| unpad(output));
        answer.unwrap_or_else(|| DefaultCrypto.bls12_381_fp_to_g1(element))
    }

    fn bls12_381_fp2_to_g2(&self, element: ([u8; 48], [u8; 48])) -> Result<[u8; 192], PrecompileHalt> {
        let mut input = Vec::new();
        push(&mut input, &[&element.0, &element.1]);
        let answer = self.call(MAP_FP2_TO_G2, bls::MAP_FP2_TO_G2_BASE_GAS_FEE, &[&input], |output| unpad(output));
        answer.unwrap_or_else(|| DefaultCrypto.bls12_381_fp2_to_g2(element))
    }
}
