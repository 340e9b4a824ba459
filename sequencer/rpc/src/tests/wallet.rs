//! What wallets and tools do, through a real client over HTTP.

use super::node::{CHAIN_ID, ETHER, Node, echo, signer, wallet};
use crate::Limits;
use alloy::{
    network::{NetworkTransactionBuilder as _, ReceiptResponse as _, TransactionBuilder as _},
    providers::{DynProvider, Provider as _},
    rpc::types::{Filter, TransactionReceipt, TransactionRequest},
    transports::TransportError,
};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use serde_json::{Value, json};
use std::borrow::Cow;

const OTHER: Address = Address::repeat_byte(0x77);

fn payment(value: u128) -> TransactionRequest {
    TransactionRequest::default().with_to(OTHER).with_value(U256::from(value))
}

async fn send(provider: &DynProvider, request: TransactionRequest) -> TransactionReceipt {
    provider.send_transaction(request).await.expect("is taken").get_receipt().await.expect("is included")
}

async fn deploy(provider: &DynProvider) -> Address {
    let receipt = send(provider, TransactionRequest::default().with_deploy_code(echo())).await;
    receipt.contract_address().expect("creates a contract")
}

async fn raw(provider: &DynProvider, method: &'static str, params: Value) -> Result<Value, TransportError> {
    provider.raw_request(Cow::Borrowed(method), params).await
}

fn refusal(result: Result<Value, TransportError>) -> (i64, String, Option<String>) {
    let error = result.expect_err("is refused");
    let error = error.as_error_resp().unwrap_or_else(|| panic!("no error response: {error}"));
    (error.code, error.message.to_string(), error.data.as_ref().map(|data| data.get().to_owned()))
}

