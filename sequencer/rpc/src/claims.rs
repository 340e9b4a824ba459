//! What an assertion must claim, for users who have to know which one is true.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy_primitives::B256;
use gainsay_chain::{ChainError, end_state};
use gainsay_types::{State, inputs_hash};
use serde::{Deserialize, Serialize};

/// The end state that the children of an assertion must claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndState {
    /// The state. Its numbers are plain, as in the bindings of the protocol.
    pub end: State,
    /// `keccak(target, batchAcc[target])`: the inputs that it was computed from. The assertion names the same ones unless L1 was reorganised.
    pub inputs_hash: B256,
}

/// After 2^15 block steps from `parent`'s end over the inbox up to batch `target`; null if that is not derived yet.
pub(crate) fn end_state_below(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<EndState>, RpcError> {
    let parent: State = arguments.required()?;
    let target: u64 = arguments.required()?;
    let store = &context.chain.store;
    if store.heads().batches < target {
        return Ok(None);
    }
    let end = end_state(store, &parent, target).map_err(|error| match error {
        ChainError::Store(error) => RpcError::Store(error),
        other => RpcError::Execution(other.to_string()),
    })?;
    let Some(end) = end else { return Ok(None) };
    Ok(Some(EndState { end, inputs_hash: inputs_hash(target, store.batch_acc(target)?) }))
}
