//! Below which fork to lie.

use crate::{
    elsewhere::StoryError,
    lie::Lie,
    story::{Chronicle, Story},
};
use alloy::primitives::{Address, B256};
use gainsay_game::{assertions::Assertion, ledger::Ledger, settings::Settings};
use gainsay_store::{Store, StoreError};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State, assertion_id, inputs_hash};

/// Which fork is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The newest with a true child that still takes siblings.
    Latest,
    /// Where nobody has claimed the truth yet.
    First,
    /// This one.
    Fork(B256),
}

/// Who will lie there, and how.
pub type Liars = [(Address, Lie)];

/// The fork below which these lies can all be told now. Where one of the liars has a stake already, the fork at which it has lied.
///
/// # Errors
/// When the store fails.
pub fn choose(
    ledger: &Ledger,
    chronicle: &Chronicle,
    settings: &Settings,
    now: u64,
    wanted: Wanted,
    liars: &Liars,
) -> Result<Option<Assertion>, StoryError> {
    for (liar, lie) in liars {
        if let Some(fork) = told(ledger, chronicle, liar, *lie)? {
            return Ok(Some(fork));
        }
    }
    let path = right_path(ledger, &chronicle.store)?;
    let is_open = |fork: &Assertion| {
        ledger
            .fork(&fork.id)
            .is_none_or(|times| now.saturating_add(settings.extension) < times.siblings_until(settings.window, settings.clock))
    };
    let forks = match wanted {
        Wanted::First => path.last().into_iter().collect::<Vec<_>>(),
        Wanted::Latest => path.iter().rev().skip(1).collect(),
        Wanted::Fork(id) => path.iter().filter(|fork| fork.id == id).collect(),
    };
    for fork in forks.into_iter().filter(|fork| is_open(fork)) {
        if can_all_be_told(chronicle, fork, liars)? {
            return Ok(Some(fork.clone()));
        }
    }
    Ok(None)
}

/// The assertion below which a liar lied earlier.
fn told(ledger: &Ledger, chronicle: &Chronicle, liar: &Address, lie: Lie) -> Result<Option<Assertion>, StoryError> {
    for stake in ledger.stakes_of(liar) {
        for id in stake.records.keys().chain([&stake.tip]) {
            let Some(claim) = ledger.assertions().get(id) else { continue };
            let Some(fork) = ledger.assertions().get(&claim.parent) else { continue };
            let story = Story::below(chronicle, &fork.end, fork.target, lie)?;
            if story.is_some_and(|story| story.end().is_ok_and(|end| end == claim.end)) {
                return Ok(Some(fork.clone()));
            }
        }
    }
    Ok(None)
}

fn can_all_be_told(chronicle: &Chronicle, fork: &Assertion, liars: &Liars) -> Result<bool, StoryError> {
    for (_, lie) in liars {
        if Story::below(chronicle, &fork.end, fork.target, *lie)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// From the latest confirmed assertion down along what the own chain says, as far as it is claimed on L1.
fn right_path(ledger: &Ledger, store: &Store) -> Result<Vec<Assertion>, StoreError> {
    let mut path: Vec<Assertion> = ledger.assertions().latest_confirmed().cloned().into_iter().collect();
    while let Some(last) = path.last() {
        let Some(end) = true_end(store, last)? else { break };
        let Some(child) = ledger.assertions().get(&assertion_id(last.id, end.hash())) else { break };
        path.push(child.clone());
    }
    Ok(path)
}

/// What the children of an assertion must claim; none if the inbox here is another one, or not derived that far.
fn true_end(store: &Store, fork: &Assertion) -> Result<Option<State>, StoreError> {
    if store.heads().batches < fork.target || inputs_hash(fork.target, store.batch_acc(fork.target)?) != fork.inputs_hash {
        return Ok(None);
    }
    let Some(start) = store.step_of(&fork.end)? else { return Ok(None) };
    let most = start.saturating_add(BLOCK_STEPS_PER_ASSERTION);
    let end = match store.step_at_batch(fork.target)? {
        Some(end) => end.clamp(start, most),
        None if store.heads().steps >= most => most,
        None => return Ok(None),
    };
    store.step(end)
}
