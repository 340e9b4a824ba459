//! The state.

use super::Table;
use crate::{DevError, arguments::Arguments, node::Node};
use alloy::primitives::{Address, Bytes};
use serde_json::{Value, json};

pub(super) const METHODS: Table = &[
    (&["anvil_setBalance", "hardhat_setBalance", "evm_setAccountBalance", "anvil_deal"], set_balance),
    (&["anvil_addBalance", "hardhat_addBalance"], add_balance),
    (&["anvil_setCode", "hardhat_setCode", "evm_setAccountCode"], set_code),
    (&["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"], set_nonce),
    (&["anvil_setStorageAt", "hardhat_setStorageAt", "evm_setAccountStorageAt"], set_storage),
];

fn set_balance(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (address, wei): (Address, _) = (arguments.required()?, arguments.word()?);
    node.core().edit(|edits, state| edits.account(state, address, |account| account.balance = wei))?;
    Ok(Value::Null)
}

fn add_balance(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (address, wei): (Address, _) = (arguments.required()?, arguments.word()?);
    node.core().edit(|edits, state| edits.account(state, address, |account| account.balance = account.balance.saturating_add(wei)))?;
    Ok(Value::Null)
}

fn set_code(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (address, code): (Address, Bytes) = (arguments.required()?, arguments.required()?);
    node.core().edit(|edits, state| edits.code(state, address, code))?;
    Ok(Value::Null)
}

fn set_nonce(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (address, nonce): (Address, _) = (arguments.required()?, arguments.number()?);
    node.core().edit(|edits, state| edits.account(state, address, |account| account.nonce = nonce))?;
    Ok(Value::Null)
}

fn set_storage(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (address, slot, value): (Address, _, _) = (arguments.required()?, arguments.word()?, arguments.word()?);
    node.core().edit(|edits, state| edits.slot(state, address, slot, value))?;
    Ok(json!(true))
}
