//! The clock.

use super::Table;
use crate::{
    DevError,
    arguments::Arguments,
    core::{Core, now},
    node::Node,
};
use gainsay_types::Millis;
use serde_json::{Value, json};

/// A number above this is in milliseconds, as some tools give the time.
const MILLIS_FROM: u64 = 100_000_000_000;

pub(super) const METHODS: Table = &[
    (&["evm_increaseTime", "anvil_increaseTime", "hardhat_increaseTime"], increase),
    (&["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp", "hardhat_setNextBlockTimestamp"], set_next),
    (&["evm_setTime", "anvil_setTime"], set),
    (&["anvil_setBlockTimestampInterval", "evm_setBlockTimestampInterval", "hardhat_setBlockTimestampInterval"], set_interval),
    (&["anvil_removeBlockTimestampInterval", "evm_removeBlockTimestampInterval", "hardhat_removeBlockTimestampInterval"], remove_interval),
];

fn increase(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let seconds = arguments.number()?;
    Ok(json!(node.core().wishes.clock.increase(seconds)))
}

fn set_next(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let seconds = arguments.number()?;
    name_next(&mut node.core(), seconds)?;
    Ok(Value::Null)
}

/// Names the time of the next block.
pub(super) fn name_next(core: &mut Core, seconds: u64) -> Result<(), DevError> {
    let latest = core.state()?.block().time();
    core.wishes.clock.set_next(seconds, latest)
}

fn set(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let asked = arguments.number()?;
    let time = if asked >= MILLIS_FROM { Millis(asked) } else { Millis::from_secs(asked) };
    Ok(json!(node.core().wishes.clock.set(now(), time)))
}

fn set_interval(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    node.core().wishes.clock.set_interval(arguments.number()?);
    Ok(Value::Null)
}

fn remove_interval(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    Ok(json!(node.core().wishes.clock.remove_interval()))
}