fn call_with(to: Address, data: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest::default().with_from(signer(0).address()).with_to(to).with_input(data.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_sends_a_payment_and_reads_everything_about_it() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    assert_eq!(provider.get_chain_id().await.unwrap(), CHAIN_ID);
    let receipt = send(&provider, payment(5)).await;
    assert!(receipt.status());
    assert_eq!((receipt.gas_used, receipt.block_number), (21_000, Some(1)));
    assert_eq!(provider.get_balance(OTHER).await.unwrap(), U256::from(5));
    assert_eq!(provider.get_balance(OTHER).block_id(BlockId::earliest()).await.unwrap(), U256::ZERO);
    let hash = receipt.transaction_hash;
    let transaction = provider.get_transaction_by_hash(hash).await.unwrap().expect("is known");
    assert_eq!((transaction.block_number, transaction.transaction_index), (Some(1), Some(0)));
    let block = provider.get_block(BlockId::latest()).full().await.unwrap().expect("exists");
    assert_eq!(block.header.hash, receipt.block_hash.unwrap());
    assert_eq!(keccak256(alloy_rlp::encode(&block.header.inner)), block.header.hash);
    assert_eq!(block.transactions.as_transactions().unwrap()[0].inner.tx_hash(), &hash);
    assert_eq!(provider.get_transaction_count(signer(0).address()).await.unwrap(), 1);
    let spent = U256::from(10 * ETHER) - provider.get_balance(signer(0).address()).await.unwrap();
    let json = raw(&provider, "eth_getTransactionReceipt", json!([hash])).await.unwrap();
    let l1_fee: U256 = serde_json::from_value(json["l1Fee"].clone()).unwrap();
    assert_eq!(spent, U256::from(receipt.effective_gas_price * 21_000 + 5) + l1_fee);
    assert!(!l1_fee.is_zero());
    assert_eq!((json["l1GasPrice"].clone(), json["l1BaseFeeScalar"].clone()), (json!("0x7"), json!("0xf4240")));
    assert_eq!(raw(&provider, "eth_getBlockReceipts", json!(["latest"])).await.unwrap(), json!([json]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_deployed_called_and_its_logs_are_found() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let contract = deploy(&provider).await;
    assert_eq!(provider.get_code_at(contract).await.unwrap(), echo()[9..]);
    let word = B256::repeat_byte(0x42);
    assert_eq!(provider.call(call_with(contract, word)).await.unwrap(), word.0[..]);
    let receipt = send(&provider, call_with(contract, word)).await;
    assert_eq!(provider.get_storage_at(contract, U256::ZERO).await.unwrap(), U256::from_be_bytes(word.0));
    let topic = B256::with_last_byte(1);
    let filter = Filter::new().address(contract).event_signature(topic).from_block(0);
    let logs = provider.get_logs(&filter).await.unwrap();
    assert_eq!(logs, receipt.logs().to_vec());
    assert_eq!((logs.len(), logs[0].log_index, logs[0].block_number), (1, Some(0), Some(2)));
    assert!(provider.get_logs(&filter.clone().address(OTHER)).await.unwrap().is_empty());
    assert!(provider.get_logs(&filter.clone().event_signature(word)).await.unwrap().is_empty());
    assert_eq!(provider.get_logs(&filter.at_block_hash(receipt.block_hash.unwrap())).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_has_code_3_and_its_data() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let contract = deploy(&provider).await;
    for method in ["eth_call", "eth_estimateGas"] {
        let (code, message, data) = refusal(raw(&provider, method, json!([call_with(contract, [0xff])])).await);
        assert_eq!((code, message.as_str(), data.as_deref()), (3, "execution reverted", Some("\"0xdeadbeef\"")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_suffices_and_is_close_to_the_least() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    assert_eq!(provider.estimate_gas(payment(1)).await.unwrap(), 21_000);
    let contract = deploy(&provider).await;
    let request = call_with(contract, B256::repeat_byte(0x42));
    let estimate = provider.estimate_gas(request.clone()).await.unwrap();
    let least = estimate * 98 / 100;
    let (_, message, _) = refusal(raw(&provider, "eth_call", json!([request.clone().with_gas_limit(least)])).await);
    assert_eq!(message, "out of gas");
    assert!(send(&provider, request.with_gas_limit(estimate)).await.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_with_a_fee_minds_the_balance_and_the_l1_fee() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let poor = Address::repeat_byte(0x66);
    send(&provider, TransactionRequest::default().with_to(poor).with_value(U256::from(21_000 * 2_000 + 100))).await;
    let request = TransactionRequest::default().with_from(poor).with_to(OTHER).with_max_fee_per_gas(2_000);
    let (code, message, _) = refusal(raw(&provider, "eth_estimateGas", json!([request])).await);
    assert!(
        code == -32000 && (message.starts_with("gas required exceeds allowance") || message.starts_with("insufficient funds")),
        "{message}"
    );
    assert_eq!(provider.estimate_gas(request.with_max_fee_per_gas(1_500).with_max_priority_fee_per_gas(0)).await.unwrap(), 21_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_carry_geths_words() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    node.set_mining(false);
    let request = payment(1).with_nonce(0).with_gas_limit(21_000).with_chain_id(CHAIN_ID);
    let fees = |request: TransactionRequest, fee| request.with_max_fee_per_gas(fee).with_max_priority_fee_per_gas(fee);
    let wallet = alloy::network::EthereumWallet::from(signer(0));
    let bytes = |request: TransactionRequest| {
        let wallet = wallet.clone();
        async move { alloy_eips::eip2718::Encodable2718::encoded_2718(&request.build(&wallet).await.unwrap()) }
    };
    let send_raw = |bytes: Vec<u8>| raw(&provider, "eth_sendRawTransaction", json!([Bytes::from(bytes)]));
    let first = bytes(fees(request.clone(), 5_000)).await;
    send_raw(first.clone()).await.unwrap();
    let cases = [
        (first.clone(), "already known"),
        (bytes(fees(request.clone(), 5_100)).await, "replacement transaction underpriced"),
        (bytes(fees(request.clone().with_gas_limit(20_000), 5_000)).await, "intrinsic gas too low"),
        (bytes(fees(request.clone().with_value(U256::MAX), 5_000)).await, "insufficient funds for gas * price + value"),
        (bytes(fees(request.clone().with_chain_id(1), 5_000)).await, "invalid chain id for signer"),
        (bytes(fees(request.clone(), 10)).await, "transaction underpriced"),
        (vec![0x7e, 0xc0], "transaction type not supported"),
        (vec![0xc0], "rlp"),
    ];
    for (bytes, words) in cases {
        let (code, message, _) = refusal(send_raw(bytes).await);
        assert!(code == -32000 && message.starts_with(words), "{code} {message} instead of {words}");
    }
    let waiting = raw(&provider, "eth_getTransactionByHash", json!([keccak256(&first)])).await.unwrap();
    assert_eq!((waiting["blockHash"].clone(), waiting["from"].clone()), (Value::Null, json!(signer(0).address())));
    assert_eq!(provider.get_transaction_count(signer(0).address()).pending().await.unwrap(), 1);
    assert_eq!(provider.get_transaction_count(signer(0).address()).await.unwrap(), 0);
    node.mine();
    let (_, message, _) = refusal(send_raw(first).await);
    assert!(message.starts_with("nonce too low"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_shows_its_source_and_its_receipt_the_nonce() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    node.deposit();
    let block = raw(&provider, "eth_getBlockByNumber", json!(["latest", true])).await.unwrap();
    let deposit = &block["transactions"][0];
    assert_eq!(
        (deposit["type"].clone(), deposit["gasPrice"].clone(), deposit["nonce"].clone()),
        (json!("0x7e"), json!("0x0"), json!("0x0"))
    );
    assert!(deposit["sourceHash"].is_string() && deposit["mint"].is_string(), "{deposit}");
    let receipt = raw(&provider, "eth_getTransactionReceipt", json!([deposit["hash"]])).await.unwrap();
    assert_eq!((receipt["type"].clone(), receipt["depositNonce"].clone()), (json!("0x7e"), json!("0x0")));
    assert_eq!(receipt["depositReceiptVersion"], json!("0x1"));
    assert!(receipt.get("l1Fee").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_starts_at_the_state_root_and_says_what_the_state_says() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let contract = deploy(&provider).await;
    send(&provider, call_with(contract, B256::repeat_byte(0x42))).await;
    let block = provider.get_block(BlockId::latest()).await.unwrap().unwrap();
    let proof = provider.get_proof(contract, vec![B256::ZERO, B256::with_last_byte(9)]).await.unwrap();
    assert_eq!(keccak256(&proof.account_proof[0]), block.header.state_root);
    assert_eq!(keccak256(&proof.storage_proof[0].proof[0]), proof.storage_hash);
    assert_eq!(proof.storage_proof[0].value, U256::from_be_bytes([0x42; 32]));
    assert_eq!(proof.storage_proof[1].value, U256::ZERO);
    assert_eq!(proof.code_hash, keccak256(&echo()[9..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_and_their_history_fit_the_blocks() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    for value in 1..4 {
        send(&provider, payment(value).with_max_fee_per_gas(1_000_000).with_max_priority_fee_per_gas(1_234)).await;
    }
    let history = provider.get_fee_history(2, BlockNumberOrTag::Latest, &[0.0, 50.0, 100.0]).await.unwrap();
    assert_eq!((history.oldest_block, history.base_fee_per_gas.len(), history.gas_used_ratio.len()), (2, 3, 2));
    assert_eq!(history.reward, Some(vec![vec![1_234; 3]; 2]));
    assert_eq!(provider.get_gas_price().await.unwrap(), 1_000 + provider.get_max_priority_fee_per_gas().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_found_by_tag_number_hash_and_eip_1898() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let receipt = send(&provider, payment(5)).await;
    for (tag, number) in [("latest", "0x1"), ("pending", "0x2"), ("safe", "0x0"), ("finalized", "0x0"), ("earliest", "0x0"), ("0x1", "0x1")]
    {
        let block = raw(&provider, "eth_getBlockByNumber", json!([tag])).await.unwrap();
        assert_eq!(block["number"], json!(number), "{tag}");
    }
    let by_object = raw(&provider, "eth_getBalance", json!([OTHER, { "blockHash": receipt.block_hash }])).await.unwrap();
    assert_eq!(by_object, json!("0x5"));
    assert_eq!(raw(&provider, "eth_getBlockByNumber", json!(["0x7", false])).await.unwrap(), Value::Null);
    assert_eq!(raw(&provider, "eth_getBlockByHash", json!([B256::ZERO, false])).await.unwrap(), Value::Null);
    let (code, message, _) = refusal(raw(&provider, "eth_getBalance", json!([OTHER, "0x7"])).await);
    assert_eq!(code, -32000);
    assert_eq!(message, "header not found: this node has no block 7 yet, its latest is 1: ask again later, or ask another node");
    let (code, message, _) = refusal(raw(&provider, "eth_getBalance", json!([OTHER, { "blockHash": B256::ZERO }])).await);
    assert_eq!((code, message), (-32000, format!("header not found: this node has no block with hash {}", B256::ZERO)));
    let (code, ..) = refusal(raw(&provider, "eth_fillTransaction", json!([{}])).await);
    assert_eq!(code, -32601);
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_can_wait_for_the_receipt() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let request = payment(1).with_nonce(0).with_gas_limit(21_000).with_chain_id(CHAIN_ID).with_max_fee_per_gas(5_000);
    let wallet = alloy::network::EthereumWallet::from(signer(0));
    let envelope = request.with_max_priority_fee_per_gas(1).build(&wallet).await.unwrap();
    let bytes = Bytes::from(alloy_eips::eip2718::Encodable2718::encoded_2718(&envelope));
    let receipt = raw(&provider, "eth_sendRawTransactionSync", json!([bytes])).await.unwrap();
    assert_eq!((receipt["status"].clone(), receipt["transactionHash"].clone()), (json!("0x1"), json!(envelope.tx_hash())));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_own_methods_name_the_heads_and_the_output_roots() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    send(&provider, payment(5)).await;
    let status: crate::SyncStatus = serde_json::from_value(raw(&provider, "gainsay_syncStatus", json!([])).await.unwrap()).unwrap();
    assert_eq!((status.latest.number, status.safe.number), (1, 0));
    let output: crate::Output =
        serde_json::from_value(raw(&provider, "gainsay_outputAtBlock", json!([U64::from(1)])).await.unwrap()).unwrap();
    let expected = gainsay_types::output_root(output.state_root, output.message_passer_storage_root, output.block.hash);
    assert_eq!(output.output_root, expected);
    let config: crate::ConfigInfo = serde_json::from_value(raw(&provider, "gainsay_config", json!([])).await.unwrap()).unwrap();
    assert_eq!((config.config.l2_chain_id, config.config_hash), (CHAIN_ID, config.config.hash()));
}

#[tokio::test(flavor = "multi_thread")]
async fn polled_filters_give_each_block_log_and_transaction_once() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let contract = deploy(&provider).await;
    let install = async |method, params| raw(&provider, method, params).await.unwrap();
    let filter = install("eth_newFilter", json!([{ "address": contract }])).await;
    let blocks = install("eth_newBlockFilter", json!([])).await;
    let pending = install("eth_newPendingTransactionFilter", json!([])).await;
    let receipt = send(&provider, call_with(contract, B256::repeat_byte(0x42))).await;
    let poll = async |id: &Value| raw(&provider, "eth_getFilterChanges", json!([id])).await.unwrap();
    assert_eq!(poll(&filter).await[0]["transactionHash"], json!(receipt.transaction_hash));
    assert_eq!(poll(&blocks).await, json!([receipt.block_hash]));
    assert_eq!(poll(&pending).await, json!([receipt.transaction_hash]));
    for id in [&filter, &blocks, &pending] {
        assert_eq!(poll(id).await, json!([]));
    }
    assert_eq!(raw(&provider, "eth_getFilterLogs", json!([filter])).await.unwrap().as_array().map(Vec::len), Some(1));
    assert_eq!(raw(&provider, "eth_uninstallFilter", json!([filter])).await.unwrap(), json!(true));
    let (code, message, _) = refusal(raw(&provider, "eth_getFilterChanges", json!([filter])).await);
    assert_eq!((code, message.as_str()), (-32000, "filter not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_bounded() {
    let node = Node::new();
    let server = node.serve(Limits { filters: 2, ..Limits::default() }).await;
    let provider = wallet(&server, 0);
    for _ in 0..2 {
        raw(&provider, "eth_newBlockFilter", json!([])).await.unwrap();
    }
    let (code, ..) = refusal(raw(&provider, "eth_newBlockFilter", json!([])).await);
    assert_eq!(code, -32005);
}
