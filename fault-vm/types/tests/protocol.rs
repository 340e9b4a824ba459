//! The numbers and layouts of `docs/protocol.md`, written out: a constant that changes here changes the chain.
#![allow(missing_docs)]

use alloy_consensus::{Sealable, SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex, keccak256};
use gainsay_types::{
    ATTRIBUTES_GAS, ATTRIBUTES_SENDER, Attributes, BLOCK_STEPS_PER_ASSERTION, CLOSING, ChainConfig, ConfigError, InvalidTransaction,
    MAX_BATCHES_PER_ASSERTION, MAX_BLOBS_PER_BATCH, MAX_CALLDATA_PAYLOAD, MAX_MESSAGE_DATA, MAX_MESSAGES_PER_BATCH, Message, MessageBody,
    MessageError, SPEC_ID_OSAKA, Transaction, UserDeposit, assertion_id,
    batch::MAX_BLOCKS_PER_BATCH,
    blob::{BLOB_BYTES, BLOB_CAPACITY},
    inputs_hash,
    payload::MAX_DECOMPRESSED,
    predeploys,
};
use op_alloy_consensus::OpTxEnvelope;

#[test]
fn the_limits_are_those_of_the_protocol() {
    assert_eq!((MAX_MESSAGES_PER_BATCH, MAX_CALLDATA_PAYLOAD, MAX_BLOBS_PER_BATCH, MAX_MESSAGE_DATA), (512, 100_000, 6, 100_000));
    assert_eq!((MAX_DECOMPRESSED, MAX_BLOCKS_PER_BATCH), (8_388_608, 4_096));
    assert_eq!((BLOB_BYTES, BLOB_CAPACITY), (131_072, 130_048));
    assert_eq!((BLOCK_STEPS_PER_ASSERTION, MAX_BATCHES_PER_ASSERTION), (32_768, 4_096));
    assert_eq!((CLOSING, ATTRIBUTES_GAS, SPEC_ID_OSAKA), (0xffff_ffff_ffff_ffff, 150_000, 1));
}

#[test]
fn the_addresses_are_those_of_the_protocol() {
    assert_eq!(predeploys::SEQUENCER_FEE_VAULT, address!("4200000000000000000000000000000000000011"));
    assert_eq!(predeploys::BASE_FEE_VAULT, address!("4200000000000000000000000000000000000019"));
    assert_eq!(predeploys::L1_FEE_VAULT, address!("420000000000000000000000000000000000001a"));
    assert_eq!(predeploys::L1_BLOCK, address!("4200000000000000000000000000000000000015"));
    assert_eq!(predeploys::MESSAGE_PASSER, address!("4200000000000000000000000000000000000016"));
    assert_eq!(predeploys::HISTORY_STORAGE, address!("0000f90827f1c53a10cb7a02335b175320002935"));
    assert_eq!(ATTRIBUTES_SENDER, address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001"));
}

fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: 0x0102,
        spec_id: 1,
        block_time_ms: 0x0304,
        block_gas_limit: 60_000_000,
        gas_rate: 0x0506,
        gas_target: 0x0708,
        base_fee_denominator: 0x090a,
        min_base_fee: 0x0b0c,
        base_fee_scalar: 0x0d0e,
        blob_base_fee_scalar: 0x0f10,
        portal: Address::repeat_byte(0x11),
        genesis_hash: B256::repeat_byte(0x12),
    }
}

#[test]
fn the_config_hash_covers_every_field_in_order() {
    let bytes = hex!(
        "0000000000000102 01 0000000000000304 0000000003938700 0000000000000506 0000000000000708 000000000000090a 0000000000000b0c
         00000d0e 00000f10 1111111111111111111111111111111111111111
         1212121212121212121212121212121212121212121212121212121212121212"
    );
    assert_eq!(config().hash(), keccak256(bytes));
    // Other rules are another chain.
    assert_ne!(ChainConfig { spec_id: 2, ..config() }.hash(), config().hash());
}

