//! Many changes: the children of a branch are divided among threads.

use super::Group;
use crate::{
    PageSource, PagedStateError,
    trie::{Tally, Tools, Walk},
};
use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

/// Threads at most: a branch has sixteen children.
const MOST_THREADS: usize = 8;

/// How many threads there may be; asking the system takes as long as some changes.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS))
}

impl<P: PageSource<Error: Send> + Sync> Walk<'_, P> {
    /// Makes changes below children, which this thread and others take one by one. A thread that comes late, since the cores are busy, finds less to do.
    pub(super) fn update_together<'c>(&mut self, groups: impl Iterator<Item = Group<'c>>) -> Result<bool, PagedStateError<P::Error>> {
        let groups: Vec<_> = groups.collect();
        let helpers = cores().min(groups.len()).saturating_sub(1);
        if helpers == 0 {
            return self.update_all(groups);
        }
        let (id, pages, before) = (self.id, self.pages, self.tally.totals());
        let queue = Mutex::new(groups.into_iter());
        let work = || {
            let (mut tools, mut tally) = (Tools::alone(), before.clone());
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let changed = Walk { id, pages, tools: &mut tools, tally: &mut tally }.update_all(std::iter::from_fn(next));
            (changed, tally)
        };
        let results = thread::scope(|scope| {
            let start = |_| thread::Builder::new().name("roots".to_owned()).spawn_scoped(scope, work).ok();
            // If no thread can be started, this one does it all.
            let helpers: Vec<_> = (0..helpers).map_while(start).collect();
            let own = work();
            let others = helpers.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            others.chain([own]).collect::<Vec<_>>()
        });
        let mut any = false;
        for (changed, tally) in results {
            self.tally.add(tally, &before);
            any |= changed?;
        }
        Ok(any)
    }
}

impl Tally {
    /// Without what is to be removed.
    fn totals(&self) -> Self {
        Self { removed: Default::default(), dirty: self.dirty, held: self.held }
    }

    /// What became of a part of the trie, when it was `before` as a whole. So no part's numbers are ever below zero.
    fn add(&mut self, part: Self, before: &Self) {
        self.removed.extend(part.removed);
        self.dirty = self.dirty + part.dirty - before.dirty;
        self.held = self.held + part.held - before.held;
    }
}
