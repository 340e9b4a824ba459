//! Users who send each other ether or tokens, and their traffic as batches on an L1 in memory.

use crate::support::{L1, Posted, START};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex, keccak256};
use eyre::Result;
use gainsay_execute::genesis::{Genesis, GenesisAccount, GenesisAlloc, genesis_block};
use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA, Transaction, batch::BatchBlock};
use op_alloy_consensus::OpTxEnvelope;
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey, SignOnly};
use std::{sync::LazyLock, thread};

/// What every transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ether from one user to another.
    Transfers,
    /// The transfer of a token: two slots, one of them new when the recipient is, and an event.
    Tokens,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Tokens => "tokens",
        }
    }
}

static CURVE: LazyLock<Secp256k1<SignOnly>> = LazyLock::new(Secp256k1::signing_only);
const CHAIN_ID: u64 = 42_002;
const USERS: u64 = 2_000;
const TOKEN: Address = address!("00000000000000000000000000000000000e4c20");
/// `transfer(to, amount)` of a token, without checks: the sender's slot less the amount, the recipient's more, and the event `Transfer`.
const TOKEN_CODE: &[u8] = &hex!(
    "602435" // amount
    "3354" "81" "9003" "3355" // sstore(caller, sload(caller) - amount)
    "600435" "54" "81" "01" "600435" "55" // sstore(to, sload(to) + amount)
    "600052" // mstore(0, amount)
    "600435" "33" "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef" "6020" "6000" "a3"
    "600160005260206000f3"
);

/// A chain with room for such blocks, and users with ether and tokens.
pub(crate) fn network() -> Result<(ChainConfig, Genesis)> {
    let mut config = ChainConfig {
        l2_chain_id: CHAIN_ID,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 250,
        block_gas_limit: 1_000_000_000,
        gas_rate: 1_000_000_000,
        gas_target: 1_000_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1_000,
        base_fee_scalar: 1_000_000,
        blob_base_fee_scalar: 0,
        portal: Address::repeat_byte(0x70),
        genesis_hash: B256::ZERO,
    };
    let mut alloc = GenesisAlloc::default();
    let mut storage = std::collections::BTreeMap::new();
    for user in 0..USERS {
        let address = sender(&key(user)?);
        alloc.0.insert(address, GenesisAccount { balance: U256::from(10u128.pow(24)), ..GenesisAccount::default() });
        storage.insert(U256::from_be_slice(address.as_slice()), U256::from(u64::MAX));
    }
    let code = Bytes::from_static(TOKEN_CODE);
    alloc.0.insert(TOKEN, GenesisAccount { code, nonce: U256::from(1), storage, ..GenesisAccount::default() });
    let genesis = genesis_block(&config, Millis::from_secs(START), 1_000, &alloc)?;
    config.genesis_hash = genesis.header.hash();
    Ok((config, genesis))
}

/// `blocks` blocks of `size` transactions, so many blocks a batch as fit into six blobs.
pub(crate) fn batches(l1: &mut L1, kind: Kind, blocks: u64, size: u64) -> Result<u64> {
    let threads = thread::available_parallelism()?.get() as u64;
    let share = blocks.div_ceil(threads);
    let parts: Vec<Result<Vec<BatchBlock>>> = thread::scope(|scope| {
        let part = |first: u64| scope.spawn(move || (first..blocks.min(first + share)).map(|number| block(kind, number, size)).collect());
        let parts: Vec<_> = (0..blocks).step_by(usize::try_from(share).unwrap_or(1)).map(part).collect();
        parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let blocks = parts.into_iter().collect::<Result<Vec<_>>>()?.concat();
    // About 90 and 110 bytes each, compressed.
    let batch = usize::try_from(6 * 125_000 / (110 * size)).unwrap_or(1).max(1);
    for blocks in blocks.chunks(batch) {
        l1.post(blocks.to_vec(), 0, Posted::Blobs);
    }
    Ok(l1.batches().0)
}

fn block(kind: Kind, number: u64, size: u64) -> Result<BatchBlock> {
    let transactions = (0..size).map(|index| transaction(kind, number * size + index)).collect::<Result<_>>()?;
    Ok(BatchBlock { delay_ms: 0, deposits: 0, transactions })
}

/// The one numbered `index`: users take turns; every other recipient is new.
fn transaction(kind: Kind, index: u64) -> Result<Transaction> {
    let (user, nonce) = (index % USERS, index / USERS);
    let other = match index % 2 {
        0 => Address::from_word(keccak256(index.to_be_bytes())),
        _ => sender(&key((user * 7 + nonce) % USERS)?),
    };
    let amount = U256::from(1 + index % 1_000);
    let (to, value, input, gas_limit) = match kind {
        Kind::Transfers => (other, amount, Bytes::new(), 21_000),
        Kind::Tokens => {
            let call = [&hex!("a9059cbb")[..], &other.into_word()[..], &amount.to_be_bytes::<32>()].concat();
            (TOKEN, U256::ZERO, call.into(), 100_000)
        }
    };
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: 1_000_000_000,
        max_priority_fee_per_gas: 10,
        to: TxKind::Call(to),
        value,
        input,
        ..TxEip1559::default()
    };
    sign(&key(user)?, transaction)
}

fn sign(key: &SecretKey, transaction: TxEip1559) -> Result<Transaction> {
    let digest = Message::from_digest(transaction.signature_hash().0);
    let (id, bytes) = CURVE.sign_ecdsa_recoverable(digest, key).serialize_compact();
    let signature = Signature::from_bytes_and_parity(&bytes, i32::from(id) == 1);
    Ok(Transaction::new(OpTxEnvelope::from(transaction.into_signed(signature)))?)
}

fn key(user: u64) -> Result<SecretKey> {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&(user + 1).to_be_bytes());
    Ok(SecretKey::from_byte_array(bytes)?)
}

fn sender(key: &SecretKey) -> Address {
    let public = PublicKey::from_secret_key(&CURVE, key).serialize_uncompressed();
    Address::from_slice(&keccak256(&public[1..])[12..])
}
