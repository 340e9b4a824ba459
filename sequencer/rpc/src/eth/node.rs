//! The node itself.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, keccak256};

pub(crate) fn client_version(context: &Context, _: &mut Arguments<'_>) -> Result<String, RpcError> {
    Ok(context.version.clone())
}

pub(crate) fn sha3(_: &Context, arguments: &mut Arguments<'_>) -> Result<B256, RpcError> {
    Ok(keccak256(arguments.required::<Bytes>()?))
}

pub(crate) fn network(context: &Context, _: &mut Arguments<'_>) -> Result<String, RpcError> {
    Ok(context.chain.config.l2_chain_id.to_string())
}

pub(crate) fn listening(_: &Context, _: &mut Arguments<'_>) -> Result<bool, RpcError> {
    Ok(true)
}

pub(crate) fn chain_id(context: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    Ok(U64::from(context.chain.config.l2_chain_id))
}

/// The node holds no keys of users.
pub(crate) fn accounts(_: &Context, _: &mut Arguments<'_>) -> Result<Vec<Address>, RpcError> {
    Ok(Vec::new())
}

/// Who gets the priority fees: the vault that every block names.
pub(crate) fn coinbase(context: &Context, _: &mut Arguments<'_>) -> Result<Address, RpcError> {
    let latest = context.chain.header(BlockId::Number(BlockNumberOrTag::Latest))?;
    Ok(latest.header.beneficiary)
}
