//! What tools for the OP Stack ask a node of L2 for, beside transactions: proofs of withdrawals, fees, gas of calls that nobody in particular makes.

use super::node::{ETHER, Node, signer, wallet};
use crate::{Limits, Output};
use alloy::{
    network::TransactionBuilder as _,
    providers::{DynProvider, Provider as _},
    rpc::types::{EIP1186AccountProofResponse, TransactionRequest},
    sol_types::{SolCall, SolEvent, SolValue},
};
use alloy_primitives::{Address, B256, U64, U256, keccak256};
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use gainsay_bindings::{GasPriceOracle, L2ToL1MessagePasser};
use gainsay_types::predeploys::{GAS_PRICE_ORACLE, MESSAGE_PASSER};
use serde_json::{Value, json};

const TARGET: Address = Address::repeat_byte(0x70);

/// Withdraws to the target on L1, in a block of its own; the block's number and the slot that holds the withdrawal's hash.
async fn withdraw(provider: &DynProvider, wei: u64) -> (u64, B256) {
    let call = L2ToL1MessagePasser::initiateWithdrawalCall { target: TARGET, gasLimit: U256::from(50_000), data: vec![7; 40].into() };
    let request = TransactionRequest::default().with_to(MESSAGE_PASSER).with_input(call.abi_encode()).with_value(U256::from(wei));
    let receipt = provider.send_transaction(request).await.expect("is taken").get_receipt().await.expect("is included");
    assert!(receipt.status(), "the withdrawal reverted");
    let passed = receipt.inner.logs().iter().find_map(|log| L2ToL1MessagePasser::MessagePassed::decode_log(&log.inner).ok());
    let slot = keccak256((passed.expect("a withdrawal").withdrawalHash, U256::ZERO).abi_encode());
    (receipt.block_number.expect("is in a block"), slot)
}

async fn proof_at(provider: &DynProvider, slot: B256, block: u64) -> EIP1186AccountProofResponse {
    provider.get_proof(MESSAGE_PASSER, vec![slot]).number(block).await.expect("is proved")
}

/// The state root and the output root of a block, as a verifier of the proof knows them.
async fn roots(provider: &DynProvider, number: u64) -> (B256, Output) {
    let block: Value = provider.raw_request("eth_getBlockByNumber".into(), (U64::from(number), false)).await.expect("exists");
    let output: Output = provider.raw_request("gainsay_outputAtBlock".into(), [U64::from(number)]).await.expect("exists");
    let state_root = serde_json::from_value(block["stateRoot"].clone()).expect("a hash");
    assert_eq!((json!(output.block.hash), output.state_root), (block["hash"].clone(), state_root));
    (state_root, output)
}

