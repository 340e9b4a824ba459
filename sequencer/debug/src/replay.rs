//! A block that is executed again, transaction by transaction.

use crate::{DebugError, World, machine::Machine, tracer::Tracer};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, Bytes};
use gainsay_execute::evm::{EvmError, Terms, block_env, cfg_env, deposit_env, user_env};
use gainsay_store::{StateReader, Store, StoreError, StoredBlock, TransactionRecord};
use gainsay_types::{ChainConfig, Transaction, predeploys::HISTORY_STORAGE};
use op_alloy_consensus::OpTxEnvelope;
use revm::{
    context::{TxEnv, result::EVMError},
    context_interface::result::ResultAndState,
};
use revm_inspectors::tracing::TransactionContext;

/// A block that is executed again, on the state after its parent.
pub(crate) struct Replay<'a> {
    block: &'a StoredBlock,
    machine: Machine<StateReader, Tracer>,
}

impl<'a> Replay<'a> {
    /// At the block's start, before its deposits.
    pub(crate) fn open(store: &Store, config: &ChainConfig, block: &'a StoredBlock, tracer: Tracer) -> Result<Self, DebugError> {
        let header = &block.header().header;
        let before = header.number.checked_sub(1).ok_or(DebugError::Genesis)?;
        let state = store.state_at(before)?.ok_or(StoreError::Dropped { number: header.number })?;
        if state.block().header.hash() != header.parent_hash {
            return Err(StoreError::Dropped { number: header.number }.into());
        }
        let mut machine = Machine::new(cfg_env(config), block_env(header), World::new(state), tracer);
        machine.system_call(HISTORY_STORAGE, Bytes::copy_from_slice(header.parent_hash.as_slice())).map_err(evm_error)?;
        Ok(Self { block, machine })
    }

    /// Executes the transaction at `index`, those before it having been executed, while nobody watches.
    pub(crate) fn pass(&mut self, index: usize) -> Result<(), DebugError> {
        self.machine.inspector().check_time()?;
        let (record, _) = self.record(index)?;
        let (tx, terms) = message(&record)?;
        let executed = self.machine.execute(tx.clone(), terms);
        let executed = self.settle(executed, &tx, terms)?;
        compare(&record, &executed)?;
        Ok(self.machine.commit(executed.state)?)
    }

    /// Executes the transaction at `index`, those before it having been executed, and writes down what it does.
    pub(crate) fn trace(&mut self, index: usize) -> Result<(), DebugError> {
        let (record, hash) = self.record(index)?;
        let (tx, terms) = message(&record)?;
        self.machine.inspector().begin()?;
        let executed = self.machine.watch(tx.clone(), terms);
        self.machine.inspector().stopped()?;
        if matches!((terms, &executed), (Terms::Deposit { .. }, Err(EVMError::Transaction(_)))) {
            self.machine.show_refused(&tx);
        }
        let executed = self.settle(executed, &tx, terms)?;
        compare(&record, &executed)?;
        let place = TransactionContext { block_hash: Some(self.block.header().header.hash()), tx_index: Some(index), tx_hash: Some(hash) };
        let (tracer, block, world) = self.machine.parts();
        tracer.finish(place, &tx, block, &executed, world)?;
        Ok(self.machine.commit(executed.state)?)
    }

    pub(crate) fn tracer(&mut self) -> &mut Tracer {
        self.machine.inspector()
    }

    pub(crate) fn into_tracer(self) -> Tracer {
        self.machine.into_parts().0
    }

    /// The state before the next transaction.
    pub(crate) fn into_world(self) -> World<StateReader> {
        self.machine.into_parts().1
    }

    fn settle(
        &mut self,
        executed: Result<ResultAndState, EvmError<StoreError>>,
        tx: &TxEnv,
        terms: Terms,
    ) -> Result<ResultAndState, DebugError> {
        let executed = match terms {
            Terms::Deposit { mint } => self.machine.settle_deposit(executed, tx, mint),
            Terms::User { .. } | Terms::Call | Terms::Ethereum => executed,
        };
        executed.map_err(evm_error)
    }

    fn record(&self, index: usize) -> Result<(TransactionRecord, B256), DebugError> {
        let found = self.block.transaction(index)?.zip(self.block.hash(index)?);
        let (block, count) = (self.block.header().header.number, self.block.len());
        found.ok_or(DebugError::Index { index, block, count })
    }
}

/// A stored transaction as the EVM takes it. Its sender was recovered when the block was executed; only who signed EIP-7702's authorisations is not stored.
pub(crate) fn message(record: &TransactionRecord) -> Result<(TxEnv, Terms), DebugError> {
    let terms = Terms::User { l1_fee: record.l1_fee };
    let tx = match &record.transaction {
        OpTxEnvelope::Deposit(deposit) => return Ok((deposit_env(deposit), Terms::Deposit { mint: deposit.mint })),
        OpTxEnvelope::Eip7702(_) => {
            let recovered = Transaction::new(record.transaction.clone()).and_then(Transaction::recover);
            user_env(&recovered.map_err(|reason| damaged(&reason))?)
        }
        envelope => env_of(envelope, record.sender),
    };
    Ok((tx, terms))
}

/// A transaction as revm takes it, if it is known who sent it: its signature is not looked at. Authorisations of EIP-7702 are left out, since they have signatures
/// of their own.
#[must_use]
pub fn env_of(envelope: &OpTxEnvelope, sender: Address) -> TxEnv {
    TxEnv {
        tx_type: u8::from(envelope.tx_type()),
        caller: sender,
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: envelope.max_priority_fee_per_gas(),
        ..TxEnv::default()
    }
}

/// INVARIANT: a trace tells of what happened: its gas, status and logs are the receipt's.
fn compare(record: &TransactionRecord, executed: &ResultAndState) -> Result<(), DebugError> {
    let result = &executed.result;
    let logs = if result.is_success() { result.logs() } else { &[] };
    let found = (result.is_success(), result.tx_gas_used(), logs.len());
    let expected = (record.receipt.status(), record.gas_used, record.receipt.logs().len());
    if found == expected && logs == record.receipt.logs() {
        return Ok(());
    }
    let say = |(success, gas, logs): (bool, u64, usize)| format!("success {success}, {gas} gas, {logs} logs");
    Err(DebugError::Receipt { hash: record.transaction.tx_hash(), found: say(found), expected: say(expected) })
}

pub(crate) fn evm_error(error: EvmError<StoreError>) -> DebugError {
    match error {
        EVMError::Database(error) => error.into(),
        other => damaged(&other),
    }
}

/// The transaction was executed once: there can be nothing wrong with it.
fn damaged(reason: &impl ToString) -> DebugError {
    StoreError::Damaged { record: "block body", reason: reason.to_string() }.into()
}
