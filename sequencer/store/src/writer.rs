//! The store's write side. There is one, and it is not shared.

use crate::{
    Commit, History, Store, StoreError, WriteBatch,
    background::{self, Background, Done},
    commit::Pushed,
    epoch::{Epoch, EpochRecord},
    keys,
    layer::{self, Layers},
    snapshot::Snapshot,
    store::View,
};
use alloy_primitives::B256;
use gainsay_execute::{StateChanges, StateRoots};
use gainsay_state::{PageId, World};
use std::{collections::BTreeSet, sync::Arc};

/// So that a restart has little to do, and states of old blocks are quickly made.
pub(crate) const EPOCH_BLOCKS: u64 = 64;
/// Dirty pages after which it is taken sooner: taking them holds up the chain, by 0.7 µs a page. With fewer, a contract whose slots are written at random has
/// the same pages written again and again.
const EPOCH_PAGES: usize = 96_000;
/// Accounts and slots changed after which it is taken sooner: a restart replays up to twice as many, at 5 µs, and each old state at hand holds as many.
const EPOCH_CHANGES: usize = 200_000;

/// Writes the chain.
pub struct Writer {
    pub(crate) store: Store,
    pub(crate) history: History,
    pub(crate) tries: Tries,
    /// The epoch that is being written.
    background: Option<Background>,
    /// The block of the newest epoch, whole or being written.
    taken: u64,
    /// Number and serial of epochs that are none, of which there may be pages. They go before another one is taken: whoever reads that one would read them too.
    fragments: BTreeSet<(u64, u64)>,
    /// Blocks after which an epoch is taken.
    pub(crate) epoch_blocks: u64,
    /// Changes after which an epoch is taken.
    pub(crate) epoch_changes: usize,
}

/// The live tries: of the tip, or of the block prepared on it.
#[derive(Default)]
pub(crate) struct Tries {
    /// None if they have to be made anew, from pages and layers.
    world: Option<World>,
    prepared: Option<Prepared>,
}

/// A block whose roots were asked for. Its state is in the tries already.
struct Prepared {
    parent: B256,
    roots: StateRoots,
    /// What it changes, to take it back.
    changes: StateChanges,
}

impl Tries {
    pub(crate) const fn of(world: World) -> Self {
        Self { world: Some(world), prepared: None }
    }

    /// Takes the tries of the tip, whose state is `snapshot`; nothing may be prepared. Never make them anew while an epoch is being written: they would know
    /// nothing of the pages that it adds, and so would not remove them when they are gone.
    fn take(&mut self, store: &Store, snapshot: &Snapshot) -> Result<World, StoreError> {
        match self.world.take() {
            Some(world) => Ok(world),
            None => Ok(snapshot.world(store)?.0),
        }
    }

    /// Whether those of the tip have to be made anew.
    const fn are_lost(&self) -> bool {
        self.world.is_none()
    }

    /// Takes back what is prepared. If that does not lead to the tip's root, the tries are lost.
    fn restore(&mut self, store: &Store, tip: &View) {
        let Some(prepared) = self.prepared.take() else { return };
        self.world = self.world.take().and_then(|mut world| {
            let roots = world.revert(&prepared.changes, &tip.snapshot.pages(store)).ok()?;
            (roots.state_root == tip.tip.header.state_root).then_some(world)
        });
    }

    /// Moves on to the state after a block on the tip.
    fn prepare(&mut self, store: &Store, tip: &View, changes: &StateChanges) -> Result<StateRoots, StoreError> {
        let mut world = self.take(store, &tip.snapshot)?;
        let roots = world.apply(changes, &tip.snapshot.pages(store)).map_err(StoreError::of_state)?;
        self.world = Some(world);
        self.prepared = Some(Prepared { parent: tip.tip.header.hash(), roots, changes: changes.clone() });
        Ok(roots)
    }

    fn are_after(&self, pushed: &Pushed) -> bool {
        let header = &pushed.block.header().header;
        let is_it = |prepared: &Prepared| prepared.parent == header.parent_hash && prepared.roots.state_root == header.state_root;
        self.world.is_some() && self.prepared.as_ref().is_some_and(is_it)
    }

    /// Puts a block on `snapshot`, and checks its state root.
    fn push(&mut self, store: &Store, snapshot: &Snapshot, pushed: &Pushed) -> Result<(), StoreError> {
        if self.are_after(pushed) {
            self.prepared = None;
            return Ok(());
        }
        let header = &pushed.block.header().header;
        let (mut world, pages) = (self.take(store, snapshot)?, snapshot.pages(store));
        let mut found = header.state_root;
        for changes in pushed.layer.changes() {
            found = world.apply(&changes, &pages).map_err(StoreError::of_state)?.state_root;
        }
        if found != header.state_root {
            return Err(StoreError::Root { number: header.number, named: header.state_root, found });
        }
        self.world = Some(world);
        Ok(())
    }
}

/// What a commit leaves.
struct After {
    view: View,
    /// Epochs of blocks that it takes off.
    dropped: Vec<Arc<Epoch>>,
}

