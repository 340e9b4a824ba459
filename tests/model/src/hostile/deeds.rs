//! What a script has hostile players do.

use super::{
    Deed, Stories, View,
    choice::{lie_of, number, ongoing, pairs, pick, swapped, word},
};
use crate::{alter::altered, l1::L1, truth::Story};
use alloy::primitives::B256;
use gainsay_bindings::Matches::Match;
use gainsay_game::{
    act::{Act, Claim},
    assertions::Assertion,
    ledger::{Stake, StakeStatus},
};
use gainsay_types::{State, assertion_id};

impl View<'_> {
    /// A deed of the script, as transactions; none where there is nothing of the kind to do.
    pub fn deed(&self, deed: Deed, l1: &L1<'_>, pending: &[Act], history: &[Act], stories: &mut Stories) -> Option<Act> {
        match deed {
            Deed::Claim { place, lie } => self.claim(place, lie, stories),
            Deed::Open { pair } => {
                let pairs = pairs(self.ledger);
                let rivals = pick(&pairs, number(pair, 0))?.clone();
                let rivals = if pair.is_multiple_of(2) { rivals } else { swapped(rivals) };
                self.open(rivals.clone()).filter(|_| self.owns(rivals.first)).or(Some(Act::Open { rivals }))
            }
            Deed::Play { choice } => {
                let mut mine = ongoing(self.ledger);
                // Now and then also out of turn.
                mine.retain(|found| self.owns(found.on_turn()) || choice.is_multiple_of(16));
                let found = pick(&mine, number(choice, 0))?;
                if choice.is_multiple_of(2) { self.told(found) } else { self.wild(found, choice) }
            }
            Deed::Timeout { choice } => {
                let all = ongoing(self.ledger);
                Some(Act::Timeout { m: Box::new(pick(&all, choice)?.state.clone()) })
            }
            Deed::Evict { choice } => {
                let all: Vec<&Stake> =
                    self.ledger.stakes().filter(|stake| stake.status == StakeStatus::Defeated || choice % 8 == 0).collect();
                let stake = pick(&all, number(choice, 0))?;
                let nodes: Vec<B256> = stake.records.keys().copied().chain([stake.tip]).collect();
                Some(Act::Evict { stake: stake.id, id: *pick(&nodes, number(choice, 1))? })
            }
            Deed::Confirm { choice } => {
                let all: Vec<B256> = self.ledger.assertions().iter().map(|assertion| assertion.id).collect();
                Some(Act::Confirm { id: *pick(&all, choice)? })
            }
            Deed::Withdraw { choice } => {
                let all: Vec<&Stake> = self.ledger.stakes().filter(|stake| self.owns(stake.id) || choice % 8 == 0).collect();
                Some(Act::Withdraw { stake: pick(&all, number(choice, 0))?.id })
            }
            Deed::Reward { choice } => {
                let all: Vec<(&B256, &Match)> = l1.court().matches().collect();
                let (_, m) = pick(&all, number(choice, 0))?;
                let winner = if choice.is_multiple_of(2) { m.mover } else { m.rival };
                Some(Act::Reward { m: Box::new((*m).clone()), winner })
            }
            Deed::Pay => Some(Act::Claim { to: self.player.address }),
            Deed::Copy { choice } => pick(pending, choice).cloned(),
            Deed::Alter { choice, change } => {
                let mut own: Vec<Act> = pending.to_vec();
                let mine = ongoing(self.ledger).into_iter().filter(|found| self.owns(found.on_turn()));
                own.extend(mine.filter_map(|found| if choice.is_multiple_of(2) { self.told(found) } else { self.wild(found, choice) }));
                own.extend(self.deed(Deed::Open { pair: choice }, l1, pending, history, stories));
                own.extend(self.deed(Deed::Claim { place: choice, lie: change }, l1, pending, history, stories));
                own.extend(self.deed(Deed::Reward { choice }, l1, pending, history, stories));
                own.extend(self.deed(Deed::Timeout { choice }, l1, pending, history, stories));
                pick(&own, number(choice, 7)).cloned().map(|act| altered(act, number(change, 0)))
            }
            Deed::Again { choice } => pick(history, choice).cloned(),
        }
    }

    /// Walks down what is there, and ends on the truth, on a lie, or on another's claim.
    fn claim(&self, place: u64, lie: u64, stories: &mut Stories) -> Option<Act> {
        let own = self.ledger.stakes_of(&self.player.address).rfind(|stake| stake.is_live()).filter(|_| place.is_multiple_of(4));
        let start = own.map_or_else(|| self.ledger.assertions().latest_confirmed().map(|latest| latest.id), |stake| Some(stake.tip))?;
        let mut parent = self.ledger.assertions().get(&start)?;
        let mut claims = Vec::new();
        for hop in 0..number(place, 0) % 3 {
            let children: Vec<&Assertion> = self.ledger.assertions().children(parent.id).collect();
            let Some(child) = pick(&children, number(place, 1 + hop)) else { break };
            claims.push(Claim { inputs_hash: parent.inputs_hash, end: child.end });
            parent = child;
        }
        let end = self.end(parent, lie, stories)?;
        let inputs_hash = if lie.is_multiple_of(64) { word(lie, 9) } else { parent.inputs_hash };
        claims.push(Claim { inputs_hash, end });
        Some(match own {
            Some(stake) => Act::Advance { stake: stake.id, claims },
            None => Act::Stake { parent: start, claims },
        })
    }

    fn end(&self, parent: &Assertion, choice: u64, stories: &mut Stories) -> Option<State> {
        let children: Vec<&Assertion> = self.ledger.assertions().children(parent.id).collect();
        match number(choice, 10) % 8 {
            0 => Some(Story { chain: self.chain, lie: None }.claim(parent)),
            1..4 if !children.is_empty() => pick(&children, number(choice, 11)).map(|child| child.end),
            _ => {
                let lie = lie_of(&self.chain, parent, choice);
                let end = Story { chain: self.chain, lie: Some(lie) }.claim(parent);
                stories.insert(assertion_id(parent.id, end.hash()), lie);
                Some(end)
            }
        }
    }
}
