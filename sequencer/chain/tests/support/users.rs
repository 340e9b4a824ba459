//! Transactions and deposits.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, address, keccak256};
use gainsay_types::{MessageBody, Transaction, UserDeposit};
use op_alloy_consensus::OpTxEnvelope;
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};

pub const CHAIN_ID: u64 = 42_001;
/// Users with ether from the start.
pub const USERS: u8 = 4;
/// Its storage slot (first word of the calldata) becomes the second word.
pub const CONTRACT: Address = address!("00000000000000000000000000000000000c0de0");
/// `SSTORE(CALLDATALOAD(0), CALLDATALOAD(32))`.
pub const STORING_CODE: &[u8] = &[0x60, 0x20, 0x35, 0x60, 0x00, 0x35, 0x55, 0x00];

fn key(user: u8) -> SecretKey {
    SecretKey::from_byte_array([user + 1; 32]).expect("a valid key")
}

pub fn address(user: u8) -> Address {
    let public = PublicKey::from_secret_key(&Secp256k1::new(), &key(user)).serialize_uncompressed();
    Address::from_slice(&keccak256(&public[1..])[12..])
}

fn sign(user: u8, transaction: TxEip1559) -> Transaction {
    let digest = Message::from_digest(transaction.signature_hash().0);
    let (id, bytes) = Secp256k1::new().sign_ecdsa_recoverable(digest, &key(user)).serialize_compact();
    let signature = Signature::from_bytes_and_parity(&bytes, i32::from(id) == 1);
    Transaction::new(OpTxEnvelope::from(transaction.into_signed(signature))).expect("a user type")
}

fn call(user: u8, nonce: u64, to: Address, value: u64, input: Bytes) -> Transaction {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 1_000_000_000,
        max_priority_fee_per_gas: 10,
        to: TxKind::Call(to),
        value: U256::from(value),
        input,
        ..TxEip1559::default()
    };
    sign(user, transaction)
}

pub fn transfer(user: u8, nonce: u64, to: Address, value: u64) -> Transaction {
    call(user, nonce, to, value, Bytes::new())
}

fn store_words(slot: u64, value: u64) -> Bytes {
    [U256::from(slot).to_be_bytes::<32>(), U256::from(value).to_be_bytes::<32>()].concat().into()
}

/// Sets a slot of [`CONTRACT`]; zero clears it.
pub fn call_contract(user: u8, nonce: u64, slot: u64, value: u64) -> Transaction {
    call(user, nonce, CONTRACT, 0, store_words(slot, value))
}

/// Mints ether for an account without a key and sets a slot of [`CONTRACT`] on the way.
pub fn deposit(mint: u64, slot: u64) -> MessageBody {
    MessageBody::User(UserDeposit {
        from: Address::repeat_byte(0xd0),
        to: Some(CONTRACT),
        mint: u128::from(mint),
        value: 0,
        gas_limit: 100_000,
        data: store_words(slot, mint),
    })
}
