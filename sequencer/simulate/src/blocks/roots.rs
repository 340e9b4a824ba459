//! State roots of simulated blocks.

use crate::{Overlay, SimulationError, overlay::Changed};
use alloy_primitives::{B256, Bytes, U256, map::B256Map};
use gainsay_execute::{
    AccountChange, StateChanges, StateRoots,
    trie::{NodeSource, TrieError, update_state_root},
};
use revm::{DatabaseRef, database_interface::DBErrorMarker};

/// The trie so far: the nodes below, and those that simulated blocks made.
#[derive(Debug)]
pub(crate) struct Roots<N> {
    root: B256,
    nodes: N,
    new: B256Map<Bytes>,
}

impl<N: NodeSource> Roots<N>
where
    N::Error: DBErrorMarker,
{
    pub(crate) fn new(root: B256, nodes: N) -> Self {
        Self { root, nodes, new: B256Map::default() }
    }

    /// The roots after what was changed since the last call.
    pub(crate) fn update<D: DatabaseRef>(&mut self, state: &mut Overlay<D>) -> Result<StateRoots, SimulationError<N::Error>> {
        let mut removed = StateChanges::default();
        let mut changes = StateChanges::default();
        for (address, changed) in state.take_changed() {
            let (after, slot) = state.known(&address);
            // Storage that starts anew: the account goes with all its slots, and comes back with those that it has now.
            if changed.wiped && after.is_some() {
                removed.accounts.insert(address, AccountChange { before: None, after: None, storage: Default::default() });
            }
            let Changed { slots, .. } = changed;
            let storage = slots.into_iter().map(|index| (index, (U256::ZERO, slot(&index)))).collect();
            changes.accounts.insert(address, AccountChange { before: None, after, storage });
        }
        if !removed.accounts.is_empty() {
            self.apply(&removed)?;
        }
        self.apply(&changes)
    }

    fn apply(&mut self, changes: &StateChanges) -> Result<StateRoots, SimulationError<N::Error>> {
        let layers = Layers { new: &self.new, below: &self.nodes };
        let update = update_state_root(self.root, changes, &layers).map_err(trie_failure)?;
        self.new.extend(update.nodes);
        self.root = update.roots.state_root;
        Ok(update.roots)
    }
}

fn trie_failure<E: DBErrorMarker>(error: TrieError<E>) -> SimulationError<E> {
    match error {
        TrieError::Source(error) => SimulationError::State(error),
        other => SimulationError::Trie { reason: other.to_string() },
    }
}

struct Layers<'a, N> {
    new: &'a B256Map<Bytes>,
    below: &'a N,
}

impl<N: NodeSource> NodeSource for Layers<'_, N> {
    type Error = N::Error;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, N::Error> {
        match self.new.get(hash) {
            Some(node) => Ok(Some(node.clone())),
            None => self.below.node(hash),
        }
    }
}
