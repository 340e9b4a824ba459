//! Batches, assertions and disputes, and the names that op-node has for the node's status.

use super::{node::Node, wire::ask};
use crate::{Assertion, Backend, ClaimsRead, Deployment, Dispute, L1Heads, L1Progress, L1View, Limits, RpcServer, serve};
use alloy_primitives::{Address, B256, U256};
use gainsay_store::L1Block;
use gainsay_types::{State, inputs_hash};
use serde_json::{Value, json};
use std::sync::Arc;

async fn call(server: &RpcServer, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let answer = ask(server, request.as_bytes()).await;
    answer.get("result").unwrap_or_else(|| panic!("{method}: {answer}")).clone()
}

/// An L1 on which somebody has claimed this.
struct Claimed {
    assertions: Vec<Assertion>,
    disputes: Vec<Dispute>,
}

fn l1_block(number: u64) -> L1Block {
    L1Block {
        number,
        hash: B256::with_last_byte(number as u8),
        parent_hash: B256::with_last_byte(number as u8 - 1),
        timestamp: 12 * number,
    }
}

impl L1View for Claimed {
    fn progress(&self) -> L1Progress {
        L1Progress { highest: Some(9), caught_up: true }
    }
    fn heads(&self) -> Option<L1Heads> {
        Some(L1Heads { latest: l1_block(9), safe: l1_block(8), finalized: l1_block(7) })
    }
    fn deployment(&self) -> Deployment {
        let l1_block = crate::BlockRef { number: 3, hash: B256::repeat_byte(3) };
        let (inbox, portal, batcher) = (Address::repeat_byte(1), Address::repeat_byte(9), Address::repeat_byte(2));
        Deployment { l1_chain_id: 1, l1_block, inbox, portal, batcher, max_ahead: 600 }
    }
    fn claims_read(&self) -> ClaimsRead {
        let l1_block = crate::BlockRef { number: 9, hash: B256::with_last_byte(9) };
        ClaimsRead { l1_block, caught_up: true, assertions: self.assertions.len() as u64 }
    }
    fn assertions(&self, from: u64, most: usize) -> Vec<Assertion> {
        self.assertions.iter().skip(from as usize).take(most).cloned().collect()
    }
    fn assertion(&self, id: &B256) -> Option<Assertion> {
        self.assertions.iter().find(|assertion| assertion.id == *id).cloned()
    }
    fn latest_confirmed(&self) -> Option<B256> {
        self.assertions.iter().rfind(|assertion| assertion.confirmed_in.is_some()).map(|assertion| assertion.id)
    }
    fn disputes(&self, after: Option<&B256>, most: usize) -> Vec<Dispute> {
        self.disputes.iter().filter(|dispute| after.is_none_or(|after| dispute.id > *after)).take(most).cloned().collect()
    }
    fn dispute(&self, id: &B256) -> Option<Dispute> {
        self.disputes.iter().find(|dispute| dispute.id == *id).cloned()
    }
}

fn assertion(id: u8, parent: u8, end: State, target: u64, inputs_hash: B256) -> Assertion {
    Assertion {
        index: u64::from(id) - 1,
        id: B256::with_last_byte(id),
        parent: B256::with_last_byte(parent),
        end,
        target,
        inputs_hash,
        l1_block_number: 5,
        l1_block_timestamp: 60,
        confirmed_in: (id == 1).then_some(5),
        children: Vec::new(),
        stakes: 1,
        listed: false,
    }
}

async fn served(node: &Arc<Node>, claimed: Claimed) -> RpcServer {
    let backend = Backend { l1: Arc::new(claimed), ..node.backend() };
    serve("127.0.0.1:0".parse().expect("an address"), backend, Limits::default()).await.expect("a free port")
}

