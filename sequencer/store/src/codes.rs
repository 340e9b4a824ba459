//! Codes that were executed lately, with the places that jumps may go to: finding those takes longer than most calls.

use alloy_primitives::{B256, map::DefaultHashBuilder};
use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle},
};
use revm::state::Bytecode;

/// Bytes of the codes kept.
const MOST_BYTES: u64 = 32 << 20;
/// Bytes of a usual code.
const USUAL_BYTES: u64 = 8 << 10;
/// What a code takes beside its bytes.
const OVERHEAD: u64 = 256;

#[derive(Clone)]
struct Weight;

impl Weighter<B256, Bytecode> for Weight {
    fn weight(&self, _: &B256, code: &Bytecode) -> u64 {
        // A bit for each byte says whether it may be jumped to.
        let bytes = code.bytes_ref().len() as u64;
        bytes + bytes / 8 + OVERHEAD
    }
}

/// Codes by their hash. A hash has one code, so none is ever out of date.
pub(crate) struct Codes(Cache<B256, Bytecode, Weight, DefaultHashBuilder>);

impl Default for Codes {
    fn default() -> Self {
        let items = (MOST_BYTES / USUAL_BYTES) as usize;
        Self(Cache::with(items, MOST_BYTES, Weight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }
}

impl Codes {
    pub(crate) fn get(&self, hash: &B256) -> Option<Bytecode> {
        self.0.get(hash)
    }

    pub(crate) fn put(&self, hash: B256, code: Bytecode) {
        self.0.insert(hash, code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, U256};

    #[test]
    fn the_codes_kept_are_bounded() {
        let codes = Codes::default();
        let large = Bytecode::new_legacy(Bytes::from(vec![0x5b; 24 << 10]));
        for number in 0..3_000u32 {
            codes.put(B256::from(U256::from(number)), large.clone());
        }
        let kept = (0..3_000u32).filter(|number| codes.get(&B256::from(U256::from(*number))).is_some()).count();
        assert!((500..=MOST_BYTES as usize / (24 << 10)).contains(&kept), "{kept}");
    }
}
