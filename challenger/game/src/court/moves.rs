//! Naming a segment and dividing it, in the chain and in the machine.

use super::{Court, Refusal, openings::wrong_round};
use crate::{
    dissection::{Dissection, LAST, POINTS},
    matches::round,
    truth::{opening_hash, run_says},
};
use alloy::primitives::{Address, B256, keccak256};
use gainsay_bindings::Matches::{self as Sol, Match, MatchesErrors, Opening, Segment};
use gainsay_l1::{L1Event, MatchesEvent};
use gainsay_machine::{MachineState, Status};
use gainsay_types::State;

impl Court {
    #[allow(clippy::too_many_arguments, reason = "a call and its context")]
    pub(super) fn divide(
        &mut self,
        sender: Address,
        now: u64,
        m: &Match,
        segment: &Segment,
        points: &[B256; POINTS],
        end: B256,
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        let id = self.check_turn(sender, now, m)?;
        if !round::divides(m.round) {
            return Err(wrong_round(m));
        }
        check_opening(m, segment)?;
        check_end(m, segment, end)?;
        self.pass(id, m, (segment.start, segment.end), &Dissection::new(points, end), now);
        let event = MatchesEvent::Dissected { id, mover: m.mover, segment: segment.index, points: Box::new(*points), end, time: now };
        events.push(L1Event::Matches(event));
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "a call and its context")]
    pub(super) fn enter_machine(
        &mut self,
        sender: Address,
        now: u64,
        m: &Match,
        segment: &Segment,
        (from, last): (&State, &Opening),
        points: &[B256; POINTS],
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        let id = self.check_turn(sender, now, m)?;
        if m.round != round::BLOCK {
            return Err(wrong_round(m));
        }
        check_opening(m, segment)?;
        if from.hash() != segment.start {
            return Err(wrong_state());
        }
        if last.status != Status::HALTED.0 && from.batch_index == u64::MAX {
            return Err(Refusal::Overflow);
        }
        check_end(m, segment, run_says(from, last))?;
        let start = MachineState::initial(self.rules.program_root, self.machine_input(m.moverNode, from)).hash();
        let made = Dissection::new(points, opening_hash(last));
        // The rival has named no end of this run yet.
        self.pass(id, m, (start, B256::ZERO), &made, now);
        events.push(L1Event::Matches(MatchesEvent::MachineEntered {
            id,
            mover: m.mover,
            segment: segment.index,
            start,
            points: Box::new(*points),
            end: made.end(),
            time: now,
        }));
        Ok(())
    }

    /// Input of the machine at the block step that starts at `from`, below the fork of which `node` is a child.
    ///
    /// INVARIANT: the machine reads the batches that the fork fixed, nothing that came later.
    #[must_use]
    pub fn machine_input(&self, node: B256, from: &State) -> B256 {
        let fork = self.tree.get(&node).and_then(|record| self.tree.get(&record.parent));
        let target = fork.map_or(0, |fork| fork.target);
        let acc = if from.batch_index < target { self.batches.acc(from.batch_index + 1) } else { B256::ZERO };
        keccak256([acc, from.hash(), self.rules.config_hash].concat())
    }
}

pub(super) fn check_opening(m: &Match, segment: &Segment) -> Result<(), Refusal> {
    if segment.index > LAST {
        return Err(MatchesErrors::NoSuchSegment(Sol::NoSuchSegment { index: segment.index }).into());
    }
    if Dissection::check(segment, m.dissection, m.start) { Ok(()) } else { Err(MatchesErrors::WrongOpening(Sol::WrongOpening {}).into()) }
}

fn check_end(m: &Match, segment: &Segment, end: B256) -> Result<(), Refusal> {
    // INVARIANT: what is dissected is disputed: it starts where both agree and ends where they differ.
    if end == segment.end {
        return Err(MatchesErrors::SameEnd(Sol::SameEnd {}).into());
    }
    // INVARIANT: at the end of the whole stretch the mover stays with what it has claimed.
    if segment.index == LAST && m.round != round::RUN && end != m.end {
        return Err(MatchesErrors::BoundToEnd(Sol::BoundToEnd { end: m.end }).into());
    }
    Ok(())
}

pub(super) fn wrong_state() -> Refusal {
    MatchesErrors::WrongState(Sol::WrongState {}).into()
}
