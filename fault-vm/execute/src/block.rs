//! Executing one block.

use crate::{
    ExecuteError, ExecutedBlock, ExecutedTransaction, Fault, L1FeeParameters, MAX_TRANSACTION_GAS, UnsealedBlock,
    evm::{EvmError, Machine, Terms, block_env, cfg_env, deposit_env, user_env},
    fault::Subject,
    header,
    trie::{NodeSource, TrieError, TrieNodes, update_state_root},
};
use alloc::vec::Vec;
use alloy_consensus::{Header, Sealable, Sealed, Transaction as _, proofs};
use alloy_primitives::{Address, Bloom, Bytes, U256};
use gainsay_types::{
    BlockInput, ChainConfig, Message, Millis, RecoveredTransaction,
    predeploys::{HISTORY_STORAGE, L1_BLOCK, l1_block_slot},
};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope, OpTxType, TxDeposit};
use revm::{
    DatabaseRef,
    context::result::{ExecutionResult, Output},
};

/// A block in the making.
#[derive(Debug)]
pub struct BlockBuilder<'a, DB: DatabaseRef> {
    config: &'a ChainConfig,
    machine: Machine<DB>,
    header: Header,
    l1_fees: L1FeeParameters,
    gas_left: u64,
    transactions: Vec<OpTxEnvelope>,
    senders: Vec<Address>,
    executed: Vec<ExecutedTransaction>,
}

impl<'a, DB: DatabaseRef> BlockBuilder<'a, DB> {
    /// Starts the block after `parent`: the parent's hash goes into EIP-2935's contract, and the deposits are executed.
    ///
    /// `db` is the state after `parent`; of its block hashes, those before the parent are read. A closing block takes no user transactions.
    ///
    /// # Errors
    /// On a time before the earliest, on deposits beyond the block gas limit, and when the state cannot be read. Neither fault can
    /// happen to a closing block that is not before its parent.
    pub fn begin(
        config: &'a ChainConfig,
        parent: &Sealed<Header>,
        timestamp: Millis,
        deposits: &[Message],
        closing: bool,
        db: DB,
    ) -> Result<Self, ExecuteError<DB::Error>> {
        let gas_left = gas_for_users(config, parent, timestamp, deposits, closing)?;
        let header = header::next(config, parent, timestamp, deposits)?;
        let mut machine = Machine::new(cfg_env(config), block_env(&header), db);
        machine.set_block_hash(parent.number, parent.hash());
        machine.system_call(HISTORY_STORAGE, Bytes::copy_from_slice(parent.hash().as_slice())).map_err(without_fault)?;
        let mut block = Self {
            config,
            machine,
            header,
            l1_fees: L1FeeParameters::default(),
            gas_left,
            transactions: Vec::new(),
            senders: Vec::new(),
            executed: Vec::new(),
        };
        for message in deposits {
            block.deposit(message.transaction(config.portal))?;
        }
        block.l1_fees = read_l1_fees(&mut block.machine).map_err(ExecuteError::Database)?;
        Ok(block)
    }

    /// Gas that user transactions may still use.
    #[must_use]
    pub const fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// The header so far: number, time, base fee and randomness are final.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What L1 data costs in this block.
    #[must_use]
    pub const fn l1_fee_parameters(&self) -> L1FeeParameters {
        self.l1_fees
    }

    /// Transactions executed so far, deposits first.
    #[must_use]
    pub fn executed(&self) -> &[ExecutedTransaction] {
        &self.executed
    }

