//! What has no witness. What has one is tried by the `fault-vm` command's own tests, on a derived chain.

use super::node::{Node, wallet};
use crate::Limits;
use alloy::{providers::Provider as _, transports::RpcError};
use serde_json::{Value, json};

async fn refused(provider: &alloy::providers::DynProvider, method: &'static str, parameters: Value) -> (i64, String) {
    match provider.raw_request::<_, Value>(method.into(), parameters).await {
        Err(RpcError::ErrorResp(error)) => (error.code, error.message.into_owned()),
        other => panic!("{method}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_and_steps_that_are_not_derived_have_no_witness_and_the_answer_says_so() {
    let node = Node::new();
    node.deposit();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let answers = [
        ("gainsay_witness", json!(["0x0"]), -32000, "no step makes it"),
        ("gainsay_witness", json!(["0x1"]), -32000, "not derived from L1 yet"),
        ("gainsay_witness", json!(["latest"]), -32000, "not derived from L1 yet"),
        ("gainsay_witness", json!(["0x63"]), -32000, "this node has no block 99 yet"),
        ("gainsay_witness", json!([]), -32602, "missing value"),
        ("gainsay_witnessOfStep", json!(["0x0"]), -32000, "steps count from 1"),
        ("gainsay_witnessOfStep", json!(["0xffffffffffffffff"]), -32000, "is not derived yet"),
        ("gainsay_witnessOfStep", json!(["0x10000000000000000"]), -32602, "invalid argument 0"),
    ];
    for (method, parameters, code, words) in answers {
        let (found, message) = refused(&provider, method, parameters.clone()).await;
        assert!(found == code && message.contains(words), "{method} {parameters}: {found} {message}");
    }
}
