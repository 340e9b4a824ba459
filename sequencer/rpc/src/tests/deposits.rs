//! Finding deposits on L2 from what is known on L1.

use super::node::{Node, wallet};
use crate::{Deposit, DepositKind, DepositStatus, Limits};
use alloy::providers::{DynProvider, Provider as _};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use gainsay_types::{Message, MessageBody, UserDeposit};
use serde_json::{Value, json};

const L1_TRANSACTION: B256 = B256::repeat_byte(0x11);

fn user(mint: u128, to: Option<Address>) -> MessageBody {
    let data = Bytes::from_static(&[0xfe]);
    MessageBody::User(UserDeposit { from: Address::repeat_byte(0xaa), to, mint, value: mint, gas_limit: 90_000, data })
}

async fn of_l1_transaction(provider: &DynProvider, hash: B256) -> Vec<Deposit> {
    provider.raw_request("gainsay_getDepositsByL1Transaction".into(), [hash]).await.expect("answers")
}

async fn at(provider: &DynProvider, index: u64) -> Option<Deposit> {
    provider.raw_request("gainsay_getDeposit".into(), [U64::from(index)]).await.expect("answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_found_by_its_l1_transaction_before_and_after_it_is_in_a_block() {
    let node = Node::new();
    node.deposit();
    node.enqueue(user(7, Some(Address::repeat_byte(0xbb))), L1_TRANSACTION);
    node.enqueue(user(8, None), L1_TRANSACTION);
    node.enqueue(user(9, None), B256::repeat_byte(0x12));
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let waiting = of_l1_transaction(&provider, L1_TRANSACTION).await;
    let told: Vec<_> = waiting.iter().map(|deposit| (deposit.index, deposit.mint, deposit.to, deposit.status)).collect();
    assert_eq!(told, [(2, 7, Some(Address::repeat_byte(0xbb)), DepositStatus::Enqueued), (3, 8, None, DepositStatus::Enqueued)]);
    assert_eq!(at(&provider, 2).await.as_ref(), waiting.first());

    node.mine();
    let included = of_l1_transaction(&provider, L1_TRANSACTION).await;
    for (before, after) in waiting.iter().zip(&included) {
        let DepositStatus::Included { block_number, block_hash } = after.status else { panic!("{after:?}") };
        assert_eq!(Deposit { status: DepositStatus::Enqueued, ..after.clone() }, *before, "nothing else has changed");
        let receipt: Value = provider.raw_request("eth_getTransactionReceipt".into(), [after.l2_transaction_hash]).await.unwrap();
        let place = (&receipt["blockNumber"], &receipt["blockHash"], &receipt["from"]);
        assert_eq!(place, (&json!(U64::from(block_number)), &json!(block_hash), &json!(after.from)));
        // The call of the first goes to an account; the second is a creation whose code is invalid.
        assert_eq!(receipt["status"], json!(if after.to.is_some() { "0x1" } else { "0x0" }));
        let transaction: Value = provider.raw_request("eth_getTransactionByHash".into(), [after.l2_transaction_hash]).await.unwrap();
        assert_eq!((&transaction["sourceHash"], &transaction["value"]), (&json!(after.source_hash), &json!(after.value)));
    }
    assert_eq!(included.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hash_is_the_one_that_anybody_computes_from_the_message() {
    let node = Node::new();
    node.enqueue(user(7, Some(Address::repeat_byte(0xbb))), L1_TRANSACTION);
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let message =
        Message { index: 1, user_ordinal: 1, l1_number: 5, l1_time: 1_700_000_000, body: user(7, Some(Address::repeat_byte(0xbb))) };
    let transaction = message.transaction(Address::repeat_byte(9));
    let answer: Value = provider.raw_request("gainsay_getDeposit".into(), ["0x1"]).await.unwrap();
    assert_eq!(
        answer,
        json!({
            "index": "0x1",
            "kind": "user",
            "sourceHash": transaction.source_hash,
            "l2TransactionHash": transaction.tx_hash(),
            "from": Address::repeat_byte(0xaa),
            "to": Address::repeat_byte(0xbb),
            "mint": "0x7",
            "value": "0x7",
            "gas": "0x15f90",
            "l1TransactionHash": L1_TRANSACTION,
            "l1BlockNumber": "0x5",
            "l1BlockHash": B256::repeat_byte(5),
            "l1BlockTimestamp": "0x6553f100",
            "status": "enqueued",
        })
    );
    node.mine();
    let answer: Value = provider.raw_request("gainsay_getDeposit".into(), ["0x1"]).await.unwrap();
    let block = node.store().heads().latest;
    assert_eq!((&answer["status"], &answer["blockNumber"], &answer["blockHash"]), (&json!("included"), &json!("0x1"), &json!(block.hash)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_l1_or_the_sequencer_takes_back_is_no_longer_told() {
    let node = Node::new();
    node.enqueue(user(7, None), L1_TRANSACTION);
    node.mine();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    assert!(matches!(at(&provider, 1).await.expect("is known").status, DepositStatus::Included { block_number: 1, .. }));
    node.roll_back(1);
    assert_eq!(at(&provider, 1).await.expect("is known").status, DepositStatus::Enqueued);
    node.drop_messages(0);
    assert_eq!((at(&provider, 1).await, of_l1_transaction(&provider, L1_TRANSACTION).await), (None, vec![]));
    // The same transaction in another block of L1, after another deposit.
    node.enqueue(user(1, None), B256::repeat_byte(0x12));
    node.enqueue(user(7, None), L1_TRANSACTION);
    assert_eq!(of_l1_transaction(&provider, L1_TRANSACTION).await.iter().map(|deposit| deposit.index).collect::<Vec<_>>(), [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_the_inbox_itself_are_told_as_such_and_unknown_ones_not_at_all() {
    let node = Node::new();
    node.deposit();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let attributes = at(&provider, 1).await.expect("is known");
    assert_eq!((attributes.kind, attributes.mint, attributes.value), (DepositKind::Attributes, 0, U256::ZERO));
    for index in [0, 2, u64::MAX] {
        assert_eq!(at(&provider, index).await, None);
    }
    assert!(of_l1_transaction(&provider, B256::ZERO).await.is_empty());
    for (method, wrong) in [("gainsay_getDeposit", json!(["-1"])), ("gainsay_getDepositsByL1Transaction", json!(["0x11"]))] {
        let error = provider.raw_request::<_, Value>(method.into(), wrong).await.expect_err("is refused");
        assert_eq!(error.as_error_resp().map(|error| error.code), Some(-32602), "{method}");
    }
}
