//! A block in the making. Its header comes from where all blocks of the chain get theirs, and transactions run on the chain's EVM; what is different is that
//! a transaction need not be signed, and that base fee, gas limit and randomness may have been named.

use crate::{DevError, outbox::Unsigned};
use alloy::{
    consensus::{Header, Sealed, Transaction as _, proofs},
    primitives::{Address, B256, Bloom, U256},
};
use alloy_consensus::{Eip658Value, Receipt, ReceiptWithBloom};
use gainsay_execute::{
    BlockBuilder, ExecuteError, L1FeeParameters, UnsealedBlock,
    evm::{EvmError, Machine, Terms, block_env, cfg_env, user_env},
};
use gainsay_pool::Pooled;
use gainsay_store::{BlockHeader, StateReader, StoreError};
use gainsay_types::{ChainConfig, Message, Millis, predeploys::HISTORY_STORAGE};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope, OpTxType};
use revm::context::{TxEnv, result::ExecutionResult};

/// What is settled of a block before it is begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terrain<'a> {
    pub(crate) config: &'a ChainConfig,
    pub(crate) parent: &'a BlockHeader,
    pub(crate) time: Millis,
    /// Wei per gas.
    pub(crate) base_fee: u64,
    pub(crate) gas_limit: u64,
    /// None: the parent's, or L1's if that tells of itself.
    pub(crate) prev_randao: Option<B256>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Executed,
    /// It may fit a later block.
    Left,
    /// It can be executed in no block, for this reason.
    Rejected(String),
}

/// A block with transactions.
pub(crate) struct Assembly {
    machine: Machine<StateReader>,
    header: Header,
    l1_price: L1FeeParameters,
    transactions: Vec<OpTxEnvelope>,
    senders: Vec<Address>,
    receipts: Vec<OpReceiptEnvelope>,
    l1_fees: Vec<U256>,
    gas_used: u64,
}

impl Terrain<'_> {
    /// A block without transactions, but for what L1 tells.
    pub(crate) fn empty(&self, state: StateReader, news: &[Message]) -> Result<UnsealedBlock, DevError> {
        let config = self.own_config();
        Ok(BlockBuilder::begin(&config, &self.own_parent(), self.time, news, false, state).map_err(explain)?.finish())
    }

    /// The base fee and the gas limit are the block's own.
    fn own_config(&self) -> ChainConfig {
        ChainConfig { block_gas_limit: self.gas_limit, min_base_fee: 0, ..self.config.clone() }
    }

    /// The parent, as if its base fee were the one to come and it had used just as much gas as keeps it there.
    fn own_parent(&self) -> Sealed<Header> {
        let parent = &self.parent.header;
        let header = Header {
            base_fee_per_gas: Some(self.base_fee),
            gas_used: self.config.gas_target,
            mix_hash: self.prev_randao.unwrap_or(parent.mix_hash),
            ..parent.inner().clone()
        };
        Sealed::new_unchecked(header, parent.hash())
    }
}

