//! What must never happen.

use crate::{honest::HonestError, l1::Disagreement};
use alloy::primitives::{B256, U256};
use gainsay_game::{act::Act, court::Refusal, decide::Alarm};

/// What must never happen.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The rules, the contracts or the book disagree.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// An honest player does not know what to do.
    #[error(transparent)]
    Honest(#[from] HonestError),
    /// An honest player sees what it must never see.
    #[error("honest player {player} is alarmed: {alarm}")]
    Alarm {
        /// Which.
        player: usize,
        /// What it says.
        alarm: Box<Alarm>,
    },
    /// L1 refuses an honest act that nobody came before.
    #[error("honest player {player} is refused though nothing came before it in the block: {act:?}: {refusal}")]
    Refused {
        /// Which.
        player: usize,
        /// What it did.
        act: Box<Act>,
        /// What L1 said.
        refusal: Box<Refusal>,
    },
    /// An honest stake lost.
    #[error("the honest stake {stake} is defeated")]
    HonestDefeated {
        /// Which.
        stake: U256,
    },
    /// An honest stake has no time left of its own.
    #[error("the clock of the honest stake {stake} is empty in match {match_id}")]
    ClockEmpty {
        /// Where.
        match_id: B256,
        /// Which.
        stake: U256,
    },
    /// The chain of confirmed assertions left the truth.
    #[error("the false assertion {id} is confirmed")]
    FalseConfirmed {
        /// Which.
        id: B256,
    },
    /// The bound on the delay does not hold.
    #[error("the fork below {fork} is not decided at {now}, and had to be by {bound}")]
    Late {
        /// The assertion above.
        fork: B256,
        /// Seconds.
        now: u64,
        /// Seconds.
        bound: u64,
    },
    /// Money came from nowhere or is gone.
    #[error("the Rollup holds {held} wei, but {accounted} are somebody's")]
    Money {
        /// By bonds less what was burned and paid.
        held: U256,
        /// Bonds of the living, prizes and what is owed.
        accounted: U256,
    },
    /// The honest players have time, but do not come to an end.
    #[error("the game does not end: at {now} honest player {player} still has {left} to do")]
    Endless {
        /// Seconds.
        now: u64,
        /// Which.
        player: usize,
        /// What.
        left: String,
    },
    /// Moves of an honest stake were for nothing.
    #[error("moves of the honest stake {stake} against a loser in match {match_id} are not rewarded")]
    Unrewarded {
        /// Where.
        match_id: B256,
        /// Which.
        stake: U256,
    },
    /// Honesty did not pay.
    #[error("honest player {player} bonded {bonded} wei and got {paid} back, {moves} of its moves against losers are rewarded")]
    Loss {
        /// Which.
        player: usize,
        /// Of all its stakes.
        bonded: U256,
        /// In the end.
        paid: U256,
        /// Wei that its moves earned.
        moves: U256,
    },
}
