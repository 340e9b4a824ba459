//! Precompile calls that a program has the oracle make.

use alloy_primitives::{Address, B256, Bytes, address};
use gainsay_machine::{KeyType, precompile_key};
use gainsay_program::accelerate::MAX_INPUT;
use revm::precompile::Precompiles;
use serde::{Deserialize, Serialize};

/// The first byte of a LOG that announces a call: the type of the key under which its result is read.
pub(crate) const PRECOMPILE: u8 = KeyType::Precompile as u8;

/// How much more than the required gas a call gets, here as on L1: enough that only what is wrong with the input makes it fail.
pub const GAS_FACTOR: u64 = 4;

/// The precompiles that the oracle on L1 runs.
pub const ACCELERATED: [Address; 12] = [
    address!("0000000000000000000000000000000000000001"),
    address!("0000000000000000000000000000000000000005"),
    address!("0000000000000000000000000000000000000008"),
    address!("000000000000000000000000000000000000000a"),
    address!("000000000000000000000000000000000000000b"),
    address!("000000000000000000000000000000000000000c"),
    address!("000000000000000000000000000000000000000d"),
    address!("000000000000000000000000000000000000000e"),
    address!("000000000000000000000000000000000000000f"),
    address!("0000000000000000000000000000000000000010"),
    address!("0000000000000000000000000000000000000011"),
    address!("0000000000000000000000000000000000000100"),
];

/// A call of a precompile whose result is a preimage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrecompileCall {
    /// The precompile.
    pub address: Address,
    /// What it costs on L2. It gets [`GAS_FACTOR`] times as much.
    pub required_gas: u64,
    /// Its input.
    pub input: Bytes,
}

/// Why an announced call cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The LOG is too short.
    #[error("the program announced a precompile call in {length} bytes, but address and gas alone are 28: the program is wrong")]
    Short {
        /// Bytes after the first.
        length: usize,
    },
    /// The oracle on L1 does not run this precompile.
    #[error("the program asks for the result of {address}, which the oracle on L1 does not run: the program is wrong")]
    Address {
        /// The address asked for.
        address: Address,
    },
    /// The input is longer than what L1 can be made to run.
    #[error("the program asks for the result of {address} on {length} bytes, more than {MAX_INPUT}: the program is wrong")]
    Input {
        /// The precompile.
        address: Address,
        /// Bytes of its input.
        length: usize,
    },
}

impl PrecompileCall {
    /// Reads `address 20 ‖ required gas u64 ‖ input`.
    ///
    /// # Errors
    /// When L1 could not make the call.
    pub fn decode(bytes: &[u8]) -> Result<Self, CallError> {
        let short = || CallError::Short { length: bytes.len() };
        let (address, rest) = bytes.split_first_chunk::<20>().ok_or_else(short)?;
        let (gas, input) = rest.split_first_chunk::<8>().ok_or_else(short)?;
        let address = Address::from(*address);
        if !ACCELERATED.contains(&address) {
            return Err(CallError::Address { address });
        }
        if input.len() > MAX_INPUT {
            return Err(CallError::Input { address, length: input.len() });
        }
        Ok(Self { address, required_gas: u64::from_be_bytes(*gas), input: Bytes::copy_from_slice(input) })
    }

    /// What the key is the hash of.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.address.as_slice(), &self.required_gas.to_be_bytes(), &self.input].concat()
    }

    /// The key under which the result is read.
    #[must_use]
    pub fn key(&self) -> B256 {
        precompile_key(self.address, self.required_gas, &self.input)
    }

    /// `success u8 ‖ output`, from revm's own precompile. A failed call has no output.
    #[must_use]
    pub fn run(&self) -> Bytes {
        let gas = self.required_gas.saturating_mul(GAS_FACTOR);
        let result = Precompiles::osaka().get(&self.address).map(|precompile| precompile.execute(&self.input, gas, 0));
        let mut out = vec![0];
        if let Some(Ok(output)) = result.filter(|result| result.as_ref().is_ok_and(|output| output.status.is_success())) {
            out = vec![1];
            out.extend_from_slice(&output.bytes);
        }
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{hex, keccak256};

    /// The signature of the example in go-ethereum's tests of its precompile.
    const SIGNED: [u8; 128] = hex!(
        "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
        "000000000000000000000000000000000000000000000000000000000000001c"
        "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
        "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
    );

    fn recover(required_gas: u64) -> PrecompileCall {
        PrecompileCall { address: ACCELERATED[0], required_gas, input: SIGNED.into() }
    }

    #[test]
    fn every_accelerated_precompile_is_one_of_the_chains() {
        assert!(ACCELERATED.iter().all(|address| Precompiles::osaka().contains(address)));
    }

    #[test]
    fn a_recovered_address_follows_the_success_byte() {
        let mut expected = vec![1];
        expected.extend_from_slice(&[0; 12]);
        expected.extend_from_slice(&hex!("a94f5374fce5edbc8e2a8697c15331677e6ebf0b"));
        assert_eq!(recover(3_000).run(), expected);
    }

    #[test]
    fn a_call_gets_four_times_its_gas_and_fails_without_output_if_that_is_too_little() {
        assert_eq!(recover(750).run(), recover(3_000).run());
        assert_eq!(recover(749).run(), [0][..]);
    }

    #[test]
    fn a_recovery_that_finds_no_key_succeeds_with_nothing() {
        let call = PrecompileCall { input: Bytes::from(vec![0; 128]), ..recover(3_000) };
        assert_eq!(call.run(), [1][..]);
    }

    #[test]
    fn input_that_a_pairing_refuses_fails() {
        let call = PrecompileCall { address: ACCELERATED[2], required_gas: 100_000, input: vec![1; 191].into() };
        assert_eq!(call.run(), [0][..]);
    }

    #[test]
    fn a_call_survives_its_encoding_and_has_a_key_of_its_type() {
        let call = recover(3_000);
        assert_eq!(PrecompileCall::decode(&call.encode()), Ok(call.clone()));
        assert_eq!((call.key()[0], &call.key()[1..]), (PRECOMPILE, &keccak256(call.encode())[1..]));
        assert_ne!(call.key(), recover(3_001).key());
    }

    #[test]
    fn calls_that_l1_does_not_make_are_refused() {
        assert_eq!(PrecompileCall::decode(&[0; 27]), Err(CallError::Short { length: 27 }));
        let sha256 = address!("0000000000000000000000000000000000000002");
        let call = PrecompileCall { address: sha256, ..recover(100) };
        assert_eq!(PrecompileCall::decode(&call.encode()), Err(CallError::Address { address: sha256 }));
        let call = PrecompileCall { input: vec![0; MAX_INPUT + 1].into(), ..recover(100) };
        assert!(matches!(PrecompileCall::decode(&call.encode()), Err(CallError::Input { length: 32_769, .. })));
    }
}
