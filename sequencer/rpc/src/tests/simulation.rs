//! Execution that leaves no trace: overrides, access lists, simulated blocks.

use super::node::{Node, echo, signer, wallet};
use crate::Limits;
use alloy::{providers::Provider as _, transports::RpcError as ClientError};
use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};

/// Returns slot 0.
const READS: &str = "0x5f545f5260205ff3";

/// The error's code and message.
fn refusal<T: core::fmt::Debug>(answer: Result<T, ClientError<alloy::transports::TransportErrorKind>>) -> (i64, String) {
    let error = answer.expect_err("is refused");
    let payload = error.as_error_resp().unwrap_or_else(|| panic!("{error}")).clone();
    (payload.code, payload.message.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_estimates_see_overrides_of_state_and_block() {
    let server = Node::new().serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let ask = async |method: &'static str, params: Value| provider.raw_request::<_, Value>(method.into(), params).await;
    let contract = Address::repeat_byte(0x77);
    let slot = |number: u64| B256::from(U256::from(number));
    let state = json!({ contract.to_string(): { "code": READS, "stateDiff": { slot(0).to_string(): slot(5) } } });
    assert_eq!(ask("eth_call", json!([{ "to": contract }, "latest", state])).await.expect("runs"), json!(slot(5)));
    let block = json!({ "number": "0x9", "time": "0x7" });
    let sees = json!({ contract.to_string(): { "code": "0x43420160005260206000f3" } });
    assert_eq!(ask("eth_call", json!([{ "to": contract }, "latest", sees, block])).await.expect("runs"), json!(slot(16)));
    // One cold slot less is nothing that an estimate without the override would have.
    let plain = ask("eth_estimateGas", json!([{ "to": contract }, "latest"])).await.expect("an estimate");
    let more = ask("eth_estimateGas", json!([{ "to": contract }, "latest", state])).await.expect("an estimate");
    assert_eq!(plain, json!("0x5208"));
    assert!(U256::from_str_radix(more.as_str().expect("hex").trim_start_matches("0x"), 16).expect("hex") > U256::from(23_000));
    let both = json!({ contract.to_string(): { "state": {}, "stateDiff": {} } });
    let refused = refusal(ask("eth_call", json!([{ "to": contract }, "latest", both])).await);
    assert_eq!(refused, (-32000, format!("account {contract} has both 'state' and 'stateDiff'")));
    let misspelled = json!({ contract.to_string(): { "ballance": "0x1" } });
    assert_eq!(refusal(ask("eth_call", json!([{ "to": contract }, "latest", misspelled])).await).0, -32602);
    assert_eq!(provider.get_code_at(contract).await.expect("code").len(), 0, "nothing stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_list_names_what_a_call_touches_and_why_it_failed() {
    let server = Node::new().serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let ask = async |request: Value| provider.raw_request::<_, Value>("eth_createAccessList".into(), [request]).await;
    let creation = ask(json!({ "from": signer(0).address(), "input": hex::encode_prefixed(echo()) })).await.expect("a list");
    assert_eq!(creation["accessList"], json!([]));
    let fails = ask(json!({ "from": signer(0).address(), "input": "0x5f545f5ffd" })).await.expect("a list");
    assert_eq!(fails["error"], json!("execution reverted"));
    assert_eq!(fails["accessList"][0]["storageKeys"], json!([B256::ZERO]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_block_has_the_root_of_the_block_that_comes() {
    let node = Node::new();
    for _ in 0..3 {
        node.mine();
    }
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let ask = async |params: Value| provider.raw_request::<_, Value>("eth_simulateV1".into(), params).await;
    let at = |number: u64| format!("{number:#x}");
    let simulated = ask(json!([{ "blockStateCalls": [{}] }, "latest"])).await.expect("a block");
    let older = ask(json!([{ "blockStateCalls": [{}] }, at(1)])).await.expect("a block");
    node.mine();
    let block = |number| {
        let provider = provider.clone();
        async move { provider.raw_request::<_, Value>("eth_getBlockByNumber".into(), (at(number), false)).await.expect("a block") }
    };
    for (simulated, real) in [(&simulated[0], block(4).await), (&older[0], block(2).await)] {
        for field in ["parentHash", "number", "stateRoot", "withdrawalsRoot", "transactionsRoot", "receiptsRoot", "gasLimit"] {
            assert_eq!(simulated[field], real[field], "{field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_calls_build_on_each_other_within_the_limits() {
    let limits = Limits { simulated_blocks: 3, call_gas: 1_000_000, call_time: std::time::Duration::from_millis(100), ..Limits::default() };
    let server = Node::new().serve(limits).await;
    let provider = wallet(&server, 0);
    let ask = async |payload: Value| provider.raw_request::<_, Value>("eth_simulateV1".into(), (payload, "latest")).await;
    let (from, to) = (signer(0).address(), Address::repeat_byte(0x55));
    let send = json!({ "from": from, "to": to, "value": "0x5" });
    let back = json!({ "from": to, "to": from, "value": "0x5" });
    let blocks = ask(json!({ "blockStateCalls": [{ "calls": [send] }, { "calls": [back] }], "traceTransfers": true })).await.expect("runs");
    assert_eq!(blocks[1]["calls"][0]["status"], json!("0x1"));
    assert_eq!(blocks[1]["calls"][0]["logs"][0]["address"], json!("0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"));
    assert_eq!(blocks[1]["parentHash"], blocks[0]["hash"]);
    assert_eq!(refusal(ask(json!({ "blockStateCalls": [{ "calls": [back] }] })).await).0, -38014);
    let (code, message) = refusal(ask(json!({ "blockStateCalls": [{}, {}, {}, {}] })).await);
    assert!(code == -38026 && message.starts_with("too many blocks") && message.contains("--rpc-max-simulated-blocks"), "{code} {message}");
    assert_eq!(refusal(ask(json!({ "blockStateCalls": [] })).await).0, -32602);
    assert_eq!(refusal(ask(json!({ "blockStateCalls": [{ "calls": [{ "gas": "0x1" }] }] })).await).0, -38013);
    let all = ask(json!({ "blockStateCalls": [{ "calls": [{ "from": from, "input": "0xfe" }] }] })).await.expect("runs");
    assert_eq!(all[0]["calls"][0]["gasUsed"], json!("0xf4240"), "no more than a call may use");
    assert_eq!(all[0]["calls"][0]["error"]["code"], json!(-32015));
}
