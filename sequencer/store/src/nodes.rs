//! Nodes of the tries of one block's state, for proofs and witnesses.

use crate::{PagesAt, StateReader, StoreError};
use alloy_primitives::{B256, Bytes};
use gainsay_execute::trie::NodeSource;
use gainsay_state::NodesAt;

/// The nodes under a state root by their hashes, made of pages. A node is found once one that refers to it was asked for, beginning at the root.
#[derive(Debug)]
pub struct StateNodes(NodesAt<PagesAt>);

impl StateReader {
    /// The nodes of this state. Keeps what it reads, so it is for one proof or one witness.
    ///
    /// # Errors
    /// When the state is not there any more, and when the store fails.
    pub fn nodes(&self) -> Result<StateNodes, StoreError> {
        let changes = self.changes_since_pages();
        NodesAt::new(self.pages(), self.block().header.state_root, &changes).map(StateNodes).map_err(StoreError::of_state)
    }
}

impl NodeSource for StateNodes {
    type Error = StoreError;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        self.0.node(hash).map_err(StoreError::of_state)
    }
}
