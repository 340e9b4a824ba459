//! Getting one transaction mined: the decisions, without a clock and without L1.

use super::fees::{Fees, Market, SendPolicy};
use alloy::primitives::B256;
use std::time::Duration;

/// What a transaction at our nonce is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The call itself.
    Call,
    /// A transfer of nothing to ourselves that takes the nonce instead.
    Cancel,
}

/// A transaction that was handed to L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its hash.
    pub hash: B256,
    /// What it offers.
    pub fees: Fees,
    /// What it is for.
    pub purpose: Purpose,
}

/// What L1 looks like now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Monotonic time.
    pub now: Duration,
    /// Height of the newest block.
    pub head: u64,
    /// Transactions of our account that are mined.
    pub mined_nonce: u64,
    /// Which of our attempts is mined, and in which block.
    pub mined: Option<(B256, u64)>,
    /// Whether the node knows the newest attempt, mined or pending.
    pub known: bool,
    /// Prices.
    pub market: Market,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sign and send with these prices, in place of earlier attempts.
    Publish {
        /// What to offer.
        fees: Fees,
        /// What to send.
        purpose: Purpose,
    },
    /// Hand the newest attempt to the node again: it has forgotten it.
    Rebroadcast,
    /// Look again later.
    Wait,
    /// Mined and confirmed.
    Done(Attempt),
    /// Another transaction has taken our nonce.
    NonceTaken,
    /// Cancelled before anything was sent.
    Cancelled,
    /// The node refuses every offer, and nothing is pending.
    GiveUp,
}

/// One transaction on its way.
#[derive(Clone, Debug)]
pub struct Sending {
    policy: SendPolicy,
    blobs: bool,
    nonce: u64,
    attempts: Vec<Attempt>,
    /// Highest offer so far, refused ones included.
    offered: Option<Fees>,
    since: Duration,
    purpose: Purpose,
    /// Cancellation was asked for and not yet sent.
    cancel_now: bool,
    refusals: u32,
    /// Looks at L1 in a row that found our nonce used by none of our attempts.
    taken: u32,
}

/// A node may count a transaction before it serves its receipt: look so often before believing that the nonce is taken.
const LOOKS_BEFORE_TAKEN: u32 = 5;

impl Sending {
    /// A transaction that will use `nonce`.
    #[must_use]
    pub const fn new(policy: SendPolicy, blobs: bool, nonce: u64) -> Self {
        Self {
            policy,
            blobs,
            nonce,
            attempts: Vec::new(),
            offered: None,
            since: Duration::ZERO,
            purpose: Purpose::Call,
            cancel_now: false,
            refusals: 0,
            taken: 0,
        }
    }

    /// Everything handed to L1 so far, oldest first. Any of them may be mined.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Asks for the nonce to be used for nothing. The call may still be mined if it is too late.
    pub const fn cancel(&mut self) {
        if matches!(self.purpose, Purpose::Call) {
            self.purpose = Purpose::Cancel;
            self.cancel_now = true;
        }
    }

    /// The node took what [`Action::Publish`] asked for.
    pub fn published(&mut self, attempt: Attempt, now: Duration) {
        self.attempts.push(attempt);
        self.offered = Some(attempt.fees);
        self.since = now;
        self.refusals = 0;
        self.cancel_now = self.cancel_now && matches!(attempt.purpose, Purpose::Call);
    }

    /// The node refused it. The next offer will be higher, in case a transaction that is not ours is in the way.
    pub const fn refused(&mut self, fees: Fees, now: Duration) {
        self.offered = Some(fees);
        self.since = now;
        self.refusals = self.refusals.saturating_add(1);
    }

    /// What to do about what L1 looks like.
    pub fn next(&mut self, seen: &Observation) -> Action {
        if let Some((hash, block)) = seen.mined {
            return self.confirm(hash, block, seen.head);
        }
        if seen.mined_nonce > self.nonce {
            self.taken = self.taken.saturating_add(1);
            return if self.taken >= LOOKS_BEFORE_TAKEN { Action::NonceTaken } else { Action::Wait };
        }
        self.taken = 0;
        let waited = seen.now.saturating_sub(self.since);
        match self.offered {
            None if self.cancel_now => Action::Cancelled,
            None => Action::Publish { fees: self.policy.quote(&seen.market), purpose: self.purpose },
            Some(offered) if self.refusals > 0 => self.after_refusal(&offered, waited, seen),
            Some(offered) if self.cancel_now || waited >= self.policy.bump_after => self.raise(&offered, seen),
            Some(_) if !seen.known => Action::Rebroadcast,
            Some(_) => Action::Wait,
        }
    }

    fn confirm(&self, hash: B256, block: u64, head: u64) -> Action {
        let depth = head.saturating_sub(block).saturating_add(1);
        match self.attempts.iter().find(|attempt| attempt.hash == hash) {
            Some(attempt) if depth >= self.policy.confirmations => Action::Done(*attempt),
            _ => Action::Wait,
        }
    }

    fn after_refusal(&mut self, offered: &Fees, waited: Duration, seen: &Observation) -> Action {
        let spent = self.refusals >= self.policy.max_refusals;
        if let Some(pending) = self.attempts.last().copied()
            && waited >= self.policy.bump_after
        {
            // Why they were refused may be over.
            (self.refusals, self.offered) = (0, Some(pending.fees));
            return self.raise(&pending.fees, seen);
        }
        match self.policy.bump(offered, &seen.market, self.blobs) {
            Some(fees) if !spent => Action::Publish { fees, purpose: self.purpose },
            _ if self.attempts.is_empty() => Action::GiveUp,
            // One of ours is pending: it may still be mined at its price.
            _ if seen.known => Action::Wait,
            _ => Action::Rebroadcast,
        }
    }

    /// Offers more, or, at a cap, sees to it that the last offer stays where it can be mined.
    fn raise(&self, offered: &Fees, seen: &Observation) -> Action {
        match self.policy.bump(offered, &seen.market, self.blobs) {
            Some(fees) => Action::Publish { fees, purpose: self.purpose },
            None if seen.known => Action::Wait,
            // Nothing is in the way of it, so it need not offer more.
            None if self.cancel_now => Action::Publish { fees: *offered, purpose: self.purpose },
            None => Action::Rebroadcast,
        }
    }
}
