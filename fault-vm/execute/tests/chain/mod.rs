//! A chain in memory: a genesis, signed transactions, blocks one after the other.
#![allow(dead_code)]

use alloy_consensus::{Header, Sealed, SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy, crypto::secp256k1::sign_message};
use alloy_eips::{
    eip2935::HISTORY_STORAGE_CODE,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, bytes, keccak256};
use gainsay_execute::{
    BlockBuilder, BlockError, ExecuteError, ExecutedBlock, Fault, execute_block,
    genesis::{GenesisAccount, GenesisAlloc, genesis_block},
    memory::MemoryState,
};
use gainsay_types::{
    Attributes, BlockInput, ChainConfig, Message, MessageBody, Millis, RecoveredTransaction, Transaction, UserDeposit,
    predeploys::{HISTORY_STORAGE, L1_BLOCK, l1_block_slot},
};
use op_alloy_consensus::OpTxEnvelope;

pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;
pub(crate) const CHAIN_ID: u64 = 42_069;
pub(crate) const GENESIS_TIME: Millis = Millis(1_700_000_000_250);

/// Reverts with 32 bytes of zeroes.
pub(crate) const REVERTER: Address = address!("00000000000000000000000000000000000000a1");
/// Stores what it sees of its block in slots 0 to 8.
pub(crate) const PROBE: Address = address!("00000000000000000000000000000000000000a2");
/// Stores the hash of the block whose number it is given, at that number.
pub(crate) const HASHES: Address = address!("00000000000000000000000000000000000000a3");
/// Emits a log with topic 7.
pub(crate) const LOGGER: Address = address!("00000000000000000000000000000000000000a4");
/// Has code and ether.
pub(crate) const RICH_CONTRACT: Address = address!("00000000000000000000000000000000000000a5");

/// A chain in memory.
pub(crate) struct Chain {
    pub(crate) config: ChainConfig,
    pub(crate) state: MemoryState,
    pub(crate) parent: Sealed<Header>,
    pub(crate) messages: u64,
}

/// An account with a key.
#[derive(Clone, Copy)]
pub(crate) struct Signer {
    key: B256,
    pub(crate) address: Address,
}

pub(crate) fn signer(index: u8) -> Signer {
    let key = keccak256([index]);
    let hash = B256::ZERO;
    let address = sign_message(key, hash).unwrap().recover_address_from_prehash(&hash).unwrap();
    Signer { key, address }
}

pub(crate) fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: CHAIN_ID,
        spec_id: 1,
        block_time_ms: 250,
        block_gas_limit: 60_000_000,
        gas_rate: 20_000_000,
        gas_target: 2_500_000,
        base_fee_denominator: 8,
        min_base_fee: 1_000,
        base_fee_scalar: 1_368,
        blob_base_fee_scalar: 810_949,
        portal: address!("000000000000000000000000000000000000f0f0"),
        genesis_hash: B256::ZERO,
    }
}

fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { code, nonce: U256::from(1), ..GenesisAccount::default() }
}

