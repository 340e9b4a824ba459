//! Each class of errors, with its exact code and words.

use super::{
    node::{Node, echo, wallet},
    wire::ask,
};
use crate::{AdminError, Limits, SubmitError, error::RpcError};
use alloy::{network::TransactionBuilder as _, providers::Provider as _, rpc::types::TransactionRequest};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes};
use gainsay_chain::witness::WitnessError;
use gainsay_store::StoreError;
use gainsay_types::InvalidTransaction;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// One error of each class. A class that is added has to come here: the match knows all.
fn one_of_each() -> Vec<(RpcError, i32, String)> {
    let store = |record| StoreError::Damaged { record, reason: "a reason".to_owned() };
    let failed = "the store failed: ask another node, and its operator to look into the log";
    let unknown = |block: BlockId| RpcError::UnknownBlock { block, latest: 4 };
    let cannot = serde_json::from_str::<Value>("{").expect_err("no JSON");
    let all: Vec<(RpcError, i32, &str)> = vec![
        (RpcError::InvalidParams("missing value".to_owned()), -32602, "missing value"),
        (
            unknown(BlockId::number(9)),
            -32000,
            "header not found: this node has no block 9 yet, its latest is 4: ask again later, or ask another node",
        ),
        (
            unknown(BlockId::Number(BlockNumberOrTag::Safe)),
            -32000,
            "header not found: the safe block was taken back while it was read: ask again",
        ),
        (RpcError::Transaction(InvalidTransaction::Encoding), -32000, "rlp: malformed transaction"),
        (SubmitError::Refused { code: -32003, message: "transaction rejected".to_owned() }.into(), -32003, "transaction rejected"),
        (
            SubmitError::Unavailable { reason: "connection refused".to_owned() }.into(),
            -32000,
            "the sequencer cannot be reached: connection refused; send the transaction again later",
        ),
        (AdminError::SequencerStopped.into(), -32000, "sequencer not running"),
        (RpcError::Reverted { output: Bytes::new() }, 3, "execution reverted"),
        (RpcError::Execution("out of gas".to_owned()), -32000, "out of gas"),
        (RpcError::GasAllowance { allowance: 7 }, -32000, "gas required exceeds allowance (7)"),
        (RpcError::Limit("too much".to_owned()), -32005, "too much"),
        (RpcError::Simulation { code: -38014, message: "insufficient funds".to_owned() }, -38014, "insufficient funds"),
        (RpcError::Witness(WitnessError::Genesis), -32000, "block 0 is the genesis block: no step makes it, ask for block 1 or later"),
        (
            RpcError::Store(StoreError::Pruned { number: 1, oldest: 5 }),
            4444,
            "pruned history unavailable: the state after block 1 is pruned, the oldest kept is that after block 5: ask a node that keeps an archive",
        ),
        (RpcError::Store(StoreError::Dropped { number: 3 }), -32000, "block 3 is not part of the chain any more: ask again"),
        (RpcError::Store(store("block")), -32603, failed),
        (RpcError::Encoding(cannot), -32603, "the answer cannot be encoded"),
        (RpcError::Stopping, -32603, "the server is stopping: ask another node, or ask again later"),
        (RpcError::Defect, -32603, "the method failed, which is a defect of this node: its log says more"),
    ];
    all.into_iter().map(|(error, code, message)| (error, code, message.to_owned())).collect()
}

/// The class of an error, and how many there are.
const fn class(error: &RpcError) -> (usize, usize) {
    let number = match error {
        RpcError::InvalidParams(_) => 0,
        RpcError::UnknownBlock { .. } => 1,
        RpcError::Transaction(_) => 2,
        RpcError::Submit(_) => 3,
        RpcError::Admin(_) => 4,
        RpcError::Reverted { .. } => 5,
        RpcError::Execution(_) => 6,
        RpcError::GasAllowance { .. } => 7,
        RpcError::Limit(_) => 8,
        RpcError::Simulation { .. } => 9,
        RpcError::Witness(_) => 10,
        RpcError::Store(_) => 11,
        RpcError::Encoding(_) => 12,
        RpcError::Stopping => 13,
        RpcError::Defect => 14,
    };
    (number, 15)
}

#[test]
fn each_class_of_errors_has_its_code_and_its_words() {
    let mut seen = std::collections::BTreeSet::new();
    let mut classes = 0;
    for (error, code, message) in one_of_each() {
        let (number, all) = class(&error);
        (classes, _) = (all, seen.insert(number));
        let shown = format!("{error:?}");
        let told = ErrorObjectOwned::from(error);
        assert_eq!(told.code(), code, "{shown}");
        assert_eq!(told.message(), message, "{shown}");
        assert_eq!(told.data().map(|data| data.get()), (code == 3).then_some("\"0x\""), "only a revert has data: {shown}");
    }
    assert_eq!(seen.len(), classes, "a class has no example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_an_internal_error_that_tells_nothing_of_the_node_and_does_not_end_it() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let deploy = TransactionRequest::default().with_deploy_code(echo());
    let receipt = wallet(&server, 0).send_transaction(deploy).await.expect("is taken").get_receipt().await.expect("a block");
    let contract = receipt.contract_address.expect("it is created");
    let request = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let reads =
        [("eth_getCode", json!([contract, "latest"])), ("eth_call", json!([{ "to": contract, "data": B256::repeat_byte(1) }, "latest"]))];
    let failed = json!({ "code": -32603, "message": "the store failed: ask another node, and its operator to look into the log" });
    node.broken.store(true, Ordering::SeqCst);
    for (method, params) in &reads {
        let answer = ask(&server, request(method, params.clone()).as_bytes()).await;
        assert_eq!(answer["error"], failed, "{method}: {answer}");
    }
    node.broken.store(false, Ordering::SeqCst);
    for (method, params) in &reads {
        let answer = ask(&server, request(method, params.clone()).as_bytes()).await;
        assert!(answer["result"].is_string(), "{method} works again: {answer}");
    }
}
