//! Where the own stakes stand, where they go, and when they leave.

use super::{Alarm, Draft, Idle, Rank, Table, path::Node, path::Standing};
use crate::{
    act::{Act, Claim},
    ledger::{ForkTimes, Stake, StakeStatus},
};
use alloy::primitives::U256;

/// Hops of one transaction: about 50,000 gas each, so that it fits into any block and stays far below what one transaction may use. What is left is walked
/// by the next one.
const MOST_HOPS: usize = 64;

impl Table<'_> {
    /// The newest live stake walks on. Older ones rest until they can leave.
    pub(super) fn stakes(&self, draft: &mut Draft) {
        let mine = self.ledger.stakes_of(&self.me).filter(|stake| stake.is_live()).collect::<Vec<_>>();
        self.tell_false(&mine, draft);
        let Some((active, resting)) = mine.split_last() else { return self.enter(draft) };
        for stake in resting.iter().filter(|stake| self.is_confirmed(stake)) {
            leave(stake.id, draft);
        }
        self.active(active, resting.is_empty(), draft);
    }

    fn enter(&self, draft: &mut Draft) {
        if !self.ledger.owed(&self.me).is_zero() && self.ledger.owed(&self.me) >= self.settings.bond {
            draft.idle = Some(Idle::BondUnclaimed);
            return;
        }
        let claims = self.walk(self.path.nodes());
        self.stake(claims, draft);
    }

    fn active(&self, stake: &Stake, alone: bool, draft: &mut Draft) {
        let confirmed = self.is_confirmed(stake);
        let Some((passed, below)) = self.way(stake) else {
            if confirmed {
                leave(stake.id, draft);
            }
            draft.idle = Some(if confirmed { Idle::Leaving } else { self.off_path(stake) });
            return;
        };
        let (claims, idle) = self.walk(below);
        let earned = self.has_earned(stake.id);
        // A dispute that it can join now comes first.
        let awaited = below.iter().take(claims.len()).any(|node| !node.lies.is_empty());
        if confirmed && !awaited && (earned || self.nothing_to_defend()) {
            leave(stake.id, draft);
            draft.idle = Some(Idle::Leaving);
            return;
        }
        if self.policy.propose && self.policy.second && alone && earned && !confirmed {
            let line = self.walk(self.path.nodes());
            // Who comes late to a dispute has little time left in it, and whoever stands on a false sibling could draw it in.
            let disputed = self.path.nodes().iter().take(line.0.len()).any(|node| !node.lies.is_empty());
            // It must come as far as the first one stands, or there would be nobody to go on from there.
            if !disputed && line.0.len() >= self.path.nodes().len() - below.len() {
                return self.stake(line, draft);
            }
        }
        if claims.is_empty() {
            draft.idle = idle;
        } else {
            let claims = first_hops(passed.into_iter().chain(claims).collect());
            draft.act(0, Rank::Claim, Act::Advance { stake: stake.id, claims });
        }
    }

    /// What follows a stake's tip: hops that are confirmed already, over which L1 passes, and the right path. None if it stands on neither, or so far above
    /// that one transaction could not come past.
    fn way(&self, stake: &Stake) -> Option<(Vec<Claim>, &[Node<'_>])> {
        if let Some(below) = self.path.below(&stake.tip) {
            return Some((Vec::new(), below));
        }
        if self.path.is_false() || !self.is_confirmed(stake) {
            return None;
        }
        let (mut passed, mut next) = (Vec::new(), self.path.confirmed());
        while next.id != stake.tip {
            let above = self.ledger.assertions().get(&next.parent)?;
            passed.push(Claim { inputs_hash: above.inputs_hash, end: next.end });
            next = above;
        }
        passed.reverse();
        (passed.len() < MOST_HOPS).then(|| (passed, self.path.nodes()))
    }

    fn stake(&self, (claims, idle): (Vec<Claim>, Option<Idle>), draft: &mut Draft) {
        if claims.is_empty() {
            draft.idle = if self.path.is_false() { Some(Idle::ConfirmedFalse) } else { idle };
        } else {
            draft.act(0, Rank::Claim, Act::Stake { parent: self.path.confirmed().id, claims: first_hops(claims) });
        }
    }

    /// The hops down from the first of `line` that can be made now and are worth making, and what keeps it from going on.
    fn walk(&self, line: &[Node<'_>]) -> (Vec<Claim>, Option<Idle>) {
        let mut claims = Vec::new();
        let mut worth = 0;
        let mut idle = None;
        for node in line {
            match self.hop(node) {
                Ok(claim) => claims.push(claim),
                Err(reason) => {
                    idle = Some(reason);
                    break;
                }
            }
            if self.policy.propose || !node.lies.is_empty() {
                worth = claims.len();
            }
        }
        claims.truncate(worth);
        (claims, idle)
    }

    /// The claim of what follows `node`, if L1 would take it now.
    fn hop(&self, node: &Node<'_>) -> Result<Claim, Idle> {
        let end = node.truth?;
        let creates = node.child.is_none();
        if creates && !self.policy.propose && node.lies.is_empty() {
            return Err(Idle::NothingDisputed);
        }
        let above = node.assertion;
        if creates && self.batch_count <= above.end.batch_index {
            return Err(Idle::NothingNew);
        }
        let from = above.l1_time.saturating_add(self.settings.period);
        if creates && self.now < from {
            return Err(Idle::TooEarly { from });
        }
        self.door(node)?;
        Ok(Claim { inputs_hash: above.inputs_hash, end })
    }

    /// Whether the fork below `node` takes a stake on its right child now.
    fn door(&self, node: &Node<'_>) -> Result<(), Idle> {
        let fork = node.assertion.id;
        let Some(times) = self.ledger.fork(&fork) else { return Ok(()) };
        let closes_at = times.closes_at(self.settings.window);
        // INVARIANT: new siblings while now < t0 + W − C; joining while now < t0 + W, an only child until it is confirmed; with nobody live
        // left from t0 + W on, the fork reopens.
        if self.now >= closes_at && self.ledger.live_children(&fork) == 0 {
            return Ok(());
        }
        match (node.child, times) {
            (None, times) => {
                let until = times.siblings_until(self.settings.window, self.settings.clock);
                if self.now < until { Ok(()) } else { Err(Idle::SiblingsClosed { fork, until }) }
            }
            (Some(_), ForkTimes { second_child_at: Some(_), .. }) if self.now >= closes_at => {
                Err(Idle::JoiningClosed { fork, until: closes_at })
            }
            (Some(_), _) => Ok(()),
        }
    }

    /// Why a stake that is not on the right path claims nothing.
    fn off_path(&self, stake: &Stake) -> Idle {
        match self.path.standing(self.ledger, &stake.tip) {
            _ if self.path.is_false() => Idle::ConfirmedFalse,
            Standing::False(_) => Idle::OwnTipFalse,
            Standing::Right | Standing::Unknown => self.path.nodes().last().and_then(|node| node.truth.err()).unwrap_or(Idle::NotSettled),
        }
    }

    fn tell_false(&self, mine: &[&Stake], draft: &mut Draft) {
        for stake in mine {
            if let Standing::False(assertion) = self.path.standing(self.ledger, &stake.tip) {
                draft.alarms.push(Alarm::OwnTipFalse { stake: stake.id, assertion });
            }
        }
        for node in self.path.nodes().iter().filter(|node| !node.lies.is_empty()) {
            let held = |id| self.ledger.stakes_on(id).any(Stake::is_live);
            let defended = node.child.is_some_and(|child| held(&child.id));
            if !defended && self.door(node).is_err() && node.lies.iter().any(|lie| held(&lie.id)) {
                draft.alarms.push(Alarm::Undefended { fork: node.assertion.id });
            }
        }
    }

    fn is_confirmed(&self, stake: &Stake) -> bool {
        // A stake that is placed but has not moved yet stands on what it enters below.
        !stake.records.is_empty() && self.ledger.assertions().get(&stake.tip).is_some_and(|tip| tip.confirmed_in.is_some())
    }

    /// Whether a challenger can go: nothing false is left below the latest confirmed assertion, nor anything that it cannot judge yet.
    fn nothing_to_defend(&self) -> bool {
        !self.policy.propose && self.path.nodes().iter().all(|node| node.lies.is_empty() && node.is_judged(self.ledger))
    }

    /// Whether moves of this stake wait for it to leave.
    fn has_earned(&self, id: U256) -> bool {
        self.ledger.matches_of(&id).any(|found| {
            let loser = found.rival_of(id).and_then(|rival| self.ledger.stake(&rival));
            found.moves_of(id) > 0 && loser.is_some_and(|loser| loser.status == StakeStatus::Defeated)
        })
    }
}

fn first_hops(mut claims: Vec<Claim>) -> Vec<Claim> {
    claims.truncate(MOST_HOPS);
    claims
}

fn leave(stake: U256, draft: &mut Draft) {
    draft.act(u64::MAX, Rank::Leave, Act::Withdraw { stake });
}
