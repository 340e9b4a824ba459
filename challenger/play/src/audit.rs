//! Whether L1's logs tell all that its contracts hold. A node that leaves out a log, as one with a broken index does, would let a player wait for a rival who has moved long ago.
//!
//! The contracts are asked as of the block up to which the logs were read, so that nothing but a missing or invented log makes a difference.

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
};
use gainsay_bindings::{Matches, Rollup};
use gainsay_game::ledger::{Ledger, Stake, StakeStatus};
use gainsay_l1::{L1Client, L1Error};
use std::fmt;
use tokio::task::JoinSet;

/// Assertions that are asked for at once: the latest confirmed, and those below it, oldest first.
const MOST_ASSERTIONS: usize = 256;
/// Requests on their way at once.
const AT_ONCE: usize = 16;

/// Something that the contracts hold otherwise than the logs tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the L1 node hides logs: {place} is {held} on L1, and {told} by the logs")]
pub struct Difference {
    /// What it is about.
    pub place: Place,
    /// What the contract says.
    pub held: String,
    /// What the logs say.
    pub told: String,
}

/// What the contracts are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The Rollup's newest confirmed assertion.
    LatestConfirmed,
    /// The children of an assertion and the stakes on it.
    Assertion(B256),
    /// A stake of the player.
    Stake(U256),
    /// The state of a match of the player.
    Match(B256),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LatestConfirmed => f.write_str("the latest confirmed assertion"),
            Self::Assertion(id) => write!(f, "assertion {id}"),
            Self::Stake(id) => write!(f, "stake {id}"),
            Self::Match(id) => write!(f, "the state of match {id}"),
        }
    }
}

/// The contracts that are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contracts {
    /// The Rollup.
    pub rollup: Address,
    /// Matches.
    pub matches: Address,
}

/// All that differs for the stakes of `me`, after the L1 block with this hash; `ledger` has the logs up to it.
///
/// # Errors
/// When L1 does not answer, or does not know the block any more.
pub async fn differences(
    client: &L1Client,
    contracts: Contracts,
    ledger: &Ledger,
    me: Address,
    block: B256,
) -> Result<Vec<Difference>, L1Error> {
    let mut questions = questions(ledger, me).into_iter();
    let mut asked = JoinSet::new();
    let mut found = Vec::new();
    loop {
        while asked.len() < AT_ONCE {
            let Some((place, told)) = questions.next() else { break };
            let client = client.clone();
            asked.spawn(async move {
                let held = held(&client, contracts, place, block.into()).await?;
                Ok((held != told).then_some(Difference { place, held, told }))
            });
        }
        match asked.join_next().await {
            None => return Ok(found),
            Some(Ok(answer)) => found.extend(answer?),
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Nothing aborts one of them but dropping the set.
            Some(Err(_)) => {}
        }
    }
}

/// What to ask, and the answer that the logs let expect.
fn questions(ledger: &Ledger, me: Address) -> Vec<(Place, String)> {
    let mut questions = Vec::new();
    let mut below = Vec::new();
    if let Some(confirmed) = ledger.assertions().latest_confirmed() {
        questions.push((Place::LatestConfirmed, confirmed.id.to_string()));
        below.push(confirmed.id);
    }
    let mut next = 0;
    while let Some(id) = below.get(next).copied().filter(|_| next < MOST_ASSERTIONS) {
        let times = ledger.fork(&id);
        let told = Counted {
            confirmed: ledger.assertions().get(&id).is_some_and(|one| one.confirmed_in.is_some()),
            first_child_at: times.map_or(0, |times| times.first_child_at),
            second_child_at: times.and_then(|times| times.second_child_at).unwrap_or_default(),
            live: ledger.live(&id) as u64,
            live_children: ledger.live_children(&id) as u64,
        };
        questions.push((Place::Assertion(id), told.to_string()));
        below.extend(ledger.assertions().children(id).map(|child| child.id));
        next += 1;
    }
    for stake in ledger.stakes_of(&me).filter(|stake| stake.is_live()) {
        questions.push((Place::Stake(stake.id), standing(stake.status, stake.tip)));
        questions.extend(games(ledger, stake));
    }
    questions
}

fn games<'a>(ledger: &'a Ledger, stake: &'a Stake) -> impl Iterator<Item = (Place, String)> + 'a {
    let ongoing = ledger.matches_of(&stake.id).filter(|game| ledger.is_ongoing(game));
    ongoing.map(|game| (Place::Match(game.id), game.hash().to_string()))
}

/// What the contract says.
async fn held(client: &L1Client, contracts: Contracts, place: Place, at: BlockId) -> Result<String, L1Error> {
    Ok(match place {
        Place::LatestConfirmed => client.read(contracts.rollup, Rollup::latestConfirmedCall {}, at).await?.to_string(),
        Place::Assertion(id) => {
            let held = client.read(contracts.rollup, Rollup::assertionCall { id }, at).await?;
            let counted = Counted {
                confirmed: held.confirmed,
                first_child_at: held.firstChildAt.to(),
                second_child_at: held.secondChildAt.to(),
                live: held.live,
                live_children: held.liveChildren,
            };
            counted.to_string()
        }
        Place::Stake(stake_id) => {
            let held = client.read(contracts.rollup, Rollup::stakeOfCall { stakeId: stake_id }, at).await?;
            match status(held.status) {
                Some(status) => standing(status, held.tip),
                None => "not there".to_owned(),
            }
        }
        Place::Match(id) => client.read(contracts.matches, Matches::stateOfCall { id }, at).await?.to_string(),
    })
}

/// As the Rollup numbers them.
const fn status(number: u8) -> Option<StakeStatus> {
    match number {
        1 => Some(StakeStatus::Live),
        2 => Some(StakeStatus::Defeated),
        3 => Some(StakeStatus::Withdrawn),
        _ => None,
    }
}

fn standing(status: StakeStatus, tip: B256) -> String {
    format!("{status} on {tip}")
}

/// What an assertion's place in the game rests on.
struct Counted {
    confirmed: bool,
    first_child_at: u64,
    second_child_at: u64,
    live: u64,
    live_children: u64,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { confirmed, first_child_at, second_child_at, live, live_children } = self;
        if *confirmed {
            // Stakes that leave a confirmed assertion matter to nobody.
            f.write_str("confirmed, with")?;
        } else {
            write!(f, "not confirmed, with {live} stakes,")?;
        }
        write!(f, " children from {first_child_at} and siblings from {second_child_at}, {live_children} stakes on children")
    }
}