    /// Executes a user transaction.
    ///
    /// # Errors
    /// On a fault, after which the block is as before and can go on; and when the state cannot be read.
    pub fn push(&mut self, tx: RecoveredTransaction) -> Result<&ExecutedTransaction, ExecuteError<DB::Error>> {
        let gas_limit = tx.envelope().gas_limit();
        if gas_limit > MAX_TRANSACTION_GAS {
            return Err(Fault::GasLimitCap { gas_limit, cap: MAX_TRANSACTION_GAS }.into());
        }
        if gas_limit > self.gas_left {
            return Err(Fault::GasLeft { gas_limit, left: self.gas_left }.into());
        }
        let l1_fee = self.l1_fees.fee(&tx.transaction().encode());
        let result = self.machine.transact(user_env(&tx), Terms::User { l1_fee }).map_err(|error| {
            let base_fee = self.header.base_fee_per_gas.unwrap_or_default();
            Subject::of(&tx, self.config.l2_chain_id, base_fee, self.gas_left).explain(error)
        })?;
        let envelope = tx.envelope();
        let executed = ExecutedTransaction {
            tx_type: envelope.tx_type(),
            effective_gas_price: envelope.effective_gas_price(self.header.base_fee_per_gas),
            l1_fee,
            contract_address: envelope.kind().is_create().then(|| tx.sender().create(envelope.nonce())),
            ..outcome(result)
        };
        self.gas_left = self.gas_left.saturating_sub(executed.gas_used);
        let sender = tx.sender();
        self.transactions.push(tx.into_transaction().into_envelope());
        Ok(self.record(sender, executed))
    }

    /// Ends the block.
    #[must_use]
    pub fn finish(self) -> UnsealedBlock {
        let l1_fees = self.executed.iter().map(|executed| executed.l1_fee).collect();
        let mut cumulative = 0u64;
        let mut bloom = Bloom::ZERO;
        let mut receipts = Vec::with_capacity(self.executed.len());
        for executed in self.executed {
            cumulative = cumulative.saturating_add(executed.gas_used);
            let receipt: OpReceiptEnvelope = executed.into_receipt(cumulative);
            bloom |= *receipt.logs_bloom();
            receipts.push(receipt);
        }
        let header = Header {
            transactions_root: proofs::calculate_transaction_root(&self.transactions),
            receipts_root: proofs::calculate_receipt_root(&receipts),
            logs_bloom: bloom,
            gas_used: cumulative,
            ..self.header
        };
        let changes = self.machine.into_changes();
        UnsealedBlock { header, transactions: self.transactions, senders: self.senders, receipts, l1_fees, changes }
    }

    fn deposit(&mut self, deposit: TxDeposit) -> Result<(), ExecuteError<DB::Error>> {
        let nonce = self.machine.nonce(deposit.from).map_err(ExecuteError::Database)?;
        let result = self.machine.deposit(deposit_env(&deposit), deposit.mint).map_err(without_fault)?;
        let executed = ExecutedTransaction {
            tx_type: OpTxType::Deposit,
            deposit_nonce: Some(nonce),
            contract_address: deposit.to.is_create().then(|| deposit.from.create(nonce)),
            ..result.map_or_else(|| failed(deposit.gas_limit), outcome)
        };
        let sender = deposit.from;
        self.transactions.push(OpTxEnvelope::Deposit(deposit.seal_slow()));
        self.record(sender, executed);
        Ok(())
    }

    fn record(&mut self, sender: Address, executed: ExecutedTransaction) -> &ExecutedTransaction {
        self.senders.push(sender);
        let position = self.executed.len();
        self.executed.push(executed);
        // The vector has just grown beyond `position`.
        #[allow(clippy::indexing_slicing)]
        &self.executed[position]
    }
}

/// Executes a whole block as derivation hands it over, recovers the senders, and computes the roots. Returns the block and the
/// trie nodes that are new since `parent`.
///
/// `db` is the state after `parent`, `nodes` its trie.
///
/// # Errors
/// On any fault of the block or of one of its transactions; and when the state or the trie cannot be read.
pub fn execute_block<DB: DatabaseRef, N: NodeSource>(
    config: &ChainConfig,
    parent: &Sealed<Header>,
    input: BlockInput,
    db: DB,
    nodes: &N,
) -> Result<(ExecutedBlock, TrieNodes), BlockError<DB::Error, N::Error>> {
    let mut block = BlockBuilder::begin(config, parent, input.timestamp, &input.deposits, input.closing, db)?;
    for tx in input.transactions {
        let hash = tx.hash();
        let tx = tx.recover().map_err(|_| ExecuteError::Fault(Fault::Signature { hash }))?;
        block.push(tx)?;
    }
    let block = block.finish();
    let update = update_state_root(parent.state_root, &block.changes, nodes)?;
    Ok((block.seal(update.roots), update.nodes))
}