impl Writer {
    pub(crate) fn new(store: Store, history: History, tries: Tries) -> Self {
        let taken = store.view().snapshot.base.number;
        let (epoch_blocks, epoch_changes) = (EPOCH_BLOCKS, EPOCH_CHANGES);
        Self { store, history, tries, background: None, taken, fragments: BTreeSet::new(), epoch_blocks, epoch_changes }
    }

    /// The read side.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Roots after a block on block `parent` that changes `changes`. On the tip the block then counts as prepared: pushing it next costs no second
    /// computation. If another block comes instead, it is taken back, which costs as much again.
    ///
    /// # Errors
    /// When there is no such parent or its state is pruned, and when the store fails.
    pub fn roots(&mut self, parent: u64, changes: &StateChanges) -> Result<StateRoots, StoreError> {
        if parent == self.store.view().tip.header.number {
            self.tries.restore(&self.store, &self.store.view());
            if self.tries.are_lost() {
                self.finish_background(true)?;
            }
            return self.tries.prepare(&self.store, &self.store.view(), changes);
        }
        let state = self.store.state_at(parent)?.ok_or_else(|| StoreError::missing("block", parent))?;
        let (mut world, _) = state.snapshot().world(&self.store)?;
        world.apply(changes, &state.pages()).map_err(StoreError::of_state)
    }

    /// Applies a commit: all of it or, after a crash, none of it. Not yet durable; see [`Self::flush`].
    ///
    /// # Errors
    /// When a block does not have the state root of its changes, and when the database fails: nothing was changed then that a reader can see. Also when an
    /// epoch could not be written, which is said by the next commit that could take one, and does not undo it.
    pub fn apply(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.put(commit, false)
    }

    /// As [`Self::apply`], and durable: readers see it only once it survives a power failure, so nobody can hear of a block that is lost then.
    ///
    /// # Errors
    /// As [`Self::apply`]. If it is the disk that fails, only the next start tells whether the commit is there.
    pub fn apply_durably(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.put(commit, true)
    }

    fn put(&mut self, mut commit: Commit, durably: bool) -> Result<(), StoreError> {
        let heads = commit.heads.clone();
        commit.put(keys::HEADS, &heads)?;
        let moves = commit.unwound_to.is_some() || !commit.pushed.is_empty();
        let after = self.after(&mut commit).and_then(|after| {
            self.store.database().apply(&commit.writes)?;
            if durably {
                self.store.flush()?;
            }
            Ok(after)
        });
        let After { mut view, dropped } = after.inspect_err(|_| {
            if moves {
                // They may be ahead of the tip.
                self.tries = Tries::default();
            }
        })?;
        view.heads = Arc::new(heads);
        self.store.blocks_changed(commit.unwound_to, commit.pushed.into_iter().map(|pushed| pushed.block).collect())?;
        // Of the new tip's blocks none may be looked for in an old one's pages.
        dropped.iter().for_each(|epoch| drop(self.store.epochs().remove(&epoch.number)));
        self.store.set_view(view);
        self.forget(&dropped)?;
        if moves { self.turn() } else { Ok(()) }
    }