fn nobody() -> Claimed {
    Claimed { assertions: Vec::new(), disputes: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_says_where_it_is_on_l1_and_which_blocks_came_of_it() {
    let node = Node::new();
    node.deposit();
    node.mine();
    node.derive();
    node.mine();
    let server = served(&node, nobody()).await;
    let batch = call(&server, "gainsay_getBatch", json!(["0x1"])).await;
    assert_eq!((&batch["kind"], &batch["status"]), (&json!("calldata"), &json!("derived")));
    assert_eq!(batch["blocks"], json!({ "first": "0x1", "last": "0x2" }));
    assert_eq!((&batch["l1BlockNumber"], &batch["l1BlockHash"]), (&json!("0x6"), &json!(B256::repeat_byte(6))));
    assert_eq!((&batch["depositCount"], &batch["acc"]), (&json!("0x1"), &json!(node.store().batch_acc(1).expect("the store"))));
    for block in ["0x1", "0x2", "safe"] {
        assert_eq!(call(&server, "gainsay_getBatchOfBlock", json!([block])).await, batch, "{block}");
    }
    for block in ["0x0", "0x3", "latest"] {
        assert_eq!(call(&server, "gainsay_getBatchOfBlock", json!([block])).await, Value::Null, "{block} came from no batch");
    }
    for index in ["0x0", "0x2"] {
        assert_eq!(call(&server, "gainsay_getBatch", json!([index])).await, Value::Null);
    }
    node.derive();
    let next = call(&server, "gainsay_getBatch", json!(["0x2"])).await;
    assert_eq!(next["blocks"], json!({ "first": "0x3", "last": "0x3" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_comes_with_this_nodes_own_word_on_it() {
    let node = Node::new();
    node.mine();
    let genesis = node.store().step(0).expect("the store").expect("the first state");
    let end = node.derive();
    let inputs = inputs_hash(1, node.store().batch_acc(1).expect("the store"));
    let lie = State { output_root: B256::repeat_byte(6), ..end };
    let later = State { l2_block_number: 9, batch_index: 2, ..end };
    let assertions = vec![
        assertion(1, 0, genesis, 1, inputs),
        assertion(2, 1, end, 2, B256::ZERO),
        assertion(3, 1, lie, 2, B256::ZERO),
        assertion(4, 3, later, 3, B256::ZERO),
        assertion(5, 2, later, 3, B256::ZERO),
        assertion(6, 9, genesis, 1, B256::repeat_byte(7)),
    ];
    let server = served(&node, Claimed { assertions, disputes: Vec::new() }).await;
    let page = call(&server, "gainsay_getAssertions", json!([])).await;
    let verdicts: Vec<_> =
        page["assertions"].as_array().expect("all").iter().map(|found| found["verdict"].as_str().expect("a word")).collect();
    assert_eq!(verdicts, ["agree", "agree", "disagree", "disagree", "pending", "agree"]);
    assert_eq!((&page["count"], &page["latestConfirmed"]), (&json!("0x6"), &json!(B256::with_last_byte(1))));
    assert_eq!(page["l1"], json!({ "number": "0x9", "hash": B256::with_last_byte(9) }));
    let rest = call(&server, "gainsay_getAssertions", json!(["0x4"])).await;
    assert_eq!(rest["assertions"].as_array().map(Vec::len), Some(2));
    let one = call(&server, "gainsay_getAssertion", json!([B256::with_last_byte(3)])).await;
    assert_eq!((&one["verdict"], &one["parent"], &one["index"]), (&json!("disagree"), &json!(B256::with_last_byte(1)), &json!("0x2")));
    assert_eq!((&one["confirmedIn"], &one["end"]["l2BlockNumber"]), (&Value::Null, &json!(1)));
    assert_eq!(call(&server, "gainsay_getAssertion", json!([B256::ZERO])).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn disputes_are_told_page_by_page() {
    let node = Node::new();
    let dispute = |id: u8| Dispute {
        id: B256::with_last_byte(id),
        fork: B256::with_last_byte(1),
        mover: U256::from(5),
        mover_assertion: B256::with_last_byte(2),
        rival: U256::from(6),
        rival_assertion: B256::with_last_byte(3),
        round: 4,
        deadline: 1_000,
        winner: None,
        by_clock: false,
    };
    let server = served(&node, Claimed { assertions: Vec::new(), disputes: (1..=150).map(dispute).collect() }).await;
    let first = call(&server, "gainsay_getDisputes", json!([])).await;
    assert_eq!(first.as_array().map(Vec::len), Some(100));
    let rest = call(&server, "gainsay_getDisputes", json!([first[99]["id"]])).await;
    assert_eq!((rest.as_array().map(Vec::len), &rest[0]["id"]), (Some(50), &json!(B256::with_last_byte(101))));
    let one = call(&server, "gainsay_getDispute", json!([B256::with_last_byte(7)])).await;
    assert_eq!(
        (&one["round"], &one["mover"], &one["deadline"], &one["winner"]),
        (&json!("0x4"), &json!("0x5"), &json!("0x3e8"), &Value::Null)
    );
    assert_eq!(call(&server, "gainsay_getDispute", json!([B256::ZERO])).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_op_node_tells_is_told_in_its_names() {
    let node = Node::new();
    node.deposit();
    node.mine();
    node.derive();
    node.mine();
    let server = served(&node, nobody()).await;
    let status = call(&server, "optimism_syncStatus", json!([])).await;
    let header = |number: u64| node.store().header(number).expect("the store").expect("the block");
    let block = |number: u64, origin: Value, sequence: u64| {
        let header = header(number);
        json!({
            "hash": header.header.hash(), "number": number, "parentHash": header.header.parent_hash, "timestamp": header.header.timestamp,
            "l1origin": origin, "sequenceNumber": sequence,
        })
    };
    let (deployed, deposit) = (json!({ "hash": B256::repeat_byte(3), "number": 3 }), json!({ "hash": B256::repeat_byte(5), "number": 5 }));
    assert_eq!(status["unsafe_l2"], block(3, deposit.clone(), 2));
    assert_eq!(status["safe_l2"], block(2, deposit, 1));
    assert_eq!(status["finalized_l2"], block(0, deployed.clone(), 0));
    assert_eq!(status["pending_safe_l2"], status["safe_l2"]);
    let l1 = |number: u64| json!({ "hash": l1_block(number).hash, "number": number, "parentHash": l1_block(number).parent_hash, "timestamp": 12 * number });
    assert_eq!((&status["head_l1"], &status["safe_l1"], &status["finalized_l1"]), (&l1(9), &l1(8), &l1(7)));
    assert_eq!(status["current_l1"]["number"], json!(0), "the store has no block of L1");
    let output = call(&server, "optimism_outputAtBlock", json!(["0x2"])).await;
    let own = call(&server, "gainsay_outputAtBlock", json!(["0x2"])).await;
    assert_eq!((&output["outputRoot"], &output["stateRoot"]), (&own["outputRoot"], &own["stateRoot"]));
    assert_eq!((&output["withdrawalStorageRoot"], &output["version"]), (&own["messagePasserStorageRoot"], &json!(B256::ZERO)));
    assert_eq!((&output["blockRef"], &output["syncStatus"]), (&status["safe_l2"], &status));
    let config = call(&server, "optimism_rollupConfig", json!([])).await;
    assert_eq!((&config["l1_chain_id"], &config["l2_chain_id"]), (&json!(1), &json!(super::node::CHAIN_ID)));
    assert_eq!((&config["genesis"]["l1"], &config["genesis"]["l2"]["hash"]), (&deployed, &json!(header(0).header.hash())));
    assert_eq!(config["batch_inbox_address"], json!(Address::repeat_byte(1)));
    assert_eq!(config["genesis"]["system_config"]["batcherAddr"], json!(Address::repeat_byte(2)));
    assert_eq!((&config["block_time"], &config["max_sequencer_drift"]), (&json!(1), &json!(600)));
    assert!(call(&server, "optimism_version", json!([])).await.as_str().is_some_and(|version| version.starts_with("gainsay/")));
}
