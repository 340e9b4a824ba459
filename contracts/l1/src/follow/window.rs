//! The blocks that were read, as far back as L1 may still be reorganised.

use crate::InboxCursor;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A block that was read, and how far the inbox was read with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// Height of the L1 block.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// The inbox after this block.
    pub cursor: InboxCursor,
}

/// Checkpoints in ascending order, never empty. They may have gaps where nothing happened.
#[derive(Clone, Debug)]
pub struct Window {
    points: VecDeque<Checkpoint>,
    tip: Checkpoint,
    capacity: usize,
}

/// Checkpoints that cannot be gone on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// None given.
    #[error("no checkpoint to follow L1 from")]
    Empty,
    /// Not ascending.
    #[error("the checkpoints of L1 are not in ascending order at block {number}")]
    Order {
        /// Height of the first that is out of order.
        number: u64,
    },
}

impl Window {
    /// From checkpoints in ascending order; keeps the newest `capacity` of them, at least one.
    ///
    /// # Errors
    /// If there are none or they are out of order.
    pub fn new(points: Vec<Checkpoint>, capacity: usize) -> Result<Self, WindowError> {
        if let Some(pair) = points.windows(2).find(|pair| pair[0].number >= pair[1].number) {
            return Err(WindowError::Order { number: pair[1].number });
        }
        let tip = *points.last().ok_or(WindowError::Empty)?;
        let mut window = Self { points: points.into(), tip, capacity: capacity.max(1) };
        window.trim();
        Ok(window)
    }

    /// The newest.
    #[must_use]
    pub const fn tip(&self) -> &Checkpoint {
        &self.tip
    }

    /// The oldest.
    #[must_use]
    pub fn oldest(&self) -> &Checkpoint {
        self.points.front().unwrap_or(&self.tip)
    }

    /// All, oldest first.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = &Checkpoint> {
        self.points.iter()
    }

    /// The one at this height.
    #[must_use]
    pub fn at(&self, number: u64) -> Option<&Checkpoint> {
        self.points.binary_search_by_key(&number, |point| point.number).ok().and_then(|index| self.points.get(index))
    }

    /// Adds a block. It must be above the tip.
    pub(super) fn push(&mut self, point: Checkpoint) {
        debug_assert!(point.number > self.tip.number);
        self.points.push_back(point);
        self.tip = point;
        self.trim();
    }

    /// Drops everything above the checkpoint at `number`. False if that is the tip already or there is none.
    pub(super) fn rewind(&mut self, number: u64) -> bool {
        let Some(&point) = self.at(number).filter(|point| point.number < self.tip.number) else { return false };
        self.points.retain(|kept| kept.number <= number);
        self.tip = point;
        true
    }

    /// Drops what is older than the newest checkpoint that is final.
    pub(super) fn prune(&mut self, finalized: u64) {
        while self.points.get(1).is_some_and(|second| second.number <= finalized) {
            self.points.pop_front();
        }
    }

    fn trim(&mut self) {
        while self.points.len() > self.capacity {
            self.points.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(number: u64) -> Checkpoint {
        Checkpoint { number, hash: B256::with_last_byte(number as u8), cursor: InboxCursor { batches: number, ..Default::default() } }
    }

    fn numbers(window: &Window) -> Vec<u64> {
        window.points().map(|point| point.number).collect()
    }

    #[test]
    fn a_rewind_restores_the_cursor_of_that_block() {
        let mut window = Window::new(vec![point(3), point(7)], 10).unwrap();
        window.push(point(8));
        assert!(window.rewind(3));
        assert_eq!((window.tip(), numbers(&window)), (&point(3), vec![3]));
        assert!(!window.rewind(3), "nothing is above the tip");
        assert!(!window.rewind(1), "block 1 is not known");
        window.push(point(4));
        assert_eq!(window.tip().cursor.batches, 4);
    }

    #[test]
    fn finality_and_capacity_bound_the_window_but_leave_a_final_block() {
        let mut window = Window::new((1..=6).map(point).collect(), 4).unwrap();
        assert_eq!(numbers(&window), [3, 4, 5, 6]);
        window.prune(4);
        assert_eq!(numbers(&window), [4, 5, 6]);
        window.prune(100);
        assert_eq!(numbers(&window), [6]);
        assert_eq!(window.oldest(), window.tip());
    }

    #[test]
    fn checkpoints_out_of_order_are_refused() {
        assert_eq!(Window::new(vec![], 1).unwrap_err(), WindowError::Empty);
        assert_eq!(Window::new(vec![point(2), point(2)], 9).unwrap_err(), WindowError::Order { number: 2 });
    }
}
