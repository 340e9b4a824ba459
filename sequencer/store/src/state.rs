//! State of a block by its number, and code.

use crate::{
    BlockHeader, StateReader, Store, StoreError,
    epoch::Epoch,
    journal::{self, Journal},
    keys,
    layer::{Layer, Layers},
    snapshot::Snapshot,
};
use alloy_primitives::{B256, Bytes};
use std::{collections::VecDeque, sync::Arc};

/// Times that a state is looked for again when the chain was unwound meanwhile.
const ATTEMPTS: usize = 100;
/// States of older blocks that are kept at hand.
const AT_HAND: usize = 16;
/// Memory of all of them, bytes. Under load one takes tens of megabytes.
const AT_HAND_BYTES: usize = 64 << 20;

/// States of older blocks that were asked for last.
#[derive(Debug, Default)]
pub(crate) struct OldStates {
    newest_last: VecDeque<(B256, Snapshot)>,
}

impl OldStates {
    fn get(&mut self, hash: &B256, base: &Arc<Epoch>) -> Option<Snapshot> {
        let place = self.newest_last.iter().position(|(of, state)| of == hash && Arc::ptr_eq(&state.base, base))?;
        let found = self.newest_last.remove(place)?;
        let snapshot = found.1.clone();
        self.newest_last.push_back(found);
        Some(snapshot)
    }

    #[cfg(test)]
    pub(crate) fn clear(&mut self) {
        self.newest_last.clear();
    }

    fn put(&mut self, hash: B256, snapshot: Snapshot) {
        self.newest_last.retain(|(of, _)| *of != hash);
        self.newest_last.push_back((hash, snapshot));
        while self.newest_last.len() > AT_HAND || self.bytes() > AT_HAND_BYTES {
            self.newest_last.pop_front();
        }
    }

    /// Each has layers of its own.
    fn bytes(&self) -> usize {
        self.newest_last.iter().flat_map(|(_, state)| state.layers.iter()).map(|layer| layer.bytes()).sum()
    }
}

impl Store {
    /// State of the latest block. Takes no look at the database.
    ///
    /// # Errors
    /// Never so far: the state is at hand.
    pub fn latest_state(&self) -> Result<StateReader, StoreError> {
        let view = self.view();
        Ok(StateReader::new(self.clone(), view.tip.clone(), view.shown.clone()))
    }

    /// State after block `number`; none if there is no such block.
    ///
    /// # Errors
    /// When the state is pruned, and when the store fails.
    pub fn state_at(&self, number: u64) -> Result<Option<StateReader>, StoreError> {
        for _ in 0..ATTEMPTS {
            let view = self.view();
            if view.tip.header.number == number {
                return Ok(Some(StateReader::new(self.clone(), view.tip.clone(), view.shown.clone())));
            }
            let Some(block) = self.header(number)? else { return Ok(None) };
            if let Some(snapshot) = self.snapshot_at(&block)? {
                let shown = self.edited(snapshot, &block.header.hash());
                return Ok(Some(StateReader::new(self.clone(), Arc::new(block), shown)));
            }
            std::thread::yield_now();
        }
        Err(StoreError::Dropped { number })
    }

    /// The oldest block whose state is kept.
    #[must_use]
    pub fn oldest_state(&self) -> u64 {
        self.oldest_epoch()
    }

    /// State after a block; none if the chain was unwound while looking.
    fn snapshot_at(&self, block: &BlockHeader) -> Result<Option<Snapshot>, StoreError> {
        let (number, hash) = (block.header.number, block.header.hash());
        let base = self.epoch_up_to(number)?;
        if let Some(found) = self.old_states().get(&hash, &base) {
            return Ok(Some(found));
        }
        let Some(layer) = self.replay(&base, number, &hash)? else {
            // What is missing is there in a moment, or was never part of this chain.
            return if self.read_header(number)?.is_some_and(|now| now.header.hash() == hash) && self.view().tip.header.number >= number {
                base.check()?;
                Err(StoreError::missing("journal of a block up to", number))
            } else {
                Ok(None)
            };
        };
        let snapshot = Snapshot { base, layers: layer.into_iter().map(Arc::new).collect() };
        self.old_states().put(hash, snapshot.clone());
        Ok(Some(snapshot))
    }

    /// What the blocks after `base` changed, up to block `number` with this hash; none if their journals are not those of one chain.
    fn replay(&self, base: &Epoch, number: u64, hash: &B256) -> Result<Option<Option<Layer>>, StoreError> {
        let (mut layer, mut last): (Option<Layer>, B256) = (None, base.hash);
        for next in base.number + 1..=number {
            let Some(journal) = self.journal(next)?.filter(|journal| journal.parent == last) else { return Ok(None) };
            last = journal.hash;
            layer = Some(match layer {
                Some(older) => journal.layer.over(older),
                None => journal.layer,
            });
        }
        Ok((last == *hash).then_some(layer))
    }

    pub(crate) fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError> {
        self.get(&keys::journal(number))?.map(|bytes| journal::decode(number, &bytes)).transpose()
    }

    /// Journals `from..=to`, which must be there, as layers of one block each.
    pub(crate) fn layers(&self, from: u64, to: u64) -> Result<Layers, StoreError> {
        let layer = |number| Ok(Arc::new(self.journal(number)?.ok_or_else(|| StoreError::missing("journal", number))?.layer));
        (from..=to).map(layer).collect()
    }

    /// Code by its Keccak.
    ///
    /// # Errors
    /// When the store fails.
    pub fn code(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self.get(&keys::code(hash))?.map(Bytes::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch::EpochRecord;
    use gainsay_types::Millis;

    #[test]
    fn states_at_hand_take_bounded_memory() {
        let base = Arc::new(Epoch::new(0, &EpochRecord { hash: B256::ZERO, time: Millis(0), serial: 1, root: 0 }));
        let state = |accounts: usize| {
            let mut layer = Layer::default();
            layer.accounts.reserve(accounts);
            Snapshot { base: base.clone(), layers: Arc::new([Arc::new(layer)]) }
        };
        let mut states = OldStates::default();
        for number in 0..40u8 {
            states.put(B256::repeat_byte(number), state(0));
            assert!(states.newest_last.len() <= AT_HAND);
        }
        assert_eq!(states.newest_last.len(), AT_HAND);
        for number in 0..40u8 {
            states.put(B256::repeat_byte(number), state(100_000));
            assert!(states.bytes() <= AT_HAND_BYTES, "{} bytes", states.bytes());
            assert!(states.get(&B256::repeat_byte(number), &base).is_some());
        }
        assert!((2..AT_HAND).contains(&states.newest_last.len()));
        states.put(B256::repeat_byte(100), state(5_000_000));
        assert_eq!(states.bytes(), 0, "what is too large for all of it is not kept");
    }
}
