//! Recovering the sender of a transaction.

use super::{Accelerated, Precompiles};
use alloy_consensus::crypto::{RecoveryError, backend::CryptoProvider};
use alloy_primitives::{Address, keccak256};
use revm::precompile::Crypto;

impl<P: Precompiles + 'static> CryptoProvider for Accelerated<P> {
    /// As the `ecrecover` precompile does it. Whoever must not accept a high s has checked that before.
    fn recover_signer_unchecked(&self, signature: &[u8; 65], message: &[u8; 32]) -> Result<Address, RecoveryError> {
        let [compact @ .., parity] = signature;
        let word = self.secp256k1_ecrecover(compact, *parity, message).map_err(|_| RecoveryError::new())?;
        Ok(Address::from_word(word.into()))
    }

    /// By recovery: a signature is valid for the key that one of the two parities gives. Nothing on this chain asks for it.
    fn verify_and_compute_signer_unchecked(
        &self,
        key: &[u8; 65],
        signature: &[u8; 64],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let [_, point @ ..] = key;
        let claimed = Address::from_word(keccak256(point));
        let recovers =
            |parity| self.secp256k1_ecrecover(signature, parity, message).is_ok_and(|word| Address::from_word(word.into()) == claimed);
        if recovers(0) || recovers(1) { Ok(claimed) } else { Err(RecoveryError::new()) }
    }
}
