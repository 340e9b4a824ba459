//! One simulated block.

use super::{
    logs::LogCollector,
    plan::Planned,
    roots::Roots,
    transaction::{blob_gas, receipt, unsigned},
};
use crate::{
    Overlay, Precompiles, Refusal, SimulationError,
    engine::Engine,
    halt_message, override_state,
    overrides::{base_fee_override, set_blob_base_fee, set_block_hashes},
    request::{Defaults, message},
    revert_message,
    scene::{explain, most_gas},
};
use alloy::rpc::types::{
    Block as BlockJson, BlockTransactions, Header as HeaderJson, Log as LogJson, Transaction as TransactionJson, TransactionRequest,
    simulate::{SimCallResult, SimulateError, SimulatedBlock},
};
use alloy_consensus::{
    Block, BlockBody, EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header, ReceiptEnvelope, Sealable, Sealed, Transaction as _, TxEnvelope,
    proofs, transaction::Recovered,
};
use alloy_eips::{eip4895::Withdrawals, eip7685::EMPTY_REQUESTS_HASH};
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U256};
use alloy_rlp::Encodable;
use gainsay_execute::{
    evm::{block_env, cfg_env},
    next_base_fee,
    trie::NodeSource,
};
use gainsay_types::{ChainConfig, predeploys::HISTORY_STORAGE};
use revm::{
    DatabaseRef,
    context::{TxEnv, result::ExecutionResult},
};

/// The chain of simulated blocks so far.
#[derive(Debug)]
pub(super) struct Chain<'a, D, N> {
    pub(super) config: &'a ChainConfig,
    pub(super) parent: Sealed<Header>,
    /// Fee recipient of the simulated block before; none before the first.
    pub(super) beneficiary: Address,
    pub(super) state: Overlay<D>,
    pub(super) roots: Roots<N>,
    /// Gas left for everything.
    pub(super) gas: u64,
    pub(super) validation: bool,
    pub(super) trace_transfers: bool,
    pub(super) full_transactions: bool,
}

/// What the calls of a block did.
#[derive(Debug, Default)]
struct Done {
    transactions: Vec<TxEnvelope>,
    senders: Vec<Address>,
    receipts: Vec<ReceiptEnvelope>,
    calls: Vec<SimCallResult>,
    gas_used: u64,
    blob_gas_used: u64,
    /// Number of the next log.
    next_log: u64,
}

impl<D, N> Chain<'_, D, N>
where
    D: DatabaseRef,
    N: NodeSource<Error = D::Error>,
{
    /// Executes the next block.
    pub(super) fn extend(&mut self, block: Planned) -> Result<SimulatedBlock, SimulationError<D::Error>> {
        self.state.watch().check()?;
        let header = self.header(&block)?;
        let mut engine = self.engine(&header, &block)?;
        override_state(&mut self.state, &mut engine.precompiles, &block.state)?;
        let parent = Bytes::copy_from_slice(header.parent_hash.as_slice());
        engine.system_call(&mut self.state, HISTORY_STORAGE, parent).map_err(|error| explain::<D>(error, &TxEnv::default(), 0))?;
        let mut done = Done::default();
        for call in block.calls {
            self.state.watch().check()?;
            self.execute(&engine, call, &mut done)?;
        }
        let header = self.seal(header, &done)?;
        self.beneficiary = header.beneficiary;
        self.parent = header.clone();
        Ok(done.into_block(header, self.full_transactions))
    }

    /// What is known before execution. Defaults are those of the specification: no randomness, the fee recipient of the simulated block before.
    fn header(&self, block: &Planned) -> Result<Header, SimulationError<D::Error>> {
        let (parent, overrides) = (&self.parent, &block.overrides);
        let base_fee = match overrides.base_fee {
            Some(base_fee) => base_fee_override(base_fee)?,
            None if self.validation => next_base_fee(self.config, parent.gas_used, parent.base_fee_per_gas.unwrap_or_default()),
            None => 0,
        };
        Ok(Header {
            parent_hash: parent.hash(),
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: overrides.coinbase.unwrap_or(self.beneficiary),
            number: block.number,
            gas_limit: overrides.gas_limit.unwrap_or(parent.gas_limit),
            timestamp: block.timestamp,
            mix_hash: overrides.random.unwrap_or_default(),
            base_fee_per_gas: Some(base_fee),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(overrides.beacon_root.unwrap_or(B256::ZERO)),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        })
    }

    fn engine(&mut self, header: &Header, block: &Planned) -> Result<Engine, SimulationError<D::Error>> {
        let mut cfg = cfg_env(self.config);
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        let mut env = block_env(header);
        set_blob_base_fee(&mut env, block.overrides.blob_base_fee)?;
        self.state.set_block_hash(self.parent.number, self.parent.hash());
        set_block_hashes(&mut self.state, block.overrides.block_hash.as_ref());
        Ok(Engine { precompiles: Precompiles::new(cfg.spec), cfg, block: env, strict: self.validation, free: false })
    }

    fn execute(&mut self, engine: &Engine, call: TransactionRequest, done: &mut Done) -> Result<(), SimulationError<D::Error>> {
        let tx = self.message(engine, call, done.gas_used)?;
        let mut collector = LogCollector::new(self.trace_transfers, done.next_log);
        let result = engine.inspect(&mut self.state, tx.clone(), &mut collector);
        let (result, changes) = result.map_err(|error| explain::<D>(error, &tx, engine.block.basefee))?;
        self.state.commit(changes);
        self.gas = self.gas.saturating_sub(result.tx_gas_used());
        let (logs, next) = collector.finish();
        done.next_log = next;
        done.record(&tx, result, logs);
        Ok(())
    }

    /// A call without a gas limit gets what the block and the simulation have left.
    fn message(&mut self, engine: &Engine, call: TransactionRequest, used: u64) -> Result<TxEnv, SimulationError<D::Error>> {
        let limit = engine.block.gas_limit;
        let gas = call.gas.unwrap_or_else(|| limit.saturating_sub(used));
        let asked = used.saturating_add(gas);
        if asked > limit {
            return Err(SimulationError::Refused { refusal: Refusal::BlockGas { asked, limit }, gas });
        }
        let nonce = match call.nonce {
            Some(nonce) => nonce,
            None => self.state.account(call.from.unwrap_or_default())?.map(|account| account.nonce).unwrap_or_default(),
        };
        let defaults = Defaults { chain_id: self.config.l2_chain_id, base_fee: engine.block.basefee, gas, nonce };
        let tx = message(call, defaults)?;
        Ok(TxEnv { gas_limit: gas.min(self.gas), ..tx })
    }

    fn seal(&mut self, header: Header, done: &Done) -> Result<Sealed<Header>, SimulationError<D::Error>> {
        let roots = self.roots.update(&mut self.state)?;
        let header = Header {
            transactions_root: proofs::calculate_transaction_root(&done.transactions),
            receipts_root: proofs::calculate_receipt_root(&done.receipts),
            logs_bloom: done.receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom()),
            gas_used: done.gas_used,
            blob_gas_used: Some(done.blob_gas_used),
            state_root: roots.state_root,
            withdrawals_root: Some(roots.message_passer_root),
            ..header
        };
        Ok(header.seal_slow())
    }
}