pub(crate) fn alloc() -> GenesisAlloc {
    let config = config();
    let scalars = U256::from(u64::from(config.base_fee_scalar) | u64::from(config.blob_base_fee_scalar) << 32);
    let mut alloc = GenesisAlloc::default();
    // Stores the words of `setL1Attributes`: number and time in slot 0, then the others.
    let l1_block = bytes!("60043560243560401b175f5560443560015560643560025560843560035500");
    alloc.0.insert(
        L1_BLOCK,
        GenesisAccount {
            storage: [
                (U256::from(l1_block_slot::BASE_FEE), U256::from(30_000_000_000u64)),
                (U256::from(l1_block_slot::BLOB_BASE_FEE), U256::from(1)),
                (U256::from(l1_block_slot::SCALARS), scalars),
            ]
            .into(),
            ..contract(l1_block)
        },
    );
    alloc.0.insert(HISTORY_STORAGE, contract(HISTORY_STORAGE_CODE.clone()));
    alloc.0.insert(REVERTER, contract(bytes!("60205ffd")));
    alloc.0.insert(PROBE, contract(bytes!("415f5542600155446002554a600355486004554560055543600655466007553a60085500")));
    alloc.0.insert(HASHES, contract(bytes!("5f35405f355500")));
    alloc.0.insert(LOGGER, contract(bytes!("60075f5fa100")));
    alloc.0.insert(RICH_CONTRACT, GenesisAccount { balance: U256::from(ETHER), ..contract(bytes!("00")) });
    for index in 0..8 {
        alloc.0.insert(signer(index).address, GenesisAccount { balance: U256::from(1_000 * ETHER), ..GenesisAccount::default() });
    }
    alloc
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self::with_config(config())
    }

    pub(crate) fn with_config(config: ChainConfig) -> Self {
        Self::with_alloc(config, &alloc())
    }

    pub(crate) fn with_alloc(config: ChainConfig, alloc: &GenesisAlloc) -> Self {
        let genesis = genesis_block(&config, GENESIS_TIME, 1_000_000_000, alloc).unwrap();
        let mut state = MemoryState::default();
        state.apply(&genesis.changes, genesis.nodes);
        state.block_hashes.insert(0, genesis.header.hash());
        Self { config, state, parent: genesis.header, messages: 0 }
    }

    /// Time of the latest block.
    pub(crate) fn time(&self) -> Millis {
        let extra: [u8; 2] = self.parent.extra_data.as_ref().try_into().unwrap();
        Millis::from_header(self.parent.timestamp, u16::from_be_bytes(extra))
    }

    /// Starts a block a second after the latest.
    pub(crate) fn begin(&self, deposits: &[Message]) -> BlockBuilder<'_, &MemoryState> {
        BlockBuilder::begin(&self.config, &self.parent, self.time().plus(1000), deposits, false, &self.state).unwrap()
    }

    /// Executes a block a second after the latest and makes it the latest.
    pub(crate) fn block(&mut self, deposits: Vec<Message>, transactions: Vec<Transaction>) -> ExecutedBlock {
        let input = BlockInput { timestamp: self.time().plus(1000), deposits, transactions, closing: false };
        self.execute(input).unwrap()
    }

    pub(crate) fn execute(&mut self, input: BlockInput) -> Result<ExecutedBlock, Fault> {
        match execute_block(&self.config, &self.parent, input, &self.state, &self.state) {
            Ok((block, nodes)) => {
                self.state.apply(&block.changes, nodes);
                self.state.block_hashes.insert(block.header.number, block.header.hash());
                self.parent = block.header.clone();
                Ok(block)
            }
            Err(BlockError::Execute(ExecuteError::Fault(fault))) => Err(fault),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.state.accounts.get(&address).map_or(U256::ZERO, |account| account.balance)
    }

    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.state.accounts.get(&address).map_or(0, |account| account.nonce)
    }

    pub(crate) fn slot(&self, address: Address, slot: u64) -> U256 {
        self.state.storage.get(&(address, U256::from(slot))).copied().unwrap_or_default()
    }

    pub(crate) fn supply(&self) -> U256 {
        self.state.accounts.values().map(|account| account.balance).sum()
    }

    fn message(&mut self, body: MessageBody) -> Message {
        self.messages += 1;
        Message { index: self.messages, user_ordinal: 0, l1_number: 77, l1_time: 1_700_000_000, body }
    }

    pub(crate) fn deposit(&mut self, deposit: UserDeposit) -> Message {
        self.message(MessageBody::User(deposit))
    }

    pub(crate) fn attributes(&mut self, base_fee: u64, blob_base_fee: u64, randao: u8) -> Message {
        self.message(MessageBody::Attributes(Attributes {
            base_fee: U256::from(base_fee),
            blob_base_fee: U256::from(blob_base_fee),
            prev_randao: B256::repeat_byte(randao),
        }))
    }
}

/// A deposit that mints and sends all that it mints.
pub(crate) fn deposit(from: Address, to: Option<Address>, wei: u128) -> UserDeposit {
    UserDeposit { from, to, mint: wei, value: wei, gas_limit: 100_000, data: Bytes::new() }
}

/// A transfer; tests change what they are about.
pub(crate) fn transfer(nonce: u64, to: Address, value: u128) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 7,
        to: TxKind::Call(to),
        value: U256::from(value),
        ..TxEip1559::default()
    }
}

impl Signer {
    pub(crate) fn sign<T>(&self, tx: T) -> Transaction
    where
        T: SignableTransaction<Signature>,
        OpTxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let signature = sign_message(self.key, tx.signature_hash()).unwrap();
        Transaction::new(OpTxEnvelope::from(tx.into_signed(signature))).unwrap()
    }

    pub(crate) fn recovered<T>(&self, tx: T) -> RecoveredTransaction
    where
        T: SignableTransaction<Signature>,
        OpTxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let recovered = self.sign(tx).recover().unwrap();
        assert_eq!(recovered.sender(), self.address);
        recovered
    }

    pub(crate) fn authorize(&self, nonce: u64, address: Address) -> SignedAuthorization {
        let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address, nonce };
        let signature = sign_message(self.key, authorization.signature_hash()).unwrap();
        authorization.into_signed(signature)
    }
}

pub(crate) fn legacy(nonce: u64, to: Address, value: u128, chain_id: Option<u64>) -> TxLegacy {
    TxLegacy {
        chain_id,
        nonce,
        gas_price: 3_000_000_000,
        gas_limit: 100_000,
        to: TxKind::Call(to),
        value: U256::from(value),
        input: Bytes::new(),
    }
}

pub(crate) fn access_list(nonce: u64, to: Address) -> TxEip2930 {
    TxEip2930 { chain_id: CHAIN_ID, nonce, gas_price: 3_000_000_000, gas_limit: 100_000, to: TxKind::Call(to), ..TxEip2930::default() }
}

pub(crate) fn delegation(nonce: u64, authorizations: Vec<SignedAuthorization>) -> TxEip7702 {
    TxEip7702 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 7,
        to: REVERTER,
        authorization_list: authorizations,
        ..TxEip7702::default()
    }
}
