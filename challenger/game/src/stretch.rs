//! Which part of a run a match is about: where the leaves of its dissections stand.

use crate::dissection::{LAST, POINTS, WIDTH};
use gainsay_types::BLOCK_STEPS_PER_ASSERTION;

/// Machine steps of a run, which a block step is: 2^40. A machine that has halted stays as it is.
pub const RUN_STEPS: u64 = 1 << 40;

/// What is divided into 32 equal segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stretch {
    /// Block steps below a fork.
    Blocks {
        /// Block steps from the fork's end state to the start.
        from: u64,
        /// Block steps in it: 2^15, 2^10 or 2^5 where it is divided; 1 where its machine run is.
        len: u64,
    },
    /// Machine steps of one block step.
    Machine {
        /// Which: block steps from the fork's end state to its start.
        block_step: u64,
        /// Machine steps before the start.
        from: u64,
        /// Machine steps in it: 2^40, 2^35, … 2^5 where it is divided; 1 where the step is computed.
        len: u64,
    },
}

impl Stretch {
    /// All block steps below a fork: what the first dissection divides.
    pub const FORK: Self = Self::Blocks { from: 0, len: BLOCK_STEPS_PER_ASSERTION };

    /// Steps before its start.
    #[must_use]
    pub const fn from(&self) -> u64 {
        match self {
            Self::Blocks { from, .. } | Self::Machine { from, .. } => *from,
        }
    }

    /// Steps in it.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Blocks { len, .. } | Self::Machine { len, .. } => *len,
        }
    }

    /// Whether it has no step, as none that a match is about has.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its segments are single steps.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.len() <= WIDTH as u64
    }

    /// Where its 32 segments end, in steps as [`Self::from`] counts them.
    #[must_use]
    pub fn leaf_positions(&self) -> [u64; WIDTH] {
        let part = self.len() / WIDTH as u64;
        std::array::from_fn(|i| self.from() + (i as u64 + 1) * part)
    }

    /// The same without the end: the interior points.
    #[must_use]
    pub fn points(&self) -> [u64; POINTS] {
        let leaves = self.leaf_positions();
        std::array::from_fn(|i| leaves[i])
    }

    /// Its segment, as a stretch. Of an index beyond the last, the last one.
    #[must_use]
    pub fn narrowed(&self, segment: u8) -> Self {
        let part = self.len() / WIDTH as u64;
        let start = self.from() + u64::from(segment.min(LAST)) * part;
        match *self {
            Self::Blocks { .. } => Self::Blocks { from: start, len: part },
            Self::Machine { block_step, .. } => Self::Machine { block_step, from: start, len: part },
        }
    }

    /// The machine run of a single block step, which `segment` is.
    #[must_use]
    pub fn into_machine(&self, segment: u8) -> Self {
        Self::Machine { block_step: self.narrowed(segment).from(), from: 0, len: RUN_STEPS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_dissections_lead_to_a_block_step_and_eight_more_to_a_machine_step() {
        let mut stretch = Stretch::FORK;
        for segment in [1, 2] {
            stretch = stretch.narrowed(segment);
            assert!(!stretch.is_empty());
        }
        assert_eq!(stretch, Stretch::Blocks { from: 1024 + 2 * 32, len: 32 });
        assert!(stretch.is_last());
        stretch = stretch.into_machine(31);
        assert_eq!(stretch, Stretch::Machine { block_step: 1024 + 64 + 31, from: 0, len: 1 << 40 });
        for _ in 0..7 {
            assert!(!stretch.is_last());
            stretch = stretch.narrowed(31);
        }
        assert!(stretch.is_last());
        let last = stretch.narrowed(31);
        assert_eq!(last, Stretch::Machine { block_step: 1119, from: (1 << 40) - 1, len: 1 });
    }

    #[test]
    fn the_last_leaf_is_the_end_and_each_segment_starts_where_the_one_before_ends() {
        for stretch in [Stretch::FORK, Stretch::FORK.narrowed(7), Stretch::FORK.into_machine(0), Stretch::FORK.into_machine(3).narrowed(9)]
        {
            let leaves = stretch.leaf_positions();
            assert_eq!(leaves[31], stretch.from() + stretch.len());
            assert_eq!(stretch.points(), leaves[..31]);
            for index in 0..32u8 {
                let part = stretch.narrowed(index);
                assert_eq!(part.from() + part.len(), leaves[usize::from(index)]);
                assert_eq!(part.from(), if index == 0 { stretch.from() } else { leaves[usize::from(index) - 1] });
            }
        }
    }
}
