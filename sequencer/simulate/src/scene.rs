//! Where calls run.

use crate::{
    Overlay, Precompiles, Refusal, SimulationError, Watch,
    engine::{Engine, EngineError, SimulationContext},
    override_block, override_state,
    request::{Defaults, affordable_gas, message},
};
use alloy::rpc::types::{BlockOverrides, TransactionRequest, state::StateOverride};
use alloy_consensus::Header;
use alloy_primitives::{Address, U256};
use gainsay_execute::{
    CallOutcome, CallStatus,
    evm::{block_env, cfg_env},
};
use gainsay_types::ChainConfig;
use revm::{
    DatabaseRef, Inspector,
    context::{
        TxEnv,
        result::{EVMError, ExecutionResult},
    },
    database_interface::DBErrorMarker,
    interpreter::interpreter::EthInterpreter,
};

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Gas of one call, or of a whole simulation.
    pub gas: u64,
    /// Time.
    pub watch: Watch,
    /// Blocks of a simulation, those of gaps included.
    pub blocks: u64,
}

/// A state and a block for calls to run in, both with overrides. Calls leave no trace: each finds the same state.
#[derive(Debug)]
pub struct Scene<'a, D> {
    pub(crate) config: &'a ChainConfig,
    pub(crate) engine: Engine,
    pub(crate) state: Overlay<D>,
    pub(crate) gas: u64,
    /// Wei that the zero address has been lent for the call under way.
    gift: U256,
}

impl<'a, D: DatabaseRef> Scene<'a, D> {
    /// Calls run as if they were in a block with `header`, on the state of `db`.
    pub fn new(config: &'a ChainConfig, header: &Header, db: D, allowance: Allowance) -> Self {
        // The cap is also what revm splits gas by.
        let mut cfg = cfg_env(config);
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        let engine = Engine { precompiles: Precompiles::new(cfg.spec), cfg, block: block_env(header), strict: false, free: true };
        Self { config, engine, state: Overlay::new(db, allowance.watch), gas: allowance.gas, gift: U256::ZERO }
    }

    /// Puts overrides over the state.
    ///
    /// # Errors
    /// On overrides that contradict each other, and when the state cannot be read.
    pub fn override_state(&mut self, overrides: &StateOverride) -> Result<(), SimulationError<D::Error>> {
        override_state(&mut self.state, &mut self.engine.precompiles, overrides)
    }

    /// Puts overrides over the block.
    ///
    /// # Errors
    /// On numbers that no block has, and on what makes sense only for whole blocks.
    pub fn override_block(&mut self, overrides: &BlockOverrides) -> Result<(), SimulationError<D::Error>> {
        Ok(override_block(&mut self.state, &mut self.engine.block, overrides)?)
    }

    /// Runs a call with as much gas as it asks for, at most what is allowed; if it names none, at most what the caller can pay for.
    ///
    /// # Errors
    /// When it cannot be executed at all, takes too long, or the state cannot be read. That it reverts is no error here.
    pub fn call(&mut self, request: TransactionRequest) -> Result<CallOutcome, SimulationError<D::Error>> {
        let tx = self.prepare(request)?;
        self.run(tx)
    }

    /// As [`Self::call`], watched by an inspector.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn inspect<'s, I>(&'s mut self, request: TransactionRequest, inspector: I) -> Result<ExecutionResult, SimulationError<D::Error>>
    where
        I: Inspector<SimulationContext<'s, D>, EthInterpreter>,
    {
        let tx = self.prepare(request)?;
        self.run_inspected(tx, inspector)
    }

