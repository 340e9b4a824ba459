//! The node.

use super::Table;
use crate::{DevError, arguments::Arguments, node::Node};
use alloy::primitives::{U64, U128};
use serde_json::{Value, json};

pub(super) const METHODS: Table = &[
    (&["anvil_nodeInfo"], info),
    (&["anvil_metadata", "hardhat_metadata"], metadata),
    (&["anvil_setLoggingEnabled", "hardhat_setLoggingEnabled"], logging),
    (&["eth_accounts", "personal_listAccounts"], accounts),
];

fn info(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    let core = node.core();
    let state = core.state()?;
    let header = &state.block().header;
    let base_fee = core.next_base_fee(header);
    Ok(json!({
        "currentBlockNumber": U64::from(header.number),
        "currentBlockTimestamp": header.timestamp,
        "currentBlockHash": header.hash(),
        "hardFork": "osaka",
        "transactionOrder": "fees",
        "environment": {
            "baseFee": U128::from(base_fee),
            "chainId": core.config.l2_chain_id,
            "gasLimit": U64::from(core.wishes.gas_limit),
            "gasPrice": U128::from(u128::from(base_fee).saturating_add(super::send::TIP)),
        },
        "forkConfig": { "forkUrl": null, "forkBlockNumber": null, "forkRetryBackoff": null },
        "network": null,
    }))
}

fn metadata(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    let core = node.core();
    let latest = core.store().heads().latest;
    Ok(json!({
        "clientVersion": node.version,
        "clientSemver": env!("CARGO_PKG_VERSION"),
        "clientCommitSha": null,
        "chainId": core.config.l2_chain_id,
        "instanceId": node.instance,
        "latestBlockNumber": latest.number,
        "latestBlockHash": latest.hash,
        "forkedNetwork": null,
        "snapshots": core.snapshots(),
    }))
}

/// The log has a line for each block in any case; tools only want to be heard.
fn logging(_: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let _: bool = arguments.required()?;
    Ok(Value::Null)
}

fn accounts(node: &Node, _: &mut Arguments) -> Result<Value, DevError> {
    Ok(json!(node.accounts.addresses().collect::<Vec<_>>()))
}
