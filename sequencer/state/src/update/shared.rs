//! Many changes: the children of a branch are divided among threads.

use super::Group;
use crate::{
    PageSource, PagedStateError,
    threads::divide,
    trie::{Tally, Tools, Walk},
};

impl<P: PageSource<Error: Send> + Sync> Walk<'_, P> {
    /// Makes changes below children, which this thread and others take one by one.
    pub(super) fn update_together<'c>(&mut self, groups: impl Iterator<Item = Group<'c>>) -> Result<bool, PagedStateError<P::Error>> {
        let (id, pages, before) = (self.id, self.pages, self.tally.totals());
        let results = divide(groups.collect(), |groups| {
            let (mut tools, mut tally) = (Tools::alone(), before.clone());
            let changed = Walk { id, pages, tools: &mut tools, tally: &mut tally }.update_all(groups);
            (changed, tally)
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
    /// Without what is superseded.
    fn totals(&self) -> Self {
        Self { superseded: Vec::new(), dirty: self.dirty, held: self.held }
    }

    /// What became of a part of the trie, when it was `before` as a whole. So no part's numbers are ever below zero.
    fn add(&mut self, part: Self, before: &Self) {
        self.superseded.extend(part.superseded);
        self.dirty = self.dirty + part.dirty - before.dirty;
        self.held = self.held + part.held - before.held;
    }
}
