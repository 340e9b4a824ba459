//! Answers that are made where they are asked for: of what is in memory and takes some microseconds. Another thread would cost more than the answer.
//!
//! Each attempt is bounded: it reads memory only ([`gainsay_store::at_hand`]), and what it does there is short. What it has no answer for goes the long way, to
//! a thread that may wait, with all limits of its own.

use crate::{
    arguments::Arguments,
    error::RpcError,
    methods::{Context, Read},
};
use gainsay_store::{StoreError, at_hand};
use jsonrpsee::types::Params;
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};

/// A thread that has answered so long lets others have their turn.
const TURN: Duration = Duration::from_micros(500);

/// Gas of a call that is run at once, what its bytes cost included: a view of a token takes 30,000, and whatever takes all of it some hundred microseconds.
pub(crate) const BRIEF_GAS: u64 = 60_000;
/// Bytes of the parameters of what is answered at once.
const BRIEF_PARAMS: usize = 16 << 10;
/// Transactions of a block that is told at once.
pub(crate) const BRIEF_BLOCK: usize = 1_000;

/// An answer as it is sent.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer<R> {
    /// Made where it was asked for.
    AtOnce(R),
    /// Made and encoded elsewhere.
    Elsewhere(Box<RawValue>),
}

/// The answer, if it is at hand.
pub(crate) fn attempt<R>(context: &Context, params: &Params<'_>, read: Read<R>) -> Option<Result<R, RpcError>> {
    if params.as_str().is_some_and(|params| params.len() > BRIEF_PARAMS) {
        return None;
    }
    let answer = at_hand(|| read(context, &mut Arguments::new(params)?));
    (!matches!(answer, Err(RpcError::Store(StoreError::NotAtHand)))).then_some(answer)
}

/// Whose turn it is within a batch.
pub(crate) struct Turn(Instant);

impl Turn {
    pub(crate) fn begins() -> Self {
        Self(Instant::now())
    }

    /// Lets other connections have theirs once this one was long enough.
    pub(crate) async fn pass(&mut self) {
        if self.0.elapsed() >= TURN {
            tokio::task::yield_now().await;
            *self = Self::begins();
        }
    }
}