impl Assembly {
    pub(crate) fn begin(terrain: &Terrain<'_>, state: &StateReader) -> Result<Self, DevError> {
        let config = terrain.own_config();
        let header =
            BlockBuilder::begin(&config, &terrain.own_parent(), terrain.time, &[], false, state.clone()).map_err(explain)?.header().clone();
        let mut machine = Machine::new(cfg_env(&config), block_env(&header), state.clone());
        let parent = &terrain.parent.header;
        machine.set_block_hash(parent.number, parent.hash());
        machine.system_call(HISTORY_STORAGE, parent.hash().0.into()).map_err(failed)?;
        Ok(Self {
            machine,
            header,
            l1_price: L1FeeParameters::read(state)?,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            l1_fees: Vec::new(),
            gas_used: 0,
        })
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// Executes a transaction that is signed.
    pub(crate) fn push(&mut self, pooled: &Pooled) -> Result<Outcome, DevError> {
        let transaction = pooled.transaction();
        let l1_fee = self.l1_price.fee(&transaction.transaction().encode());
        self.run(transaction.envelope(), pooled.sender(), user_env(transaction), l1_fee, Terms::User { l1_fee })
    }

    /// Executes one that is not: by the rules of a call, which look neither for a signature nor for code at the sender. There are no signed bytes to post, so
    /// it pays no L1 data fee.
    pub(crate) fn push_unsigned(&mut self, unsigned: &Unsigned) -> Result<Outcome, DevError> {
        let (sender, nonce) = (unsigned.sender(), unsigned.nonce());
        let next = self.machine.nonce(sender)?;
        if nonce > next {
            return Ok(Outcome::Left);
        }
        if nonce < next {
            return Ok(Outcome::Rejected(DevError::NonceTooLow { address: sender, nonce, next }.to_string()));
        }
        self.run(unsigned.envelope(), sender, unsigned.message(), U256::ZERO, Terms::Call)
    }

    fn run(&mut self, envelope: &OpTxEnvelope, sender: Address, tx: TxEnv, l1_fee: U256, terms: Terms) -> Result<Outcome, DevError> {
        if envelope.gas_limit() > self.header.gas_limit.saturating_sub(self.gas_used)
            || envelope.max_fee_per_gas() < u128::from(self.header.base_fee_per_gas.unwrap_or_default())
        {
            return Ok(Outcome::Left);
        }
        match self.machine.transact(tx, terms) {
            Ok(result) => self.record(envelope, sender, l1_fee, result),
            Err(EvmError::Transaction(reason)) => return Ok(Outcome::Rejected(reason.to_string())),
            Err(other) => return Err(failed(other)),
        }
        Ok(Outcome::Executed)
    }

    fn record(&mut self, envelope: &OpTxEnvelope, sender: Address, l1_fee: U256, result: ExecutionResult) {
        self.gas_used = self.gas_used.saturating_add(result.tx_gas_used());
        let status = Eip658Value::Eip658(result.is_success());
        let logs = if result.is_success() { result.into_logs() } else { Vec::new() };
        let receipt: ReceiptWithBloom<Receipt> = Receipt { status, cumulative_gas_used: self.gas_used, logs }.into();
        self.receipts.push(match envelope.tx_type() {
            OpTxType::Eip2930 => OpReceiptEnvelope::Eip2930(receipt),
            OpTxType::Eip1559 => OpReceiptEnvelope::Eip1559(receipt),
            OpTxType::Eip7702 => OpReceiptEnvelope::Eip7702(receipt),
            OpTxType::Legacy | OpTxType::PostExec | OpTxType::Deposit => OpReceiptEnvelope::Legacy(receipt),
        });
        self.transactions.push(envelope.clone());
        self.senders.push(sender);
        self.l1_fees.push(l1_fee);
    }

    pub(crate) fn finish(self) -> UnsealedBlock {
        let mut bloom = Bloom::ZERO;
        self.receipts.iter().for_each(|receipt| bloom |= *receipt.logs_bloom());
        let header = Header {
            transactions_root: proofs::calculate_transaction_root(&self.transactions),
            receipts_root: proofs::calculate_receipt_root(&self.receipts),
            logs_bloom: bloom,
            gas_used: self.gas_used,
            ..self.header.clone()
        };
        let Self { machine, transactions, senders, receipts, l1_fees, .. } = self;
        let changes = machine.into_changes();
        UnsealedBlock { header, transactions, senders, receipts, l1_fees, changes }
    }
}

fn explain(error: ExecuteError<StoreError>) -> DevError {
    match error {
        ExecuteError::Fault(fault) => fault.into(),
        ExecuteError::Database(error) => error.into(),
    }
}

fn failed(error: EvmError<StoreError>) -> DevError {
    match error {
        EvmError::Database(error) => error.into(),
        other => DevError::Execution(other.to_string()),
    }
}