#[test]
fn a_config_that_no_chain_can_run_with_is_refused() {
    let least = ChainConfig { block_gas_limit: 20_000_000, gas_target: 20_000_000, ..config() };
    assert_eq!((config().validate(), least.validate()), (Ok(()), Ok(())));
    for spec_id in [0, 2, 255] {
        assert_eq!(ChainConfig { spec_id, ..config() }.validate(), Err(ConfigError::Spec(spec_id)));
    }
    let zeroes = [
        (ChainConfig { l2_chain_id: 0, ..config() }, "l2ChainId"),
        (ChainConfig { block_time_ms: 0, ..config() }, "blockTimeMs"),
        (ChainConfig { gas_rate: 0, ..config() }, "gasRate"),
        (ChainConfig { gas_target: 0, ..config() }, "gasTarget"),
        (ChainConfig { base_fee_denominator: 0, ..config() }, "baseFeeDenominator"),
    ];
    for (config, name) in zeroes {
        assert_eq!(config.validate(), Err(ConfigError::Zero(name)));
    }
    assert_eq!(ChainConfig { block_gas_limit: 19_999_999, ..config() }.validate(), Err(ConfigError::GasLimit(19_999_999)));
    let target = ChainConfig { gas_target: 60_000_001, ..config() };
    assert_eq!(target.validate(), Err(ConfigError::Target { target: 60_000_001, limit: 60_000_000 }));
}

fn message(body: MessageBody) -> Message {
    Message { index: 0x0a0b, user_ordinal: 0x0102, l1_number: 0x0304, l1_time: 0x0506, body }
}

fn user() -> UserDeposit {
    let (from, to) = (Address::repeat_byte(0xaa), Some(Address::repeat_byte(0xbb)));
    UserDeposit { from, to, mint: 0x0c, value: 0x0d, gas_limit: 0x0e0f, data: Bytes::from_static(&[1, 2, 3]) }
}

fn attributes() -> Attributes {
    Attributes { base_fee: U256::from(7), blob_base_fee: U256::from(8), prev_randao: B256::repeat_byte(9) }
}

#[test]
fn a_message_is_accumulated_with_its_kind_ordinal_block_and_body() {
    let body = hex!(
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
         000000000000000000000000000000000000000000000000000000000000000c
         000000000000000000000000000000000000000000000000000000000000000d 0000000000000e0f 00 010203"
    );
    let head = hex!("00 0000000000000102 0000000000000304 0000000000000506");
    let previous = B256::repeat_byte(0x55);
    let expected = keccak256([&previous[..], &head, keccak256(body).as_slice()].concat());
    assert_eq!(message(MessageBody::User(user())).accumulate(previous), expected);

    let body = hex!(
        "0000000000000000000000000000000000000000000000000000000000000007
         0000000000000000000000000000000000000000000000000000000000000008
         0909090909090909090909090909090909090909090909090909090909090909"
    );
    let head = hex!("01 0000000000000102 0000000000000304 0000000000000506");
    let expected = keccak256([&previous[..], &head, keccak256(body).as_slice()].concat());
    assert_eq!(message(MessageBody::Attributes(attributes())).accumulate(previous), expected);
}

#[test]
fn a_source_hash_is_of_domain_portal_and_position() {
    let portal = Address::repeat_byte(0x77);
    let position = keccak256(hex!(
        "0000000000000000000000007777777777777777777777777777777777777777
         0000000000000000000000000000000000000000000000000000000000000a0b"
    ));
    let expected = |domain: u8| keccak256([B256::with_last_byte(domain), position].concat());
    assert_eq!(message(MessageBody::User(user())).transaction(portal).source_hash, expected(0));
    assert_eq!(message(MessageBody::Attributes(attributes())).transaction(portal).source_hash, expected(1));
}

#[test]
fn an_attributes_message_becomes_the_call_that_the_protocol_says() {
    let deposit = message(MessageBody::Attributes(attributes())).transaction(Address::ZERO);
    assert_eq!((deposit.from, deposit.to), (ATTRIBUTES_SENDER, TxKind::Call(predeploys::L1_BLOCK)));
    assert_eq!((deposit.gas_limit, deposit.mint, deposit.value, deposit.is_system_transaction), (150_000, 0, U256::ZERO, false));
    assert_eq!(message(MessageBody::Attributes(attributes())).gas_limit(), 150_000);
    assert_eq!(deposit.input[..4], keccak256("setL1Attributes(uint64,uint64,uint256,uint256,bytes32)")[..4]);
    let words = hex!(
        "0000000000000000000000000000000000000000000000000000000000000304
         0000000000000000000000000000000000000000000000000000000000000506
         0000000000000000000000000000000000000000000000000000000000000007
         0000000000000000000000000000000000000000000000000000000000000008
         0909090909090909090909090909090909090909090909090909090909090909"
    );
    assert_eq!(deposit.input[4..], words);
}

