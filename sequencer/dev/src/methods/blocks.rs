//! Making blocks, taking them back, and what the next one is like.

use super::{Table, time::name_next};
use crate::{
    DevError,
    arguments::{Arguments, word, wrong},
    core::Core,
    node::{Mining, Node},
};
use alloy::primitives::{B256, U256};
use serde_json::{Value, json};
use std::time::Duration;

/// Blocks that one request makes at most: some seconds of work.
const MOST: u64 = 20_000;

pub(super) const METHODS: Table = &[
    (&["evm_mine"], mine_one),
    (&["anvil_mine", "hardhat_mine"], mine),
    (&["evm_setAutomine", "anvil_setAutomine", "hardhat_setAutomine"], set_automine),
    (&["anvil_getAutomine", "hardhat_getAutomine", "evm_getAutomine"], automine),
    (&["evm_setIntervalMining", "anvil_setIntervalMining"], set_interval),
    (&["anvil_getIntervalMining"], interval),
    (&["evm_snapshot", "anvil_snapshot"], snapshot),
    (&["evm_revert", "anvil_revert"], revert),
    (&["anvil_reset", "hardhat_reset"], reset),
    (&["anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas"], set_base_fee),
    (&["hardhat_setPrevRandao", "anvil_setPrevRandao"], set_prev_randao),
    (&["evm_setBlockGasLimit", "anvil_setBlockGasLimit", "hardhat_setBlockGasLimit"], set_gas_limit),
];

/// One block, at a time if one is given; or as `{timestamp, blocks}`.
fn mine_one(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let asked = arguments.value().unwrap_or_default();
    let (time, blocks) = match &asked {
        Value::Object(fields) => (fields.get("timestamp"), fields.get("blocks")),
        other => (Some(other), None),
    };
    let number = |value: Option<&Value>| match value.filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => word(value)
            .and_then(|word| u64::try_from(word).ok())
            .map(Some)
            .ok_or_else(|| wrong(0, "give a timestamp in seconds, or an object with timestamp and blocks")),
    };
    let (time, blocks) = (number(time)?, number(blocks)?.unwrap_or(1));
    let mut core = node.core();
    check(blocks)?;
    if let Some(seconds) = time {
        name_next(&mut core, seconds)?;
    }
    for _ in 0..blocks {
        core.mine()?;
    }
    Ok(json!("0x0"))
}

/// So many blocks, so many seconds apart.
fn mine(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (blocks, interval) = (arguments.optional_number()?.unwrap_or(1), arguments.optional_number()?);
    check(blocks)?;
    let mut core = node.core();
    for made in 0..blocks {
        // The first comes when it would have come anyway, and all of them if none is to be apart.
        if let Some(seconds) = interval.filter(|seconds| made > 0 && *seconds > 0) {
            let parent = core.state()?.block().time();
            name_next(&mut core, parent.secs().saturating_add(seconds))?;
        }
        core.mine()?;
    }
    Ok(Value::Null)
}

const fn check(blocks: u64) -> Result<(), DevError> {
    if blocks > MOST { Err(DevError::TooMany { asked: blocks, most: MOST }) } else { Ok(()) }
}

fn set_automine(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let automine: bool = arguments.required()?;
    node.mining.send_modify(|mining| mining.automine = automine);
    node.settle(&mut node.core())?;
    Ok(Value::Null)
}

fn automine(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    Ok(json!(node.mining.borrow().automine))
}

/// In seconds, as anvil has it; 0 ends it. Blocks do not come at once then.
fn set_interval(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let seconds = arguments.number()?;
    let every = Some(Duration::from_secs(seconds)).filter(|every| !every.is_zero());
    node.mining.send_modify(|mining| *mining = Mining { automine: mining.automine && every.is_none(), every });
    Ok(Value::Null)
}

fn interval(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    Ok(node.mining.borrow().every.map_or(Value::Null, |every| json!(every.as_secs())))
}

fn snapshot(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    Ok(json!(U256::from(node.core().snapshot())))
}

fn revert(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let id = arguments.number()?;
    Ok(json!(node.core().revert(id)?))
}

fn reset(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let options: Option<Value> = arguments.optional()?;
    // viem names a fork always, and says nothing of it if there is none.
    if options.is_some_and(|options| options.pointer("/forking/jsonRpcUrl").is_some_and(|url| !url.is_null())) {
        return Err(DevError::Unsupported {
            method: "anvil_reset with forking",
            reason: "this chain starts from its own genesis and forks no other",
        });
    }
    node.core().reset()?;
    Ok(Value::Null)
}

fn set_base_fee(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let wei = arguments.number()?;
    again(node, |core| core.wishes.base_fee = Some(wei))
}

fn set_prev_randao(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let word = arguments.word()?;
    again(node, |core| core.wishes.prev_randao = Some(B256::from(word)))
}

fn set_gas_limit(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let gas = arguments.number()?;
    again(node, |core| core.wishes.gas_limit = gas)?;
    Ok(json!(true))
}

/// What waits may fit the next block now, or not any more.
fn again(node: &Node, change: impl FnOnce(&mut Core)) -> Result<Value, DevError> {
    let mut core = node.core();
    change(&mut core);
    core.refresh()?;
    Ok(Value::Null)
}