    pub(crate) fn run_inspected<'s, I>(&'s mut self, tx: TxEnv, inspector: I) -> Result<ExecutionResult, SimulationError<D::Error>>
    where
        I: Inspector<SimulationContext<'s, D>, EthInterpreter>,
    {
        let engine = &self.engine;
        let result = engine.inspect(&mut self.state, tx.clone(), inspector);
        result.map(|(result, _)| result).map_err(|error| explain::<D>(error, &tx, engine.block.basefee))
    }

    /// The message of a request. One that names no sender comes from the zero address, and has the ether that it sends: viem estimates a deposit's gas
    /// on L2 without a sender, since the deposit brings its ether along.
    pub(crate) fn prepare(&mut self, request: TransactionRequest) -> Result<TxEnv, SimulationError<D::Error>> {
        let (named, gift) = (request.gas, request.value.filter(|_| request.from.is_none()));
        let mut tx = self.message(request)?;
        self.lend(gift.unwrap_or_default())?;
        if named.is_none() && tx.gas_price > 0 {
            let balance = self.state.account(tx.caller)?.map(|account| account.balance).unwrap_or_default();
            tx.gas_limit = affordable_gas(balance, tx.value, tx.gas_price).map_or(self.gas, |gas| gas.min(self.gas));
        }
        Ok(tx)
    }

    /// Gives the zero address so much on top of what it has, instead of what it was lent before.
    fn lend(&mut self, gift: U256) -> Result<(), SimulationError<D::Error>> {
        if gift.is_zero() && self.gift.is_zero() {
            return Ok(());
        }
        let balance = self.state.account(Address::ZERO)?.map(|account| account.balance).unwrap_or_default();
        let own = balance.saturating_sub(self.gift);
        let with = own.saturating_add(gift);
        self.gift = with.saturating_sub(own);
        Ok(self.state.update(Address::ZERO, |account| account.balance = with)?)
    }

    fn message(&mut self, request: TransactionRequest) -> Result<TxEnv, SimulationError<D::Error>> {
        let nonce = match request.nonce {
            Some(nonce) => nonce,
            None => self.state.account(request.from.unwrap_or_default())?.map(|account| account.nonce).unwrap_or_default(),
        };
        let defaults = Defaults { chain_id: self.config.l2_chain_id, base_fee: self.engine.block.basefee, gas: self.gas, nonce };
        let tx = message(request, defaults)?;
        Ok(TxEnv { gas_limit: tx.gas_limit.min(self.gas), ..tx })
    }

    pub(crate) fn run(&mut self, tx: TxEnv) -> Result<CallOutcome, SimulationError<D::Error>> {
        let engine = &self.engine;
        let result = engine.run(&mut self.state, tx.clone());
        result.map(|(result, _)| outcome(result)).map_err(|error| explain::<D>(error, &tx, engine.block.basefee))
    }
}

/// What the EVM's complaint about a message means.
pub(crate) fn explain<D: DatabaseRef>(error: EngineError<D>, tx: &TxEnv, base_fee: u64) -> SimulationError<D::Error> {
    match error {
        EVMError::Database(error) => error.into(),
        EVMError::Transaction(reason) => SimulationError::Refused { refusal: Refusal::new(reason, tx, base_fee), gas: tx.gas_limit },
        EVMError::Header(reason) => evm_failure(reason),
        EVMError::Custom(reason) => evm_failure(reason),
        EVMError::CustomAny(reason) => evm_failure(reason),
    }
}

fn evm_failure<E: DBErrorMarker>(reason: impl core::fmt::Display) -> SimulationError<E> {
    SimulationError::Evm { reason: reason.to_string() }
}

pub(crate) fn outcome(result: ExecutionResult) -> CallOutcome {
    let (gas_used, gas_spent) = (result.tx_gas_used(), most_gas(&result));
    let contract_address = result.created_address();
    let output = result.output().cloned().unwrap_or_default();
    let (status, logs) = match result {
        ExecutionResult::Success { logs, .. } => (CallStatus::Success, logs),
        ExecutionResult::Revert { .. } => (CallStatus::Revert, Vec::new()),
        ExecutionResult::Halt { reason, .. } => (CallStatus::Halt(reason), Vec::new()),
    };
    CallOutcome { status, gas_used, gas_spent, output, logs, contract_address }
}

/// Gas before refunds, or the floor price of the data if that is more.
pub(crate) fn most_gas(result: &ExecutionResult) -> u64 {
    result.gas().total_gas_spent().max(result.gas().floor_gas())
}

/// Wei that a message may cost beside its gas.
pub(crate) fn beside_gas(tx: &TxEnv) -> U256 {
    use revm::context::Transaction as _;
    let blobs = if tx.blob_hashes.is_empty() { U256::ZERO } else { tx.calc_max_data_fee() };
    tx.value.saturating_add(blobs)
}
