//! What is false about the chain, and from which block step on.

use crate::seed;
use std::str::FromStr;

/// What is said of every state after the lie begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another output root.
    Root,
    /// Some blocks more than there are.
    MoreBlocks,
    /// A block number near 2^64.
    HugeBlocks,
    /// Some blocks fewer than there are.
    FewerBlocks,
    /// The cursor elsewhere within the batch; all else is true.
    Cursor,
    /// Messages consumed that were not.
    Deposits,
    /// The chain stays as it was when the lie began: a true state of another step.
    Behind,
    /// The batch that the block step reads says nothing: the states of a real chain that is not this one. It begins at the first block step of that batch.
    Skip,
}

/// The first false block step below the fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first of those that read a batch.
    First,
    /// The last of them.
    Last,
    /// One of them, by the seed.
    Random,
    /// The first after them: nothing is left to read, and still the State changes.
    Idle,
    /// The last of all 2^15.
    End,
    /// The one after so many.
    Step(u64),
}

/// A false story, to be told below one fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lie {
    /// What is false.
    pub kind: Kind,
    /// From where on.
    pub place: Place,
    /// Makes it another one than others of its kind.
    pub seed: u64,
}

/// A lie that there is no word for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LieFormat {
    /// The kind.
    #[error("unknown lie {given:?}: use root, more-blocks, huge-blocks, fewer-blocks, cursor, deposits, behind or skip-batch")]
    Kind {
        /// What was given.
        given: String,
    },
    /// The place.
    #[error("unknown place {given:?}: use first, last, random, idle, end or the number of a block step")]
    Place {
        /// What was given.
        given: String,
    },
}

impl Place {
    /// How many block steps are true, of `steps` that read a batch.
    #[must_use]
    pub fn resolve(self, steps: u64, seed: u64) -> Option<u64> {
        match self {
            Self::First => (steps > 0).then_some(0),
            Self::Last => steps.checked_sub(1),
            Self::Random => (steps > 0).then(|| seed::below(steps, &[seed, 1])),
            Self::Idle => Some(steps),
            Self::End => Some(gainsay_types::BLOCK_STEPS_PER_ASSERTION - 1),
            Self::Step(step) => Some(step),
        }
        .filter(|at| *at < gainsay_types::BLOCK_STEPS_PER_ASSERTION)
    }
}

impl FromStr for Kind {
    type Err = LieFormat;

    fn from_str(given: &str) -> Result<Self, LieFormat> {
        Ok(match given {
            "root" => Self::Root,
            "more-blocks" => Self::MoreBlocks,
            "huge-blocks" => Self::HugeBlocks,
            "fewer-blocks" => Self::FewerBlocks,
            "cursor" => Self::Cursor,
            "deposits" => Self::Deposits,
            "behind" => Self::Behind,
            "skip-batch" => Self::Skip,
            _ => return Err(LieFormat::Kind { given: given.to_owned() }),
        })
    }
}

impl FromStr for Place {
    type Err = LieFormat;

    fn from_str(given: &str) -> Result<Self, LieFormat> {
        Ok(match given {
            "first" => Self::First,
            "last" => Self::Last,
            "random" => Self::Random,
            "idle" => Self::Idle,
            "end" => Self::End,
            number => Self::Step(number.parse().map_err(|_| LieFormat::Place { given: given.to_owned() })?),
        })
    }
}

impl FromStr for Lie {
    type Err = LieFormat;

    /// `KIND[:PLACE]`, the last block step if no place is given, with seed 0.
    fn from_str(given: &str) -> Result<Self, LieFormat> {
        let (kind, place) = given.split_once(':').unwrap_or((given, "last"));
        Ok(Self { kind: kind.parse()?, place: place.parse()?, seed: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lie_is_a_kind_and_perhaps_a_place() {
        let read = |given: &str| given.parse::<Lie>().map(|lie| (lie.kind, lie.place));
        assert_eq!(read("root"), Ok((Kind::Root, Place::Last)));
        assert_eq!(read("skip-batch:random"), Ok((Kind::Skip, Place::Random)));
        assert_eq!(read("more-blocks:17"), Ok((Kind::MoreBlocks, Place::Step(17))));
        assert_eq!(read("truth"), Err(LieFormat::Kind { given: "truth".to_owned() }));
        assert_eq!(read("root:-1"), Err(LieFormat::Place { given: "-1".to_owned() }));
    }

    #[test]
    fn a_place_lies_among_the_steps_that_read_a_batch_or_after_them() {
        let at = |place: Place, steps| place.resolve(steps, 3);
        assert_eq!((at(Place::First, 9), at(Place::Last, 9), at(Place::Idle, 9)), (Some(0), Some(8), Some(9)));
        assert_eq!((at(Place::First, 0), at(Place::Last, 0), at(Place::Random, 0), at(Place::Idle, 0)), (None, None, None, Some(0)));
        assert_eq!(at(Place::End, 9), Some(32_767));
        assert_eq!((at(Place::Step(32_767), 9), at(Place::Step(32_768), 9), at(Place::Idle, 32_768)), (Some(32_767), None, None));
        let random: std::collections::BTreeSet<_> = (0..200).map(|seed| Place::Random.resolve(9, seed)).collect();
        assert_eq!(random, (0..9).map(Some).collect());
    }
}