    /// Returns once everything applied so far survives a power failure.
    ///
    /// # Errors
    /// When the database fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.store.flush()
    }

    /// The view after a commit, and in its writes what else has to go.
    fn after(&mut self, commit: &mut Commit) -> Result<After, StoreError> {
        let mut dropped = Vec::new();
        if let Some(number) = commit.unwound_to {
            dropped = self.unwind(number, &mut commit.writes)?;
        }
        if let Some(first) = commit.pushed.first() {
            if !self.tries.are_after(first) {
                self.tries.restore(&self.store, &self.store.view());
            }
            if self.tries.are_lost() {
                self.finish_background(true)?;
            }
        }
        let mut view = self.store.view().as_ref().clone();
        if let Some(number) = commit.unwound_to {
            let tip = self.store.header(number)?.ok_or_else(|| StoreError::missing("block", number))?;
            (view.snapshot, view.tip) = (self.snapshot_below(number)?, Arc::new(tip));
        }
        for pushed in &mut commit.pushed {
            self.tries.push(&self.store, &view.snapshot, pushed)?;
            let top = Arc::new(std::mem::take(&mut pushed.layer));
            view.snapshot.layers = layer::push(&view.snapshot.layers, top, self.taken);
            view.tip = Arc::new(pushed.block.header().clone());
        }
        self.store.show_edits(&mut view);
        Ok(After { view, dropped })
    }

    /// Ends what is being written, and takes the records of epochs above block `number` off. The tries have to be made anew.
    fn unwind(&mut self, number: u64, writes: &mut WriteBatch) -> Result<Vec<Arc<Epoch>>, StoreError> {
        self.stop_background()?;
        self.tries = Tries::default();
        let dropped: Vec<_> = self.store.epochs().range(number.saturating_add(1)..).map(|(_, epoch)| epoch.clone()).collect();
        dropped.iter().for_each(|epoch| writes.remove(keys::epoch(epoch.number)));
        self.taken = self.store.epoch_up_to(number)?.number;
        Ok(dropped)
    }

    /// The state after a block below the tip, of the layers at hand as far as they reach.
    fn snapshot_below(&self, number: u64) -> Result<Snapshot, StoreError> {
        let base = self.store.epoch_up_to(number)?;
        let view = self.store.view();
        let kept: &[_] = if Arc::ptr_eq(&base, &view.snapshot.base) { &view.snapshot.layers } else { &[] };
        let mut layers: Layers = kept.iter().take_while(|layer| layer.last <= number).cloned().collect();
        let reached = layers.last().map_or(base.number, |layer| layer.last);
        for layer in self.store.layers(reached + 1, number)?.iter() {
            layers = layer::push(&layers, layer.clone(), base.number);
        }
        Ok(Snapshot { base, layers })
    }

    /// Removes the pages of epochs whose records are gone.
    fn forget(&mut self, dropped: &[Arc<Epoch>]) -> Result<(), StoreError> {
        for epoch in dropped {
            epoch.unwind();
            self.fragments.insert((epoch.number, epoch.serial));
        }
        if dropped.is_empty() { Ok(()) } else { self.remove_fragments() }
    }

    /// What is left after an error is tried again before the next epoch is taken.
    fn remove_fragments(&mut self) -> Result<(), StoreError> {
        while let Some(fragment) = self.fragments.first().copied() {
            background::remove(self.store.database(), self.store.pages(), fragment.0, fragment.1)?;
            self.fragments.remove(&fragment);
        }
        Ok(())
    }

    /// Takes an epoch when it is time. If the one before is still being written, blocks go on meanwhile, but not for ever.
    fn turn(&mut self) -> Result<(), StoreError> {
        self.finish_background(false)?;
        let view = self.store.view();
        let blocks = view.tip.header.number.saturating_sub(self.taken);
        let pages = self.tries.world.as_ref().map_or(0, World::dirty);
        let changes = view.snapshot.changes_above(self.taken);
        let is_due = |times: usize| {
            blocks >= times as u64 * self.epoch_blocks || pages >= times * EPOCH_PAGES || changes >= times * self.epoch_changes
        };
        if !is_due(1) {
            return Ok(());
        }
        if self.background.is_some() {
            if !is_due(2) {
                return Ok(());
            }
            self.finish_background(true)?;
        }
        self.take(&self.store.view())
    }

    fn take(&mut self, view: &View) -> Result<(), StoreError> {
        self.remove_fragments()?;
        self.tries.restore(&self.store, view);
        let world = self.tries.take(&self.store, &view.snapshot)?;
        let world = self.tries.world.insert(world);
        let (serial, first) = self.store.next_serial()?;
        let taken = world.take_dirty(first);
        let root = taken.root.map_or(0, PageId::get);
        let record = EpochRecord { hash: view.tip.header.hash(), time: view.tip.time(), serial, root };
        let epoch = Arc::new(Epoch::new(view.tip.header.number, &record));
        self.taken = epoch.number;
        let started = Background::start(&self.store, epoch, taken, self.history);
        self.background = Some(started.inspect_err(|_| {
            // What was taken gets nowhere.
            self.tries = Tries::default();
            self.taken = view.snapshot.base.number;
        })?);
        Ok(())
    }

    /// If the epoch is written, or after waiting for it: readers of the tip use it from now on.
    fn finish_background(&mut self, wait: bool) -> Result<(), StoreError> {
        let Some(background) = self.background.take_if(|background| wait || background.is_finished()) else { return Ok(()) };
        let epoch = background.epoch.clone();
        match background.join() {
            Ok(Done::Whole { chores }) => {
                self.stand_on(epoch);
                chores
            }
            Ok(Done::Cancelled) => self.give_up(&epoch),
            Err(error) => self.give_up(&epoch).and(Err(error)),
        }
    }

    /// What was taken is not in pages.
    fn give_up(&mut self, epoch: &Epoch) -> Result<(), StoreError> {
        self.tries = Tries::default();
        self.taken = self.store.view().snapshot.base.number;
        self.fragments.insert((epoch.number, epoch.serial));
        self.remove_fragments()
    }

    fn stand_on(&mut self, epoch: Arc<Epoch>) {
        let mut view = self.store.view().as_ref().clone();
        self.store.epochs().insert(epoch.number, epoch.clone());
        let above = view.snapshot.layers.iter().filter(|layer| layer.first > epoch.number);
        view.snapshot = Snapshot { layers: above.cloned().collect(), base: epoch };
        self.store.show_edits(&mut view);
        self.store.set_view(view);
        self.store.forget_last_tries();
        if let Some(world) = &mut self.tries.world {
            world.forget();
        }
    }

    /// Waits for the epoch that is being written.
    #[cfg(test)]
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        self.finish_background(true)
    }

    fn stop_background(&mut self) -> Result<(), StoreError> {
        if let Some(background) = &self.background {
            background.cancel();
        }
        self.finish_background(true)
    }
}

/// Waits for the thread to end, so that the directory is free. An epoch that is not whole then is taken again after the next start.
impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(background) = self.background.take() {
            background.cancel();
            // Nobody is left to be told; the next start finds what there is.
            let _ = background.join();
        }
    }
}