impl Done {
    fn record(&mut self, tx: &TxEnv, result: ExecutionResult, logs: Vec<(u64, Log)>) {
        let transaction = unsigned(tx);
        let gas_used = result.tx_gas_used();
        self.gas_used = self.gas_used.saturating_add(gas_used);
        self.blob_gas_used = self.blob_gas_used.saturating_add(blob_gas(tx));
        let success = result.is_success();
        self.receipts.push(receipt(transaction.tx_type(), success, self.gas_used, result.logs().to_vec()));
        self.calls.push(SimCallResult {
            // What a revert returns is in its error.
            return_data: result.output().filter(|_| success).cloned().unwrap_or_default(),
            // Where they are is filled in once the block is sealed.
            logs: logs.into_iter().map(|(number, inner)| LogJson { inner, log_index: Some(number), ..LogJson::default() }).collect(),
            gas_used,
            max_used_gas: Some(most_gas(&result)),
            status: success,
            error: failure(&result),
        });
        self.transactions.push(transaction);
        self.senders.push(tx.caller);
    }

    fn into_block(self, header: Sealed<Header>, full: bool) -> SimulatedBlock {
        let Self { transactions, senders, mut calls, .. } = self;
        place_logs(&header, &transactions, &mut calls);
        let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: Some(Withdrawals::default()) };
        let whole = Block { header: header.inner().clone(), body };
        let size = U256::from(whole.length());
        let transactions = whole.body.transactions;
        let transactions = if full {
            let each = (0..).zip(transactions).zip(senders);
            BlockTransactions::Full(
                each.map(|((index, transaction), sender)| whole_transaction(&header, index, transaction, sender)).collect(),
            )
        } else {
            BlockTransactions::Hashes(transactions.iter().map(|transaction| *transaction.tx_hash()).collect())
        };
        let header = HeaderJson::from_consensus(header, None, Some(size));
        SimulatedBlock { inner: BlockJson { header, uncles: Vec::new(), transactions, withdrawals: Some(Withdrawals::default()) }, calls }
    }
}

fn place_logs(header: &Sealed<Header>, transactions: &[TxEnvelope], calls: &mut [SimCallResult]) {
    for (index, (transaction, call)) in (0u64..).zip(transactions.iter().zip(calls)) {
        for log in &mut call.logs {
            log.block_hash = Some(header.hash());
            log.block_number = Some(header.number);
            log.block_timestamp = Some(header.timestamp);
            log.transaction_hash = Some(*transaction.tx_hash());
            log.transaction_index = Some(index);
        }
    }
}

fn whole_transaction(header: &Sealed<Header>, index: u64, transaction: TxEnvelope, sender: Address) -> TransactionJson {
    let price = transaction.effective_gas_price(header.base_fee_per_gas);
    TransactionJson {
        inner: Recovered::new_unchecked(transaction, sender),
        block_hash: Some(header.hash()),
        block_number: Some(header.number),
        transaction_index: Some(index),
        effective_gas_price: Some(price),
        block_timestamp: Some(header.timestamp),
    }
}

fn failure(result: &ExecutionResult) -> Option<SimulateError> {
    match result {
        ExecutionResult::Success { .. } => None,
        ExecutionResult::Revert { output, .. } => Some(SimulateError {
            code: SimulateError::EXECUTION_REVERTED_CODE,
            message: revert_message(output),
            data: Some(output.clone()),
        }),
        ExecutionResult::Halt { reason, .. } => {
            Some(SimulateError { code: SimulateError::VM_EXECUTION_ERROR_CODE, message: halt_message(reason), data: None })
        }
    }
}
