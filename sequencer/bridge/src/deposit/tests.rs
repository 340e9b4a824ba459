//! The hashes were computed by viem 2, with the lines of docs/bridge.md.

use super::*;
use alloy::primitives::{Log as PrimitiveLog, b256};
use gainsay_types::{Attributes, UserDeposit};

const BLOCK_GAS: u64 = 30_000_000;

fn contracts() -> Contracts {
    Contracts { portal: Address::repeat_byte(10), ..Contracts::of(Address::repeat_byte(1), B256::ZERO) }
}

fn message(body: &MessageBody, index: u64) -> Log {
    let body = (body.kind(), Bytes::from(body.encode()));
    let event = MessageEnqueued { index, acc: B256::ZERO, kind: body.0, userOrdinal: 1, l1Time: 7, body: body.1 };
    Log { inner: PrimitiveLog { address: contracts().inbox, data: event.encode_log_data() }, ..Log::default() }
}

fn user(data: &'static [u8]) -> MessageBody {
    let (from, to) = (Address::repeat_byte(2), Some(Address::repeat_byte(3)));
    MessageBody::User(UserDeposit { from, to, mint: 5, value: 4, gas_limit: 100_000, data: Bytes::from_static(data) })
}

fn found(logs: &[Log]) -> Result<Vec<Enqueued>, BridgeError> {
    enqueued(&contracts(), B256::repeat_byte(9), logs)
}

#[test]
fn a_deposit_has_the_hash_that_viem_computes_by_the_documented_lines() {
    let deposits = found(&[message(&user(b"call"), 12)]).expect("good logs");
    let [one] = deposits.as_slice() else { panic!("one deposit, not {deposits:?}") };
    assert_eq!((one.index, one.mint, one.value, one.gas_limit), (12, U256::from(5), U256::from(4), 100_000));
    assert_eq!((one.from, one.to), (Address::repeat_byte(2), Some(Address::repeat_byte(3))));
    assert_eq!(one.source_hash, b256!("7e8885266bb90a90c344bd4b65e963e9ac6d4271b70b170a4c337d5587b60c33"));
    assert_eq!(one.l2_transaction_hash, b256!("6ff11f3f27082778bdf8df9d63be6938f9f42232e9d5d457d44267ff632085dd"));
}

#[test]
fn several_deposits_of_a_transaction_keep_their_order_and_other_logs_are_none() {
    let attributes = MessageBody::Attributes(Attributes { base_fee: U256::ONE, blob_base_fee: U256::ONE, prev_randao: B256::ZERO });
    let mut foreign = message(&user(b""), 3);
    foreign.inner.address = Address::repeat_byte(4);
    let logs = [message(&user(b"x"), 1), message(&attributes, 2), foreign, message(&user(b"x"), 4)];
    let indices: Vec<_> = found(&logs).expect("good logs").iter().map(|one| one.index).collect();
    assert_eq!(indices, [1, 4]);
}

#[test]
fn a_log_that_the_inbox_cannot_emit_is_refused() {
    let mut log = message(&user(b""), 1);
    log.inner.data = PrimitiveLog::new_unchecked(Address::ZERO, log.topics().to_vec(), Bytes::from_static(&[1, 2])).data;
    assert!(matches!(found(&[log]), Err(BridgeError::BadLog { .. })));
}

#[test]
fn gas_and_data_are_checked_before_anything_is_sent() {
    let mut deposit = Deposit::ether(Address::ZERO, U256::ONE);
    assert_eq!(deposit.gas_limit(BLOCK_GAS).ok(), Some(100_000));
    deposit.gas = Some(20_999);
    assert!(matches!(deposit.gas_limit(BLOCK_GAS), Err(BridgeError::Gas { least: 21_000, .. })));
    deposit.gas = Some((1 << 24) + 1);
    assert!(matches!(deposit.gas_limit(BLOCK_GAS), Err(BridgeError::Gas { most: 0x0100_0000, .. })));
    deposit.gas = None;
    deposit.data = vec![0; MAX_MESSAGE_DATA].into();
    assert_eq!(deposit.gas_limit(BLOCK_GAS).ok(), Some(2 * (21_000 + 4_000_000)));
    deposit.data = vec![0; MAX_MESSAGE_DATA + 1].into();
    assert!(matches!(deposit.gas_limit(BLOCK_GAS), Err(BridgeError::Data { .. })));
}
