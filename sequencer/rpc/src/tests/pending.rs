//! The block to come: `pending`.

use super::{
    node::{ETHER, Node, echo, signer, wallet},
    raw::{ask, payment},
};
use crate::Limits;
use alloy::{
    network::TransactionBuilder as _,
    primitives::utils::Unit,
    providers::{DynProvider, Provider as _},
    rpc::types::TransactionRequest,
};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use gainsay_types::{MessageBody, UserDeposit};
use serde_json::{Value, json};

/// Milliseconds after the latest block at which the open one is closed.
const PAUSE: u64 = 1_250;
const PAYEE: Address = Address::repeat_byte(0x77);

async fn balances(provider: &DynProvider, address: Address) -> (U256, U256) {
    let at = |tag: &'static str| ask::<U256>(provider, "eth_getBalance", json!([address, tag]));
    (at("latest").await, at("pending").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_at_pending_sees_what_is_executed_and_nothing_at_latest_does() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let contract = signer(0).address().create(1);
    let deploy = TransactionRequest::default().with_deploy_code(echo()).with_nonce(1).with_gas_limit(200_000);
    let call = TransactionRequest::default().with_to(contract).with_input(B256::repeat_byte(5)).with_nonce(2).with_gas_limit(100_000);
    let mut hashes = Vec::new();
    for transaction in [payment(0), deploy, call] {
        hashes.push(*provider.send_transaction(transaction).await.expect("is taken").tx_hash());
    }
    assert_eq!(balances(&provider, PAYEE).await, (U256::ZERO, U256::ZERO), "they wait in the pool");
    node.execute(PAUSE);
    assert_eq!(balances(&provider, PAYEE).await, (U256::ZERO, U256::from(5)));
    for (tag, is_there) in [("latest", false), ("pending", true)] {
        let code: Bytes = ask(&provider, "eth_getCode", json!([contract, tag])).await;
        let slot: U256 = ask(&provider, "eth_getStorageAt", json!([contract, "0x0", tag])).await;
        let slots: Value = ask(&provider, "eth_getStorageValues", json!([{ contract.to_string(): ["0x0"] }, tag])).await;
        let returned: Bytes = ask(&provider, "eth_call", json!([{ "to": contract, "data": B256::repeat_byte(9) }, tag])).await;
        let nonce: U64 = ask(&provider, "eth_getTransactionCount", json!([signer(0).address(), tag])).await;
        let word = if is_there { B256::repeat_byte(5) } else { B256::ZERO };
        assert_eq!((code.is_empty(), slot), (!is_there, word.into()), "{tag}");
        assert_eq!(slots, json!({ contract.to_string().to_lowercase(): [word] }), "{tag}");
        assert_eq!((returned.len(), nonce.to::<u64>()), if is_there { (32, 3) } else { (0, 0) }, "{tag}");
    }
    let gas: U64 = ask(&provider, "eth_estimateGas", json!([{ "to": contract, "data": B256::repeat_byte(9) }])).await;
    assert!(gas.to::<u64>() > 22_000, "by default an estimate runs where the contract is: {gas}");
    let trace: Value = ask(&provider, "debug_traceCall", json!([{ "to": contract, "data": B256::ZERO }, "pending"])).await;
    assert_eq!(trace["failed"], json!(false));
    for hash in hashes {
        let pooled: Value = ask(&provider, "eth_getTransactionByHash", json!([hash])).await;
        assert_eq!((&pooled["hash"], &pooled["blockNumber"]), (&json!(hash), &Value::Null), "until it is in the latest block");
        assert_eq!(ask::<Value>(&provider, "eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pending_block_is_the_one_that_the_chain_gets() {
    let node = Node::new();
    node.set_mining(false);
    let user = UserDeposit { from: PAYEE, to: Some(PAYEE), mint: ETHER, value: 7, gas_limit: 100_000, data: Bytes::new() };
    node.enqueue(MessageBody::User(user), B256::repeat_byte(6));
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    for nonce in 0..3 {
        let _ = provider.send_transaction(payment(nonce)).await.expect("is taken");
        node.execute(PAUSE);
        let count: U64 = ask(&provider, "eth_getBlockTransactionCountByNumber", json!(["pending"])).await;
        assert_eq!(count.to::<u64>(), nonce + 2, "each is seen as soon as it is executed");
        assert_eq!(balances(&provider, PAYEE).await.1, U256::from(ETHER + 5 * u128::from(nonce + 1)));
    }
    let methods: [(&'static str, Value); 6] = [
        ("eth_getBlockByNumber", json!([true])),
        ("eth_getBlockByNumber", json!([false])),
        ("eth_getBlockReceipts", json!([])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x2"])),
        ("debug_getRawBlock", json!([])),
        ("eth_getUncleCountByBlockNumber", json!([])),
    ];
    let at = |tag: &str, rest: &Value| Value::Array([&[json!(tag)], rest.as_array().expect("more").as_slice()].concat());
    let mut told = Vec::new();
    for (method, rest) in &methods {
        told.push(ask::<Value>(&provider, method, at("pending", rest)).await);
    }
    assert_eq!((&told[0]["hash"], &told[0]["nonce"], &told[0]["number"]), (&Value::Null, &Value::Null, &json!("0x1")));
    node.mine_after(PAUSE);
    for ((method, rest), mut told) in methods.iter().zip(told) {
        let sealed: Value = ask(&provider, method, at("latest", rest)).await;
        if *method == "eth_getBlockByNumber" {
            (told["hash"], told["nonce"]) = (sealed["hash"].clone(), sealed["nonce"].clone());
        }
        assert_eq!(told, sealed, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_in_flight_pending_is_an_empty_block_that_comes_next() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    for blocks in 0..2u64 {
        let latest = provider.get_block(BlockId::latest()).await.expect("reads").expect("a block");
        let pending = provider.get_block(BlockId::pending()).await.expect("reads").expect("a block");
        assert_eq!((pending.header.number, pending.header.parent_hash), (blocks + 1, latest.header.hash));
        assert!(pending.transactions.is_empty() && pending.header.timestamp > latest.header.timestamp);
        let history: Value = ask(&provider, "eth_feeHistory", json!(["0x1", "latest", []])).await;
        let next = history["baseFeePerGas"][1].as_str().map(str::to_owned);
        assert_eq!(pending.header.base_fee_per_gas.map(|fee| format!("0x{fee:x}")), next);
        let number: U256 = ask(&provider, "eth_call", json!([{ "data": "0x435f5260205ff3" }, "pending"])).await;
        assert_eq!(number, U256::from(blocks + 1), "calls run in it");
        // EIP-2935: at its start, a block writes down its parent's hash.
        let hash: B256 = ask(&provider, "eth_getStorageAt", json!([HISTORY, U256::from(blocks), "pending"])).await;
        assert_eq!(hash, latest.header.hash);
        let receipts: Value = ask(&provider, "eth_getBlockReceipts", json!(["pending"])).await;
        assert_eq!(receipts, json!([]));
        provider.send_transaction(payment(blocks)).await.expect("is taken").get_receipt().await.expect("a block");
    }
}

const HISTORY: Address = gainsay_types::predeploys::HISTORY_STORAGE;

#[tokio::test(flavor = "multi_thread")]
async fn an_open_block_whose_parent_is_not_the_latest_any_more_is_not_pending() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let _ = provider.send_transaction(payment(0)).await.expect("is taken");
    node.execute(PAUSE);
    assert_eq!(balances(&provider, PAYEE).await, (U256::ZERO, U256::from(5)));
    node.preconfirmations.shown_block().close();
    assert_eq!(balances(&provider, PAYEE).await, (U256::ZERO, U256::ZERO), "it is given up");
    node.execute(PAUSE);
    node.mine_after(PAUSE + 1);
    assert_eq!(balances(&provider, PAYEE).await, (U256::from(5), U256::from(5)));
    let pending = provider.get_block(BlockNumberOrTag::Pending.into()).await.expect("reads").expect("a block");
    assert_eq!((pending.header.number, pending.transactions.len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_pending_do_not_stop_each_other_while_transactions_come_in() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let reader = |who: u64| {
        let provider = provider.clone();
        tokio::spawn(async move {
            let mut last = U256::ZERO;
            while last < U256::from(100) {
                let (method, params) = match who % 3 {
                    0 => ("eth_getBalance", json!([PAYEE, "pending"])),
                    // BALANCE of the payee.
                    1 => ("eth_call", json!([{ "data": format!("0x73{}315f5260205ff3", "77".repeat(20)) }, "pending"])),
                    _ => ("eth_getBlockTransactionCountByNumber", json!(["pending"])),
                };
                let unit = if who % 3 == 2 { 5 } else { 1 };
                let now = ask::<U256>(&provider, method, params).await * U256::from(unit);
                assert!(now >= last, "{method}: never back");
                last = now;
            }
        })
    };
    let readers: Vec<_> = (0..6).map(reader).collect();
    for nonce in 0..20 {
        let _ = provider.send_transaction(payment(nonce).with_max_fee_per_gas(Unit::GWEI.wei().to())).await.expect("is taken");
        node.execute(PAUSE);
    }
    for reader in readers {
        reader.await.expect("no panic");
    }
}
