//! A chain small enough for tests: a real store, blocks as execution makes them.

use crate::{DebugError, TraceLimits, trace_block, trace_transaction};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use gainsay_execute::{
    BlockBuilder, ExecutedBlock,
    genesis::{GenesisAccount, GenesisAlloc, genesis_block},
};
use gainsay_store::{Commit, Databases, History, Store, StoredBlock, Writer};
use gainsay_types::{ChainConfig, Message, MessageBody, Millis, Transaction, UserDeposit};
use op_alloy_consensus::OpTxEnvelope;
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

pub(super) const CHAIN_ID: u64 = 901;
pub(super) const ETHER: u128 = 1_000_000_000_000_000_000;
/// Wei per gas that pays any base fee here.
const MAX_FEE: u128 = 1_000_000_000;
const START: Millis = Millis(1_700_000_000_000);

pub(super) struct Chain {
    pub(super) config: ChainConfig,
    writer: Writer,
    _directory: TempDir,
}

pub(super) fn signer(who: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(who + 1)).unwrap()
}

pub(super) fn sender(who: u8) -> Address {
    signer(who).address()
}

/// Address of the contract `index` of the genesis block.
pub(super) fn contract(index: u8) -> Address {
    Address::repeat_byte(0xc0 + index)
}

impl Chain {
    /// Three rich senders, and contracts with some ether and this code.
    pub(super) fn new(codes: impl IntoIterator<Item = Bytes>) -> Self {
        let mut config = ChainConfig {
            l2_chain_id: CHAIN_ID,
            spec_id: 1,
            block_time_ms: 250,
            block_gas_limit: 60_000_000,
            gas_rate: 60_000_000,
            gas_target: 5_000_000,
            base_fee_denominator: 50,
            min_base_fee: 1_000,
            base_fee_scalar: 1_000_000,
            blob_base_fee_scalar: 0,
            portal: Address::repeat_byte(9),
            genesis_hash: B256::ZERO,
        };
        let rich = GenesisAccount { balance: U256::from(100 * ETHER), ..GenesisAccount::default() };
        let mut alloc = GenesisAlloc((0..3).map(|who| (sender(who), rich.clone())).collect());
        for (index, code) in codes.into_iter().enumerate() {
            let balance = U256::from(1_000);
            alloc.0.insert(contract(index as u8), GenesisAccount { nonce: U256::from(1), balance, code, ..GenesisAccount::default() });
        }
        // An empty account that the genesis block states: it stays when it is touched.
        alloc.0.insert(Address::repeat_byte(0xee), GenesisAccount::default());
        let genesis = genesis_block(&config, START, 1_000, &alloc).unwrap();
        config.genesis_hash = genesis.header.hash();
        let directory = TempDir::new().unwrap();
        let databases = Databases::open(directory.path(), 1 << 24).unwrap();
        let (writer, _) = Writer::over(databases, &genesis, History::Archive).unwrap();
        Self { config, writer, _directory: directory }
    }

    pub(super) fn store(&self) -> &Store {
        self.writer.store()
    }

    pub(super) fn nonce(&self, who: u8) -> u64 {
        self.store().latest_state().unwrap().account(sender(who)).unwrap().unwrap().nonce
    }

    /// Makes a block of these; a transaction that cannot be executed is left out.
    pub(super) fn block(&mut self, deposits: &[UserDeposit], transactions: Vec<Transaction>) -> ExecutedBlock {
        let store = self.store().clone();
        let parent = store.header(store.heads().latest.number).unwrap().unwrap();
        let messages: Vec<Message> =
            deposits.iter().enumerate().map(|(index, deposit)| message(parent.deposit_index, index, deposit)).collect();
        let state = store.latest_state().unwrap();
        let time = parent.time().plus(1_250);
        let mut block = BlockBuilder::begin(&self.config, &parent.header, time, &messages, false, state).unwrap();
        for transaction in transactions {
            // What is left out is a fault of the transaction; the test's senders may run dry or get their nonces wrong.
            let _ = block.push(transaction.recover().unwrap());
        }
        let block = block.finish();
        let roots = self.writer.roots(parent.header.number, &block.changes).unwrap();
        let block = block.seal(roots);
        let mut commit = Commit::new(&store);
        commit.push_block(&block, parent.deposit_index + messages.len() as u64).unwrap();
        self.writer.apply(commit).unwrap();
        block
    }

    pub(super) fn stored(&self, number: u64) -> Arc<StoredBlock> {
        self.store().stored_block(number).unwrap().unwrap()
    }

    pub(super) fn trace(&self, number: u64, index: usize, options: Value) -> Value {
        self.try_trace(number, index, options, &TraceLimits::default()).unwrap()
    }

    pub(super) fn try_trace(&self, number: u64, index: usize, options: Value, limits: &TraceLimits) -> Result<Value, DebugError> {
        let (block, options) = (self.stored(number), serde_json::from_value(options).unwrap());
        let trace = trace_transaction(self.store(), &self.config, &block, index, options, limits)?;
        Ok(serde_json::from_str(trace.get()).unwrap())
    }

    pub(super) fn trace_block(&self, number: u64, options: Value) -> Value {
        let (block, options) = (self.stored(number), serde_json::from_value(options).unwrap());
        let trace = trace_block(self.store(), &self.config, &block, options, &TraceLimits::default()).unwrap();
        serde_json::from_str(trace.get()).unwrap()
    }
}

fn message(before: u64, index: usize, deposit: &UserDeposit) -> Message {
    let index = before + 1 + index as u64;
    Message { index, user_ordinal: index, l1_number: 5, l1_time: START.secs(), body: MessageBody::User(deposit.clone()) }
}

/// A transaction of type 2.
pub(super) fn call(who: u8, nonce: u64, to: TxKind, value: u64, gas_limit: u64, input: Bytes) -> Transaction {
    let (max_fee_per_gas, max_priority_fee_per_gas) = (MAX_FEE, 7);
    let (chain_id, value, access_list) = (CHAIN_ID, U256::from(value), Default::default());
    sign(who, TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, to, value, access_list, input })
}

/// A transaction of type 0.
pub(super) fn legacy(who: u8, nonce: u64, to: TxKind, value: u64, gas_limit: u64, input: Bytes) -> Transaction {
    let (chain_id, gas_price, value) = (Some(CHAIN_ID), MAX_FEE, U256::from(value));
    sign(who, TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
}

pub(super) fn sign<T: SignableTransaction<Signature>>(who: u8, transaction: T) -> Transaction
where
    OpTxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = signer(who).sign_hash_sync(&transaction.signature_hash()).unwrap();
    Transaction::new(transaction.into_signed(signature).into()).unwrap()
}
