//! Accounts.

use crate::{
    arguments::Arguments,
    error::RpcError,
    methods::{Context, blocking},
};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use gainsay_store::takes_time;
use jsonrpsee::types::Params;
use std::{collections::BTreeMap, sync::Arc};

/// Slots that one request may ask for.
const MAX_SLOTS: usize = 1024;
/// Characters of a wrong key that its error repeats.
const SHOWN_CHARACTERS: usize = 80;

pub(crate) fn balance(context: &Context, arguments: &mut Arguments<'_>) -> Result<U256, RpcError> {
    let address = arguments.required()?;
    let account = context.chain.state_at(arguments.block()?)?.account(address)?;
    Ok(account.map(|account| account.balance).unwrap_or_default())
}

pub(crate) fn code(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let address = arguments.required()?;
    Ok(context.chain.state_at(arguments.block()?)?.code(&context.chain, address)?)
}

pub(crate) fn storage(context: &Context, arguments: &mut Arguments<'_>) -> Result<B256, RpcError> {
    let (address, key) = (arguments.required()?, arguments.required::<String>()?);
    let slot = storage_key(&key)?;
    let value = context.chain.state_at(arguments.block()?)?.storage(address, slot)?;
    Ok(B256::from(value))
}

/// Slots of several accounts, all in one block.
pub(crate) fn storage_values(context: &Context, arguments: &mut Arguments<'_>) -> Result<BTreeMap<Address, Vec<B256>>, RpcError> {
    let asked: BTreeMap<Address, Vec<String>> = arguments.required()?;
    let count: usize = asked.values().map(Vec::len).sum();
    if count == 0 {
        return Err(RpcError::InvalidParams("empty request".to_owned()));
    }
    if count > MAX_SLOTS {
        return Err(RpcError::InvalidParams(format!("too many slots (max {MAX_SLOTS}): ask for fewer at a time")));
    }
    let state = context.chain.state_at(arguments.block()?)?;
    let value = |address: Address, key: &String| Ok::<_, RpcError>(B256::from(state.storage(address, storage_key(key)?)?));
    let values =
        |(address, keys): (Address, Vec<String>)| Ok((address, keys.iter().map(|key| value(address, key)).collect::<Result<_, _>>()?));
    asked.into_iter().map(values).collect()
}

/// A slot as at most 32 bytes in hexadecimal; zeros in front may be left out.
fn storage_key(key: &str) -> Result<U256, RpcError> {
    let digits = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")).unwrap_or(key);
    let shown: String = key.chars().take(SHOWN_CHARACTERS).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(RpcError::InvalidParams(format!("invalid hex in storage key: {shown:?}")));
    }
    if digits.len() > 64 {
        return Err(RpcError::InvalidParams(format!("storage key too long (want at most 32 bytes): {shown:?}")));
    }
    if digits.is_empty() {
        return Ok(U256::ZERO);
    }
    U256::from_str_radix(digits, 16).map_err(|_| RpcError::InvalidParams(format!("invalid hex in storage key: {shown:?}")))
}

/// As [`transaction_count`], if the transactions in the pool do not count.
pub(crate) fn included_count(context: &Context, arguments: &mut Arguments<'_>) -> Result<U64, RpcError> {
    let (address, block) = (arguments.required::<Address>()?, arguments.block()?);
    if block.is_pending() {
        takes_time()?;
    }
    Ok(U64::from(context.chain.state(block)?.account(address)?.map_or(0, |account| account.nonce)))
}

/// For `pending` the transactions in the pool count.
pub(crate) async fn transaction_count(context: Arc<Context>, params: Params<'static>) -> Result<U64, RpcError> {
    let (address, block) = {
        let mut arguments = Arguments::new(&params)?;
        (arguments.required::<Address>()?, arguments.block()?)
    };
    let read = move |context: &Context| Ok(context.chain.state_at(block)?.account(address)?.map_or(0, |account| account.nonce));
    let nonce = blocking(&context, read).await?;
    let waiting = match block {
        BlockId::Number(BlockNumberOrTag::Pending) => context.client.pending_nonce(address).await,
        _ => None,
    };
    Ok(U64::from(waiting.map_or(nonce, |waiting| waiting.max(nonce))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_keys_may_leave_out_zeros_but_not_go_beyond_32_bytes() {
        for (key, slot) in [("0x", 0), ("0x0", 0), ("0x10", 16), ("10", 16), ("0X0a", 10)] {
            assert_eq!(storage_key(key).expect(key), U256::from(slot));
        }
        assert_eq!(storage_key(&format!("0x{}", "f".repeat(64))).expect("32 bytes"), U256::MAX);
        let refused = |key: &str| storage_key(key).expect_err(key).to_string();
        assert_eq!(refused("0xasdf"), "invalid hex in storage key: \"0xasdf\"");
        assert_eq!(refused("0x+1"), "invalid hex in storage key: \"0x+1\"");
        let long = format!("0x{}", "0".repeat(65));
        assert_eq!(refused(&long), format!("storage key too long (want at most 32 bytes): \"{long}\""));
        assert!(refused(&"z".repeat(1 << 20)).len() < 200, "the error does not repeat all of it");
    }
}
