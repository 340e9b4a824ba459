//! Nodes of the tries of one block's state, for proofs and witnesses.

use crate::{PagesAt, StateReader, StoreError, epoch::Epoch};
use alloy_primitives::{B256, Bytes};
use gainsay_execute::trie::NodeSource;
use gainsay_state::{NodesAt, World};
use std::sync::Arc;

/// The nodes under a state root by their hashes, made of pages. A node is found once one that refers to it was asked for, beginning at the root.
#[derive(Debug)]
pub struct StateNodes(NodesAt<PagesAt>);

/// The tries that were made last. Under load the blocks since an epoch are tens of milliseconds of work, and whoever wants proofs wants many of one block.
#[derive(Debug, Default)]
pub(crate) struct LastTries(Option<(B256, Arc<Epoch>, World)>);

#[cfg(test)]
impl LastTries {
    pub(crate) const fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

impl StateReader {
    /// The nodes of this state. Keeps what it reads, so it is for one proof or one witness. Tries are made for one caller at a time, so that however many
    /// ask, one core does it; for the block that was asked for last they are there.
    ///
    /// # Errors
    /// When the state is not there any more, and when the store fails.
    pub fn nodes(&self) -> Result<StateNodes, StoreError> {
        let (hash, base) = (self.block().header.hash(), &self.snapshot().base);
        let mut last = self.store().last_tries();
        let found = last.0.as_ref().filter(|(of, over, _)| *of == hash && Arc::ptr_eq(over, base));
        let world = match found {
            Some((_, _, world)) => world.clone(),
            None => {
                let (world, _) = self.snapshot().world(self.store())?;
                last.0 = Some((hash, base.clone(), world.clone()));
                world
            }
        };
        drop(last);
        NodesAt::over(world, self.pages(), self.block().header.state_root).map(StateNodes).map_err(StoreError::of_state)
    }
}

impl NodeSource for StateNodes {
    type Error = StoreError;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        self.0.node(hash).map_err(StoreError::of_state)
    }
}
