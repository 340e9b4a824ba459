//! Precompiles and signatures through the oracle.
//!
//! L1 has the same precompiles. A program in the machine may therefore ask what one of them gives instead of computing it: the key names the
//! precompile, the gas that the call costs on L2, and the input, so the answer is a function of the key that L1 finds by running the call.
//! Every result is the same as the pure-Rust one. What does not fit ([`Call`] has the limits), and any answer that the precompile cannot
//! give, is computed in pure Rust.
//!
//! Only the program in the machine installs this. On a host it would only be slower.

mod call;
mod curves;
mod precompiles;
mod signatures;

pub use call::{Call, MAX_GAS, MAX_INPUT, Precompiles};

use alloc::sync::Arc;
use alloy_consensus::crypto::backend::install_default_provider;
use revm::precompile::install_crypto;

/// Cryptography that asks `P` first. Implements revm's and alloy's traits.
#[derive(Clone, Debug)]
pub struct Accelerated<P>(P);

impl<P: Precompiles> Accelerated<P> {
    /// Asks `precompiles`.
    pub const fn new(precompiles: P) -> Self {
        Self(precompiles)
    }
}

/// Makes this program ask `precompiles` for signatures and precompiles; false if another backend was installed before, which then stays.
pub fn install<P: Precompiles + Clone + 'static>(precompiles: P) -> bool {
    let signatures = install_default_provider(Arc::new(Accelerated::new(precompiles.clone()))).is_ok();
    let crypto = install_crypto(Accelerated::new(precompiles));
    signatures && crypto
}
