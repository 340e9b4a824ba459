//! What the rules hold against what the book and the contracts hold.

use super::{BURN, Disagreement, L1, disagreement::same};
use alloy::primitives::U256;
use gainsay_bindings::{Matches, Rollup};
use gainsay_game::{court, ledger::StakeStatus, matches::match_hash};

impl L1<'_> {
    /// What the logs say is what the rules hold.
    pub(super) fn check_book(&self) -> Result<(), Disagreement> {
        let (court, ledger) = (&self.court, self.book.ledger());
        same("contradictions in the logs", &None, &ledger.contradiction())?;
        let latest = ledger.assertions().latest_confirmed().map(|latest| latest.id);
        same("the latest confirmed assertion", &Some(court.latest_confirmed()), &latest)?;
        for (id, record) in court.assertions() {
            let known = ledger.assertions().get(id).map(|known| (known.parent, known.end, known.target, known.inputs_hash, known.l1_time));
            same("an assertion", &Some((record.parent, record.end, record.target, record.inputs_hash, record.created_at)), &known)?;
            if !record.confirmed {
                same("live stakes on an assertion", &(record.live as usize), &ledger.live(id))?;
            }
            let times = ledger.fork(id).map(|times| (times.first_child_at, times.second_child_at));
            same("the times of a fork", &record.first_child_at.map(|first| (first, record.second_child_at)), &times)?;
        }
        self.check_stakes()?;
        for (id, m) in court.matches() {
            let live = [m.mover, m.rival].iter().all(|id| court.stake_record(id).is_some_and(|stake| stake.status == StakeStatus::Live));
            match ledger.match_by_id(id) {
                Some(view) => same("the state of a match", &match_hash(m), &view.hash())?,
                None => same("whether a match is still to be played", &false, &live)?,
            }
        }
        Ok(())
    }

    fn check_stakes(&self) -> Result<(), Disagreement> {
        let (court, ledger) = (&self.court, self.book.ledger());
        for (id, record) in court.stake_records() {
            let Some(stake) = ledger.stake(id) else {
                same("whether a stake that is forgotten is live", &false, &(record.status == StakeStatus::Live))?;
                continue;
            };
            same("a stake", &(record.status, record.tip, &record.joined), &(stake.status, stake.tip, &stake.records))?;
            same("the prize of a stake", &record.prize, &stake.prize(court.settings().bond))?;
            same("the moves against a stake", &court.moves_against(id), &stake.moves_against)?;
            same("what is owed", &court.owed(&stake.owner), &ledger.owed(&stake.owner))?;
        }
        Ok(())
    }

    /// All that the contracts hold is what the rules hold. Takes some hundred calls.
    ///
    /// # Errors
    /// At the first difference.
    pub fn check_contracts(&mut self) -> Result<(), Disagreement> {
        let Some(chain) = self.chain.as_deref_mut() else { return Ok(()) };
        let (court, rollup, matches) = (&self.court, chain.rollup(), chain.matches());
        same("the latest confirmed assertion", &court.latest_confirmed(), &chain.call(rollup, &Rollup::latestConfirmedCall {})?)?;
        for (id, record) in court.assertions() {
            let held = chain.call(rollup, &Rollup::assertionCall { id: *id })?;
            let ours = (record.parent, record.inputs_hash, record.target, record.first, record.confirmed, record.child_confirmed);
            let theirs = (held.parent, held.inputsHash, held.target, held.first, held.confirmed, held.childConfirmed);
            same("an assertion", &ours, &theirs)?;
            let times = [Some(record.created_at), record.first_child_at, record.second_child_at].map(Option::unwrap_or_default);
            same("the times of an assertion", &times, &[held.createdAt, held.firstChildAt, held.secondChildAt].map(|time| time.to()))?;
            same("the counters of an assertion", &(record.live, record.live_children), &(held.live, held.liveChildren))?;
        }
        for (id, record) in court.stake_records() {
            let held = chain.call(rollup, &Rollup::stakeOfCall { stakeId: *id })?;
            let status = [StakeStatus::Live, StakeStatus::Defeated, StakeStatus::Withdrawn].iter().position(|one| *one == record.status);
            same("a stake", &(status.map(|place| place as u8 + 1), record.tip), &(Some(held.status), held.tip))?;
            same("a prize", &record.prize, &chain.call(rollup, &Rollup::prizeOfCall { loser: *id })?)?;
            let against = chain.call(matches, &Matches::movesAgainstCall { stakeId: *id })?;
            same("the moves against a stake", &U256::from(court.moves_against(id)), &against)?;
            for (node, joined) in &record.joined {
                same("a record", &U256::from(*joined), &chain.call(rollup, &Rollup::joinedAtCall { stakeId: *id, id: *node })?)?;
            }
            let owner = court::owner_of(*id);
            same("what is owed", &court.owed(&owner), &chain.call(rollup, &Rollup::owedCall { owner })?)?;
        }
        for (id, m) in court.matches() {
            same("the state of a match", &match_hash(m), &chain.call(matches, &Matches::stateOfCall { id: *id })?)?;
        }
        same("what the Rollup holds", &court.money().held(), &chain.balance(rollup)?)?;
        same("what is burned", &court.money().burned, &chain.balance(BURN)?)
    }
}
