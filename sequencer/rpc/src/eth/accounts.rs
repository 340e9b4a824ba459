//! Accounts.

use crate::{
    arguments::Arguments,
    error::RpcError,
    methods::{Context, blocking},
};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256};
use jsonrpsee::types::Params;
use std::sync::Arc;

pub(crate) fn balance(context: &Context, arguments: &mut Arguments<'_>) -> Result<U256, RpcError> {
    let address = arguments.required()?;
    let account = context.chain.state(arguments.block()?)?.account(address)?;
    Ok(account.map(|account| account.balance).unwrap_or_default())
}

pub(crate) fn code(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let address = arguments.required()?;
    let account = context.chain.state(arguments.block()?)?.account(address)?;
    match account.map(|account| account.code_hash).filter(|hash| *hash != KECCAK256_EMPTY) {
        Some(hash) => Ok(context.chain.store.code(&hash)?.unwrap_or_default()),
        None => Ok(Bytes::new()),
    }
}

pub(crate) fn storage(context: &Context, arguments: &mut Arguments<'_>) -> Result<B256, RpcError> {
    let (address, slot) = (arguments.required()?, arguments.required::<U256>()?);
    let value = context.chain.state(arguments.block()?)?.storage(address, slot)?;
    Ok(B256::from(value))
}

/// For `pending` the transactions in the pool count.
pub(crate) async fn transaction_count(context: Arc<Context>, params: Params<'static>) -> Result<U64, RpcError> {
    let (address, block) = {
        let mut arguments = Arguments::new(&params)?;
        (arguments.required::<Address>()?, arguments.block()?)
    };
    let read = move |context: &Context| Ok(context.chain.state(block)?.account(address)?.map_or(0, |account| account.nonce));
    let nonce = blocking(&context, read).await?;
    let waiting = match block {
        BlockId::Number(BlockNumberOrTag::Pending) => context.client.pending_nonce(address).await,
        _ => None,
    };
    Ok(U64::from(waiting.map_or(nonce, |waiting| waiting.max(nonce))))
}