/// Checks all that a Portal would: the storage root is in the output root, and the slot is under it, or not.
async fn check(provider: &DynProvider, slot: B256, block: u64, sent: bool) {
    let proof = proof_at(provider, slot, block).await;
    let (state_root, output) = roots(provider, block).await;
    let account = TrieAccount { nonce: proof.nonce, balance: proof.balance, storage_root: proof.storage_hash, code_hash: proof.code_hash };
    let account = alloy_rlp::encode(account);
    verify_proof(state_root, Nibbles::unpack(keccak256(MESSAGE_PASSER)), Some(account), &proof.account_proof)
        .expect("the account is proved");
    let value = sent.then(|| vec![1]);
    let storage = &proof.storage_proof[0];
    assert_eq!(storage.value, U256::from(u8::from(sent)), "block {block}");
    verify_proof(proof.storage_hash, Nibbles::unpack(keccak256(slot)), value, &storage.proof).expect("the slot is proved");
    assert_eq!(output.output_root, gainsay_types::output_root(state_root, proof.storage_hash, output.block.hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_proved_at_any_block_since_it_was_made_and_its_absence_at_any_before() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let mut made = Vec::new();
    for wei in 1..=20 {
        made.push(withdraw(&provider, wei).await);
    }
    // Far behind the head, as the block of an assertion is when its window ends.
    for _ in 0..200 {
        node.mine();
    }
    let latest = node.store().heads().latest.number;
    assert!(latest >= 220, "there are {latest} blocks only");
    let (first, slot) = made[0];
    for block in [0, first - 1] {
        check(&provider, slot, block, false).await;
    }
    for block in [first, first + 1, first + 10, first + 19, latest - 100, latest] {
        check(&provider, slot, block, true).await;
    }
    for (block, slot) in made {
        check(&provider, slot, block - 1, false).await;
        check(&provider, slot, block, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_at_a_block_that_is_not_there_is_refused_with_what_to_do() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let (block, slot) = withdraw(&provider, 1).await;
    let refusal = async |at: Value| {
        let answer = provider.raw_request::<_, Value>("eth_getProof".into(), (MESSAGE_PASSER, [slot], at)).await;
        let error = answer.expect_err("is refused");
        let error = error.as_error_resp().expect("an answer");
        (error.code, error.message.to_string())
    };
    let wanted =
        format!("header not found: this node has no block {} yet, its latest is {block}: ask again later, or ask another node", block + 1);
    assert_eq!(refusal(json!(U64::from(block + 1))).await, (-32000, wanted));
    let (code, message) = refusal(json!({ "blockHash": slot })).await;
    assert!(code == -32000 && message.contains("no block with hash"), "{message}");
    // A rollback takes the block and its withdrawal back.
    check(&provider, slot, block, true).await;
    node.roll_back(1);
    assert!(refusal(json!(U64::from(block))).await.1.contains("no block 1 yet"));
    check(&provider, slot, block - 1, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_sender_may_send_ether_that_nobody_has() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let call = L2ToL1MessagePasser::initiateWithdrawalCall { target: TARGET, gasLimit: U256::from(50_000), data: Default::default() };
    let request =
        json!({ "to": MESSAGE_PASSER, "data": alloy_primitives::Bytes::from(call.abi_encode()), "value": U256::from(1000 * ETHER) });
    let ask = async |method: &'static str, request: &Value| provider.raw_request::<_, Value>(method.into(), [request]).await;
    assert_eq!(ask("eth_call", &request).await.expect("succeeds"), json!("0x"));
    let gas: U64 = serde_json::from_value(ask("eth_estimateGas", &request).await.expect("succeeds")).unwrap();
    assert!((60_000..200_000).contains(&gas.to::<u64>()), "{gas}");
    let transfer = json!({ "to": TARGET, "value": "0x1" });
    assert_eq!(ask("eth_estimateGas", &transfer).await.expect("succeeds"), json!("0x5208"));
    // Whoever is named has what he has.
    for poor in [Address::ZERO, TARGET] {
        for method in ["eth_call", "eth_estimateGas"] {
            let error = ask(method, &json!({ "from": poor, "to": TARGET, "value": "0x1" })).await.expect_err("is refused");
            let message = error.as_error_resp().expect("an answer").message.to_string();
            assert!(message.contains("insufficient funds"), "{method}: {message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oracle_of_fees_answers_what_tools_ask() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let read = async |call: Vec<u8>| {
        let request = TransactionRequest::default().with_from(signer(0).address()).with_to(GAS_PRICE_ORACLE).with_input(call);
        U256::from_be_slice(&provider.call(request).await.expect("answers"))
    };
    let unsigned = [0u8, 5, 9];
    assert_eq!(read(GasPriceOracle::l1BaseFeeCall {}.abi_encode()).await, U256::from(7));
    let units = read(GasPriceOracle::getL1GasUsedCall { data: unsigned.into() }.abi_encode()).await;
    assert_eq!(units, U256::from(68 * 16 + 4 + 16 + 16));
    assert_eq!(read(GasPriceOracle::getL1FeeCall { data: unsigned.into() }.abi_encode()).await, units * U256::from(7));
    assert_eq!(read(GasPriceOracle::getOperatorFeeCall(U256::from(21_000)).abi_encode()).await, U256::ZERO);
    assert_eq!(read(GasPriceOracle::isJovianCall {}.abi_encode()).await, U256::ZERO);
    // An attributes message tells of another base fee.
    node.deposit();
    assert_eq!(read(GasPriceOracle::l1BaseFeeCall {}.abi_encode()).await, U256::from(8));
}