#[test]
fn a_user_deposit_becomes_a_transaction_with_all_of_its_fields() {
    let deposit = message(MessageBody::User(user())).transaction(Address::ZERO);
    assert_eq!((deposit.from, deposit.to), (Address::repeat_byte(0xaa), TxKind::Call(Address::repeat_byte(0xbb))));
    assert_eq!((deposit.mint, deposit.value, deposit.gas_limit, &deposit.input[..]), (0x0c, U256::from(0x0d), 0x0e0f, &[1, 2, 3][..]));
    assert!(!deposit.is_system_transaction);
    // The zero address is a callee like any other; only the flag makes a creation.
    let to_zero = UserDeposit { to: Some(Address::ZERO), ..user() };
    let to_zero = MessageBody::User(to_zero);
    assert_eq!(MessageBody::decode(0, &to_zero.encode()), Ok(to_zero.clone()));
    assert_eq!(message(to_zero).transaction(Address::ZERO).to, TxKind::Call(Address::ZERO));
    let creation = UserDeposit { to: None, ..user() };
    assert_eq!(message(MessageBody::User(creation)).transaction(Address::ZERO).to, TxKind::Create);
}

#[test]
fn bodies_that_the_contracts_cannot_have_made_are_refused() {
    let good = MessageBody::User(user()).encode();
    let with = |position: usize, byte: u8| {
        let mut body = good.clone();
        body[position] = byte;
        MessageBody::decode(0, &body)
    };
    // The lowest byte of the upper halves of mint and value: 2^128.
    assert_eq!((with(55, 1), with(87, 1)), (Err(MessageError::Range), Err(MessageError::Range)));
    // A creation names no callee, and the flag is 0 or 1.
    assert_eq!((with(112, 1), with(112, 2)), (Err(MessageError::Range), Err(MessageError::Range)));
    assert_eq!(MessageBody::decode(0, &good[..112]), Err(MessageError::Length { kind: 0, length: 112 }));
    assert_eq!(MessageBody::decode(1, &[0; 95]), Err(MessageError::Length { kind: 1, length: 95 }));
    assert_eq!(MessageBody::decode(1, &[0; 97]), Err(MessageError::Length { kind: 1, length: 97 }));
    assert_eq!(MessageBody::decode(2, &good), Err(MessageError::Kind(2)));
}

#[test]
fn claims_are_hashes_of_two_words() {
    let (left, right) = (B256::repeat_byte(1), B256::repeat_byte(2));
    assert_eq!(assertion_id(left, right), keccak256([left, right].concat()));
    assert_eq!(inputs_hash(0x0304, right), keccak256([B256::from(U256::from(0x0304)), right].concat()));
}

/// A transaction of type 2 that anybody may have signed.
fn transaction() -> TxEip1559 {
    TxEip1559 { chain_id: 1, gas_limit: 21_000, to: TxKind::Call(Address::repeat_byte(1)), ..TxEip1559::default() }
}

fn signature() -> Signature {
    Signature::new(U256::from(1), U256::from(2), false)
}

#[test]
fn users_send_exactly_one_transaction_of_a_type_that_is_theirs() {
    let good = OpTxEnvelope::from(transaction().into_signed(signature())).encoded_2718();
    assert_eq!(Transaction::decode(&good).map(|transaction| transaction.encode()), Ok(good.clone()));
    assert_eq!(Transaction::decode(&[&good[..], &[0]].concat()), Err(InvalidTransaction::Encoding));
    assert_eq!(Transaction::decode(&good[..good.len() - 1]), Err(InvalidTransaction::Encoding));
    let deposit = message(MessageBody::User(user())).transaction(Address::ZERO).encoded_2718();
    assert_eq!(deposit[0], 0x7e);
    assert_eq!(Transaction::decode(&deposit), Err(InvalidTransaction::Type));
    for unknown in [3, 5, 0x7f] {
        assert_eq!(Transaction::decode(&[&[unknown], &good[1..]].concat()), Err(InvalidTransaction::Type));
    }
    let deposit = OpTxEnvelope::Deposit(message(MessageBody::User(user())).transaction(Address::ZERO).seal_slow());
    assert_eq!(Transaction::new(deposit), Err(InvalidTransaction::Type));
}