/// Why a whole block could not be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError<D, N> {
    /// A fault of the block, or the state cannot be read.
    #[error(transparent)]
    Execute(#[from] ExecuteError<D>),
    /// The trie cannot be read.
    #[error("the state trie cannot be read")]
    Trie(#[from] TrieError<N>),
}

/// Gas that the block's user transactions may use (`docs/protocol.md`, section 2).
fn gas_for_users(
    config: &ChainConfig,
    parent: &Sealed<Header>,
    timestamp: Millis,
    deposits: &[Message],
    closing: bool,
) -> Result<u64, Fault> {
    let parent_time = header::time(parent)?;
    let least = if closing { parent_time } else { parent_time.plus(config.block_time_ms) };
    if timestamp < least {
        return Err(Fault::TooEarly { timestamp, least });
    }
    if closing {
        return Ok(0);
    }
    let total = deposits.iter().fold(0u64, |sum, message| sum.saturating_add(message.gas_limit()));
    let limit = config.block_gas_limit;
    let room = limit.checked_sub(total).ok_or(Fault::DepositGas { total, limit })?;
    let rate = u128::from(config.gas_rate).saturating_mul(u128::from(timestamp.since(parent_time))).wrapping_div(1000);
    Ok(room.min(u64::try_from(rate).unwrap_or(u64::MAX)))
}

fn read_l1_fees<DB: DatabaseRef>(machine: &mut Machine<DB>) -> Result<L1FeeParameters, DB::Error> {
    let mut slot = |slot: u64| machine.storage(L1_BLOCK, U256::from(slot));
    let (base_fee, blob_base_fee) = (slot(l1_block_slot::BASE_FEE)?, slot(l1_block_slot::BLOB_BASE_FEE)?);
    Ok(L1FeeParameters::from_slots(base_fee, blob_base_fee, slot(l1_block_slot::SCALARS)?))
}

/// Deposits and system calls fail only with the database; what else the EVM may say of them would be its own failure.
fn without_fault<E>(error: EvmError<E>) -> ExecuteError<E> {
    match error {
        EvmError::Database(error) => ExecuteError::Database(error),
        other => ExecuteError::Fault(Fault::Evm(match other {
            EvmError::Transaction(reason) => alloc::format!("{reason}"),
            EvmError::Header(reason) => alloc::format!("{reason}"),
            EvmError::Custom(reason) => reason,
            EvmError::CustomAny(reason) => alloc::format!("{reason}"),
            EvmError::Database(_) => alloc::string::String::new(),
        })),
    }
}

fn failed(gas_used: u64) -> ExecutedTransaction {
    ExecutedTransaction {
        tx_type: OpTxType::Deposit,
        success: false,
        gas_used,
        effective_gas_price: 0,
        l1_fee: U256::ZERO,
        logs: Vec::new(),
        contract_address: None,
        output: Bytes::new(),
        deposit_nonce: None,
    }
}

/// What the EVM's result says; the caller knows the rest.
fn outcome(result: ExecutionResult) -> ExecutedTransaction {
    let gas_used = result.tx_gas_used();
    match result {
        ExecutionResult::Success { logs, output, .. } => {
            let output = match output {
                Output::Call(data) | Output::Create(data, _) => data,
            };
            ExecutedTransaction { success: true, logs, output, ..failed(gas_used) }
        }
        ExecutionResult::Revert { output, .. } => ExecutedTransaction { output, ..failed(gas_used) },
        ExecutionResult::Halt { .. } => failed(gas_used),
    }
}
