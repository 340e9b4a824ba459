//! Assertions and disputes on L1, with this node's own word on what is claimed.

use crate::{
    arguments::Arguments,
    error::RpcError,
    gainsay::BlockRef,
    methods::Context,
    rollup::{Assertion, Dispute},
};
use alloy_primitives::{B256, U64};
use gainsay_chain::{ChainError, end_state};
use gainsay_types::State;
use serde::{Deserialize, Serialize};

/// Assertions or disputes in one answer.
const PAGE: usize = 100;

/// What the own chain, derived from L1, says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is true.
    Agree,
    /// It is false, or continues what is.
    Disagree,
    /// The chain is not derived that far yet, or L1 is about to be reorganised.
    Pending,
}

/// An assertion and what this node says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// The assertion.
    #[serde(flatten)]
    pub assertion: Assertion,
    /// What the own chain says of it.
    pub verdict: Verdict,
}

/// Part of all assertions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionsPage {
    /// How far L1 is read for this answer.
    pub l1: BlockRef,
    /// That was the newest block of L1 at the last look.
    pub caught_up: bool,
    /// All that there are.
    #[serde(with = "alloy::rpc::types::serde_helpers::quantity")]
    pub count: u64,
    /// Id of the confirmed one that is furthest on; none before the first is read.
    pub latest_confirmed: Option<B256>,
    /// Those asked for, 100 at most.
    pub assertions: Vec<Judged>,
}

/// Those from a position on, from the first if it is missing.
pub(crate) fn assertions(context: &Context, arguments: &mut Arguments<'_>) -> Result<AssertionsPage, RpcError> {
    let from = arguments.optional::<U64>()?.map_or(0, |from| from.to());
    let read = context.l1.claims_read();
    let found = context.l1.assertions(from, PAGE);
    Ok(AssertionsPage {
        l1: read.l1_block,
        caught_up: read.caught_up,
        count: read.assertions,
        latest_confirmed: context.l1.latest_confirmed(),
        assertions: found.into_iter().map(|assertion| judged(context, assertion)).collect::<Result<_, _>>()?,
    })
}

/// One by its id; null if this node has read no such assertion.
pub(crate) fn assertion(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Judged>, RpcError> {
    let id = arguments.required::<B256>()?;
    context.l1.assertion(&id).map(|assertion| judged(context, assertion)).transpose()
}

/// Matches, 100 at most, after the one that is named.
pub(crate) fn disputes(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<Dispute>, RpcError> {
    let after = arguments.optional::<B256>()?;
    Ok(context.l1.disputes(after.as_ref(), PAGE))
}

/// One by its id; null if there is none that still matters.
pub(crate) fn dispute(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Dispute>, RpcError> {
    let id = arguments.required::<B256>()?;
    Ok(context.l1.dispute(&id))
}

fn judged(context: &Context, assertion: Assertion) -> Result<Judged, RpcError> {
    let verdict = match context.l1.assertion(&assertion.parent) {
        Some(parent) => judge(context, &parent, &assertion.end)?,
        None => first(context, &assertion.end)?,
    };
    Ok(Judged { assertion, verdict })
}

/// The first assertion claims the state before the first batch.
fn first(context: &Context, claimed: &State) -> Result<Verdict, RpcError> {
    Ok(match context.chain.store.step(0)? {
        Some(genesis) if genesis == *claimed => Verdict::Agree,
        Some(_) => Verdict::Disagree,
        None => Verdict::Pending,
    })
}

fn judge(context: &Context, parent: &Assertion, claimed: &State) -> Result<Verdict, RpcError> {
    match end_state(&context.chain.store, &parent.end, parent.target) {
        Ok(Some(ours)) if ours == *claimed => Ok(Verdict::Agree),
        // What was claimed was computed from other batches than were read here: one of the two goes away.
        Ok(Some(_)) if own_inputs(context, parent.target)? != Some(parent.inputs_hash) => Ok(Verdict::Pending),
        Ok(Some(_)) => Ok(Verdict::Disagree),
        Ok(None) => Ok(Verdict::Pending),
        Err(ChainError::Store(error)) => Err(error.into()),
        // The chain has gone past the parent without having been there.
        Err(_) => Ok(Verdict::Disagree),
    }
}

fn own_inputs(context: &Context, target: u64) -> Result<Option<B256>, RpcError> {
    let store = &context.chain.store;
    if store.heads().batches < target {
        return Ok(None);
    }
    Ok(Some(gainsay_types::inputs_hash(target, store.batch_acc(target)?)))
}
