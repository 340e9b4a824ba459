//! Signature recovery in C (libsecp256k1), several times as fast as the pure-Rust one that the guest uses. The two are compared by
//! `tests/signatures.rs`; which of them runs must never make a difference.

use alloc::sync::Arc;
use alloy_consensus::crypto::{
    RecoveryError,
    backend::{CryptoProvider, install_default_provider},
};
use alloy_primitives::{Address, keccak256};
use revm::precompile::{Crypto, PrecompileHalt, install_crypto};
use secp256k1::{
    Message, PublicKey, Secp256k1, VerifyOnly,
    ecdsa::{RecoverableSignature, RecoveryId, Signature},
};

/// Recovery by libsecp256k1, for transactions and for the `ecrecover` precompile.
#[derive(Clone, Debug)]
pub struct NativeCrypto {
    curve: Secp256k1<VerifyOnly>,
}

/// Makes this process recover signatures in C. Only the first call has an effect, and only before the first signature.
pub fn install() {
    let crypto = NativeCrypto::default();
    // An error means that one is installed already, which is as good.
    let _ = install_default_provider(Arc::new(crypto.clone()));
    let _ = install_crypto(crypto);
}

impl Default for NativeCrypto {
    fn default() -> Self {
        Self { curve: Secp256k1::verification_only() }
    }
}

impl NativeCrypto {
    /// The public key that signed `message`, if there is one. High s is accepted: who must not accept it checks before.
    fn recover(&self, signature: &[u8], parity: u8, message: &[u8; 32]) -> Option<PublicKey> {
        let id = RecoveryId::try_from(i32::from(parity)).ok()?;
        let signature = RecoverableSignature::from_compact(signature, id).ok()?;
        self.curve.recover_ecdsa(Message::from_digest(*message), &signature).ok()
    }
}

fn address(key: &PublicKey) -> Address {
    let [_, point @ ..] = key.serialize_uncompressed();
    Address::from_word(keccak256(point))
}

impl CryptoProvider for NativeCrypto {
    fn recover_signer_unchecked(&self, signature: &[u8; 65], message: &[u8; 32]) -> Result<Address, RecoveryError> {
        let [compact @ .., parity] = signature;
        self.recover(compact, *parity, message).map(|key| address(&key)).ok_or_else(RecoveryError::new)
    }

    fn verify_and_compute_signer_unchecked(
        &self,
        key: &[u8; 65],
        signature: &[u8; 64],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let key = PublicKey::from_slice(key).map_err(|_| RecoveryError::new())?;
        let mut signature = Signature::from_compact(signature).map_err(|_| RecoveryError::new())?;
        // libsecp256k1 verifies low s only.
        signature.normalize_s();
        self.curve.verify_ecdsa(Message::from_digest(*message), &signature, &key).map_err(|_| RecoveryError::new())?;
        Ok(address(&key))
    }
}

impl Crypto for NativeCrypto {
    fn secp256k1_ecrecover(&self, signature: &[u8; 64], parity: u8, message: &[u8; 32]) -> Result<[u8; 32], PrecompileHalt> {
        let key = self.recover(signature, parity, message).ok_or(PrecompileHalt::Secp256k1RecoverFailed)?;
        Ok(address(&key).into_word().0)
    }
}
