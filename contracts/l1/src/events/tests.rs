use super::*;
use crate::{FollowConfig, L1Block};
use alloy::primitives::{Address, B256, Bytes, Log as Inner, LogData, U256, keccak256};
use gainsay_bindings::{Games, Inbox, Rollup};
use gainsay_types::{BatchHeader, BatchKind, Message, MessageBody};

const INBOX: Address = Address::repeat_byte(1);
const ROLLUP: Address = Address::repeat_byte(2);
const MATCHES: Address = Address::repeat_byte(3);
const GAMES: Address = Address::repeat_byte(8);
const TRANSACTION: B256 = B256::repeat_byte(7);
const CONFIG: FollowConfig = FollowConfig::new(INBOX, ROLLUP, MATCHES, GAMES);

fn block() -> L1Block {
    L1Block { number: 40, hash: B256::repeat_byte(4), parent_hash: B256::repeat_byte(3), timestamp: 480 }
}

fn log(address: Address, data: LogData) -> Log {
    Log {
        inner: Inner { address, data },
        block_hash: Some(block().hash),
        block_number: Some(40),
        transaction_hash: Some(TRANSACTION),
        ..Log::default()
    }
}

/// A batch with calldata and a message, as the Inbox emits them.
fn logs() -> Vec<Log> {
    let payload = Bytes::from_static(b"a payload");
    let header = BatchHeader {
        kind: BatchKind::Calldata,
        payload_hash: keccak256(&payload),
        deposit_count: 0,
        deposit_acc: B256::ZERO,
        l1_number: 40,
        l1_time: 480,
        l1_base_fee: U256::from(7),
        l1_blob_base_fee: U256::from(1),
        batch_index: 1,
    };
    let attributes = gainsay_types::Attributes { base_fee: U256::from(7), blob_base_fee: U256::from(1), prev_randao: B256::repeat_byte(5) };
    let message = Message { index: 1, user_ordinal: 0, l1_number: 40, l1_time: 480, body: MessageBody::Attributes(attributes) };
    let batch = Inbox::BatchAppended { batchIndex: 1, acc: header.accumulate(B256::ZERO), header: header.encode().into(), payload };
    let enqueued = Inbox::MessageEnqueued {
        index: 1,
        acc: message.accumulate(B256::ZERO),
        kind: 1,
        userOrdinal: 0,
        l1Time: 480,
        body: message.body.encode().into(),
    };
    vec![log(INBOX, batch.encode_log_data()), log(INBOX, enqueued.encode_log_data())]
}

fn read(logs: &[Log]) -> Result<(InboxCursor, Vec<L1Event>), EventFault> {
    let mut cursor = InboxCursor::default();
    let events = cursor.read(&block(), &CONFIG, logs)?;
    Ok((cursor, events))
}

#[test]
fn any_changed_bit_of_an_event_is_found_or_means_nothing() {
    let honest = read(&logs()).unwrap();
    assert_eq!((honest.0.batches, honest.0.messages, honest.1.len()), (1, 1, 2));
    for event in &honest.1 {
        let L1Event::Inbox(InboxEvent::Batch { tx_hash, .. } | InboxEvent::Message { tx_hash, .. }) = event else { panic!("{event:?}") };
        assert_eq!(*tx_hash, TRANSACTION);
    }
    for index in 0..2 {
        let length = logs()[index].inner.data.data.len();
        for position in 0..length * 8 {
            let mut logs = logs();
            let mut data = logs[index].inner.data.data.to_vec();
            data[position / 8] ^= 1 << (position % 8);
            logs[index].inner.data.data = data.into();
            if let Ok(read) = read(&logs) {
                assert_eq!(read, honest, "bit {position} of log {index}");
            }
        }
    }
}

#[test]
fn a_fault_leaves_the_cursor_where_it_was() {
    let mut logs = logs();
    logs.push(logs[0].clone());
    let mut cursor = InboxCursor::default();
    let fault = cursor.read(&block(), &CONFIG, &logs).unwrap_err();
    assert_eq!(fault, EventFault::Gap { entry: "batch", expected: 2, found: 1 });
    assert_eq!(cursor, InboxCursor::default());
}

#[test]
fn an_entry_of_another_block_is_refused_and_other_contracts_are_skipped() {
    let mut elsewhere = logs();
    elsewhere[1].block_hash = Some(B256::ZERO);
    assert_eq!(read(&elsewhere).unwrap_err(), EventFault::Block { found: Some(B256::ZERO) });
    let later = L1Block { timestamp: 481, ..block() };
    let fault = InboxCursor::default().read(&later, &CONFIG, &logs()).unwrap_err();
    assert_eq!(fault, EventFault::Origin { entry: "batch", index: 1 });
    let strange = logs().into_iter().map(|log| Log { inner: Inner { address: Address::ZERO, ..log.inner }, ..log }).collect::<Vec<_>>();
    assert_eq!(read(&strange), Ok((InboxCursor::default(), vec![])));
}

#[test]
fn a_lost_stake_and_what_becomes_of_its_bond_are_told() {
    let (loser, winner, assertion) = (U256::from(7), U256::from(8), B256::repeat_byte(6));
    let logs = [
        Rollup::StakeDefeated { stakeId: loser, assertion, burned: U256::from(50) }.encode_log_data(),
        Rollup::StakeEvicted { stakeId: loser, assertion }.encode_log_data(),
        Rollup::PrizeAwarded { winner, loser, amount: U256::from(50), burned: false }.encode_log_data(),
        Rollup::Paid { owner: INBOX, to: ROLLUP, amount: U256::from(50) }.encode_log_data(),
        Rollup::ForkReopened { parent: assertion }.encode_log_data(),
    ];
    let (_, events) = read(&logs.map(|data| log(ROLLUP, data))).unwrap();
    let told = [
        RollupEvent::StakeDefeated { stake: loser, assertion, burned: U256::from(50) },
        RollupEvent::StakeEvicted { stake: loser, assertion },
        RollupEvent::PrizeAwarded { winner, loser, amount: U256::from(50), lost: false },
        RollupEvent::Paid { owner: INBOX, to: ROLLUP, amount: U256::from(50) },
        RollupEvent::ForkReopened { parent: assertion },
    ];
    assert_eq!(events, told.map(L1Event::Rollup));
}

#[test]
fn a_listed_assertion_is_told_and_the_event_of_the_op_stack_beside_it_is_not() {
    let (assertion, game) = (B256::repeat_byte(6), Address::repeat_byte(9));
    let created = Games::DisputeGameCreated { disputeProxy: game, gameType: 1, rootClaim: assertion }.encode_log_data();
    let listed = |index| log(GAMES, Games::AssertionListed { assertionId: assertion, index, game }.encode_log_data());
    let (_, events) = read(&[log(GAMES, created), listed(U256::from(7))]).unwrap();
    assert_eq!(events, [L1Event::Games(GamesEvent::Listed { assertion, index: 7, game })]);
    let fault = read(&[listed(U256::from(1) << 64)]).unwrap_err();
    assert!(matches!(fault, EventFault::Shape { event: "AssertionListed", .. }), "{fault}");
}
