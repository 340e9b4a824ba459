//! `challenger simulate`: a whole dispute about a block of the own chain, in this process, to see whether this machine is fast enough.
//!
//! The truth comes from the store, as in a real dispute; the rival tells a lie that departs from it in one machine step, and everything else of it fits
//! together; the referee is the rule book in Rust.

mod data;
mod fit;
mod gas;
mod lie;
mod place;
mod report;
mod table;

pub use data::OwnData;
pub use fit::Fit;
pub use report::{Line, Report, Side};

use alloy::primitives::keccak256;
use gainsay_chain::{ChainError, witness::WitnessError};
use gainsay_game::{court::Refusal, play::PlayError, stretch::RUN_STEPS};
use gainsay_l1::NetworkError;
use gainsay_machine::ProgramError;
use gainsay_play::truth::{TraceLimits, TruthError};
use gainsay_shell::{genesis::GenesisFileError, program::GuestError};
use gainsay_store::StoreError;
use gainsay_trace::blob::ElementError;
use lie::{Liar, Lie};
use place::Place;
use std::{path::PathBuf, str::FromStr};
use table::Table;

/// Where in the machine run the lie departs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At its first step.
    First,
    /// At the step with which the machine halts.
    Last,
    /// At a step before that, which the seed decides.
    Random,
    /// At this step, counted from 0; below 2^40.
    Step(u64),
}

/// A word that names no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a step is `first`, `last`, `random`, or a number from 0 to {}", RUN_STEPS - 1)]
pub struct NoStep;

impl FromStr for At {
    type Err = NoStep;

    fn from_str(word: &str) -> Result<Self, NoStep> {
        match word {
            "first" => Ok(Self::First),
            "last" => Ok(Self::Last),
            "random" => Ok(Self::Random),
            number => number.parse().ok().filter(|step| *step < RUN_STEPS).map(Self::Step).ok_or(NoStep),
        }
    }
}

impl At {
    /// The step, in a run of `length` steps.
    fn step(self, length: u64, seed: u64) -> u64 {
        match self {
            Self::First => 0,
            Self::Last => length.saturating_sub(1),
            Self::Random => {
                let [.., a, b, c, d, e, f, g, h] = keccak256(seed.to_be_bytes()).0;
                u64::from_be_bytes([a, b, c, d, e, f, g, h]) % length.max(1)
            }
            Self::Step(step) => step,
        }
    }
}

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Simulation {
    /// The L2 block that is disputed; none for the newest whose batch is derived to its end.
    pub block: Option<u64>,
    /// Where in its run the rival departs from the truth.
    pub at: At,
    /// Decides what is random.
    pub seed: u64,
    /// Who makes the first dissection. If it is the rival, the last step is the own side's.
    pub opener: Side,
    /// How much memory the own side's traces may take; the rival's, which are only there for the simulation, may take as much again.
    pub limits: TraceLimits,
}

/// A dispute that cannot be simulated. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Nothing to read.
    #[error("{} holds no chain: give the folder that `challenger run --data` was given", path.display())]
    NoData {
        /// The folder.
        path: PathBuf,
    },
    /// No block.
    #[error("no batch with a block is derived here: start `challenger run` on this folder, and come again once it is in sync")]
    Empty,
    /// What a dispute could be about is not known to its end.
    #[error("block {block} is in a batch that is not derived to its end: name a block up to {last}")]
    BatchOpen {
        /// The block asked for.
        block: u64,
        /// The last one that can be disputed.
        last: u64,
    },
    /// The network's description.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The genesis file.
    #[error(transparent)]
    Genesis(#[from] GenesisFileError),
    /// The program of the chain's matches.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// The program.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The data folder.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The block.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The truth, or what the rival says instead.
    #[error(transparent)]
    Truth(#[from] TruthError),
    /// A side has no move.
    #[error("{side} has no move in round {round}: {source}")]
    Play {
        /// Which side.
        side: Side,
        /// Dissections before it.
        round: u8,
        /// Why.
        source: PlayError<TruthError>,
    },
    /// A blob that is none.
    #[error(transparent)]
    Element(#[from] ElementError),
    /// A move that is against the rules. Then this version cannot play disputes.
    #[error("the rules refuse \"{act}\" of {side}: {refusal}; this is a fault of this version, do not play disputes with it")]
    Refused {
        /// What it was.
        act: &'static str,
        /// Which side's.
        side: Side,
        /// Why.
        refusal: Refusal,
    },
    /// The match ended otherwise than it must. Then this version cannot play disputes.
    #[error("the truth did not win: {what}; this is a fault of this version, do not play disputes with it")]
    NotWon {
        /// What happened.
        what: &'static str,
    },
}

/// Plays a dispute to its end, and says of each transaction when it is done. Takes a few times as long as tracing the block: call it on a blocking thread.
///
/// # Errors
/// When there is no such block, when the store or a blob fails, and should the truth not win.
pub fn simulate(data: &OwnData, simulation: &Simulation, mut told: impl FnMut(&Line)) -> Result<Report, SimulateError> {
    let place = Place::of(data, simulation.block)?;
    // The rival's truth has traces of its own, so that none of its work speeds up the own side's.
    let rival = data.truth(&data.traces(simulation.limits)?);
    let mut liar = Liar { honest: rival, lie: Lie { block_step: place.block_step, machine_step: 0 } };
    let own_traces = data.traces(simulation.limits)?;
    let mut table = Table::new(data, &place, &own_traces)?;
    let length = liar.length(&table.fork)?;
    let at = simulation.at.step(length, simulation.seed);
    liar.lie.machine_step = at;
    let lines = table.play(liar, simulation.opener, &mut told)?;
    Ok(Report {
        block: place.block,
        length,
        at,
        seed: matches!(simulation.at, At::Random).then_some(simulation.seed),
        opener: simulation.opener,
        by_clock: table.by_clock(),
        fit: Fit::of(&lines, length, &data.settings, data.config.block_gas_limit),
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_by_a_word_or_by_its_number() {
        let read = |word: &str| word.parse::<At>();
        assert_eq!((read("first"), read("last"), read("random")), (Ok(At::First), Ok(At::Last), Ok(At::Random)));
        assert_eq!((read("0"), read("1099511627775")), (Ok(At::Step(0)), Ok(At::Step(RUN_STEPS - 1))));
        for wrong in ["", "middle", "-1", "1.5", "1099511627776", "99999999999999999999"] {
            assert_eq!(read(wrong), Err(NoStep), "{wrong}");
        }
    }

    #[test]
    fn a_random_step_is_in_the_run_and_follows_from_the_seed() {
        let steps: Vec<u64> = (0..100).map(|seed| At::Random.step(1_000, seed)).collect();
        assert!(steps.iter().all(|step| *step < 1_000));
        assert!(steps.iter().any(|step| *step < 200) && steps.iter().any(|step| *step > 800));
        assert_eq!(At::Random.step(1_000, 5), steps[5]);
        assert_eq!((At::First.step(9, 1), At::Last.step(9, 1), At::Step(77).step(9, 1)), (0, 8, 77));
    }
}
