//! Sending for others, and what waits in the pool.

use super::Table;
use crate::{DevError, arguments::Arguments, core::Core, node::Node};
use alloy::primitives::{Address, B256};
use serde_json::{Value, json};

pub(super) const METHODS: Table = &[
    (&["anvil_impersonateAccount", "hardhat_impersonateAccount", "evm_addAccount"], begin),
    (&["anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount", "evm_removeAccount"], end),
    (&["anvil_autoImpersonateAccount", "hardhat_autoImpersonateAccount"], all),
    (&["anvil_dropTransaction", "hardhat_dropTransaction"], drop_one),
    (&["anvil_dropAllTransactions", "hardhat_dropAllTransactions"], drop_all),
    (&["anvil_removePoolTransactions", "hardhat_removePoolTransactions"], drop_of),
];

fn begin(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let address: Address = arguments.required()?;
    node.core().wishes.impersonated.insert(address);
    Ok(Value::Null)
}

fn end(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let address: Address = arguments.required()?;
    node.core().wishes.impersonated.remove(&address);
    Ok(Value::Null)
}

fn all(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    node.core().wishes.impersonate_all = arguments.required()?;
    Ok(Value::Null)
}

/// Its hash; null if it does not wait.
fn drop_one(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let hash: B256 = arguments.required()?;
    let dropped = drop_where(&mut node.core(), |_, waiting| waiting == hash);
    Ok(dropped.first().map_or(Value::Null, |hash| json!(hash)))
}

fn drop_all(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    drop_where(&mut node.core(), |_, _| true);
    Ok(Value::Null)
}

fn drop_of(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let address: Address = arguments.required()?;
    drop_where(&mut node.core(), |sender, _| sender == address);
    Ok(Value::Null)
}

/// Takes transactions out of the pool by sender and hash.
fn drop_where(core: &mut Core, is_meant: impl Fn(Address, B256) -> bool) -> Vec<B256> {
    let content = core.pool.content();
    let signed = content.ready.into_values().chain(content.future.into_values()).flatten();
    let mut dropped: Vec<_> = signed.filter(|one| is_meant(one.sender(), one.hash())).map(|one| one.hash()).collect();
    dropped.iter().for_each(|hash| drop(core.pool.remove(hash)));
    core.unsigned.retain(|one| {
        let meant = is_meant(one.sender(), one.hash());
        dropped.extend(meant.then(|| one.hash()));
        !meant
    });
    dropped.iter().for_each(|hash| core.inclusions.refuse(hash, &"the developer has dropped it"));
    dropped
}
