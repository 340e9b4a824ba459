//! Changes of the state that no block has made yet. Only whoever owns a [`Writer`] can lay them over the chain: a development node does, and no other.

use crate::{Store, StoreError, WriteBatch, Writer, keys, layer::Layer, snapshot::Snapshot, store::View};
use alloy_primitives::{B256, map::B256Map};
use gainsay_execute::StateChanges;
use std::sync::{Arc, MutexGuard};

/// What was laid over the state after a block, by the block's hash. In memory only.
pub(crate) type Edits = B256Map<Arc<Layer>>;

impl Writer {
    /// Lays changes over the state of the tip, instead of what was laid over it before; no changes take it away. All who read the state after this block see
    /// them, also once it is not the tip any more; its header, its proofs and the tries are as they were. The next block is executed on what is seen, so what
    /// it changes must begin with these changes, or its root is not that of its state.
    ///
    /// They end with the process; only the code in them is written.
    ///
    /// # Errors
    /// When the database fails.
    pub fn edit(&mut self, changes: &StateChanges) -> Result<(), StoreError> {
        let mut writes = WriteBatch::default();
        for (hash, code) in &changes.codes {
            writes.put(keys::code(hash), code.as_ref());
        }
        self.store.database().apply(&writes)?;
        let mut view = self.store.view().as_ref().clone();
        let hash = view.tip.header.hash();
        if changes.accounts.is_empty() {
            self.store.edits().remove(&hash);
        } else {
            self.store.edits().insert(hash, Arc::new(Layer::of(Layer::EDIT, changes)));
        }
        self.store.show_edits(&mut view);
        self.store.set_view(view);
        Ok(())
    }
}

impl Store {
    /// The state after a block as readers see it.
    pub(crate) fn edited(&self, snapshot: Snapshot, block: &B256) -> Snapshot {
        let edits: MutexGuard<'_, Edits> = self.edits();
        match edits.get(block) {
            None => snapshot,
            Some(edit) => Snapshot { layers: snapshot.layers.iter().chain([edit]).cloned().collect(), ..snapshot },
        }
    }

    /// What readers of the tip see, after its state or its edits have changed.
    pub(crate) fn show_edits(&self, view: &mut View) {
        view.shown = self.edited(view.snapshot.clone(), &view.tip.header.hash());
    }
}
