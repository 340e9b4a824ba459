//! The EVM that executes a block again.

use crate::{World, rules::Rules};
use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, TxKind, U256};
use gainsay_execute::evm::{EvmError, SYSTEM_ADDRESS, SYSTEM_CALL_GAS, Terms};
use revm::{
    DatabaseRef, Inspector,
    context::{BlockEnv, CfgEnv, Context, ContextSetters, ContextTr, CreateScheme, Journal, TxEnv},
    context_interface::{
        JournalTr,
        journaled_state::account::JournaledAccountTr,
        result::{EVMError, ExecutionResult, HaltReason, OutOfGasError, ResultAndState, ResultGas},
    },
    handler::{Handler, MainBuilder, MainnetEvm},
    inspector::{InspectorEvmTr, InspectorHandler},
    interpreter::{
        CallInput, CallInputs, CallOutcome, CallScheme, CallValue, CreateInputs, CreateOutcome, Gas, InstructionResult, InterpreterResult,
        interpreter::EthInterpreter,
    },
    state::Bytecode,
};

/// What the inspector sees.
pub(crate) type MachineContext<D> = Context<BlockEnv, TxEnv, CfgEnv, World<D>, Journal<World<D>>, ()>;
pub(crate) type Evm<D, I> = MainnetEvm<MachineContext<D>, I>;
type Executed<D> = Result<ResultAndState, EvmError<<D as DatabaseRef>::Error>>;

/// An EVM over the state before a transaction, with an inspector that watches when it is told to. Results are not kept until they are committed.
pub(crate) struct Machine<D: DatabaseRef, I> {
    evm: Evm<D, I>,
}

impl<D: DatabaseRef, I> Machine<D, I> {
    pub(crate) fn new(cfg: CfgEnv, block: BlockEnv, world: World<D>, inspector: I) -> Self {
        let context: MachineContext<D> = Context::new(world, cfg.spec);
        Self { evm: context.with_cfg(cfg).with_block(block).build_mainnet_with_inspector(inspector) }
    }

    pub(crate) const fn inspector(&mut self) -> &mut I {
        &mut self.evm.inspector
    }

    /// The inspector, the block and the state before the next transaction.
    pub(crate) const fn parts(&mut self) -> (&mut I, &BlockEnv, &mut World<D>) {
        (&mut self.evm.inspector, &self.evm.ctx.block, &mut self.evm.ctx.journaled_state.database)
    }

    pub(crate) fn into_parts(self) -> (I, World<D>) {
        (self.evm.inspector, self.evm.ctx.journaled_state.database)
    }

    /// Executes a transaction that nobody watches.
    pub(crate) fn execute(&mut self, tx: TxEnv, terms: Terms) -> Executed<D> {
        self.evm.ctx.set_tx(tx);
        let result = Rules::new(terms).run(&mut self.evm);
        self.settle(result)
    }

    /// Takes over what an execution changed.
    pub(crate) fn commit(&mut self, state: revm::state::EvmState) -> Result<(), D::Error> {
        self.evm.ctx.journaled_state.database.commit(state)
    }

    /// A system call: no fee, no nonce, no receipt. Its failure changes nothing and is no error.
    pub(crate) fn system_call(&mut self, contract: Address, data: Bytes) -> Result<(), EvmError<D::Error>> {
        let (caller, kind) = (SYSTEM_ADDRESS, TxKind::Call(contract));
        self.evm.ctx.set_tx(TxEnv { caller, gas_limit: SYSTEM_CALL_GAS, gas_price: 0, kind, data, ..TxEnv::default() });
        let result = Rules::new(Terms::Call).run_system_call(&mut self.evm);
        match self.settle(result) {
            Ok(ResultAndState { result, state }) if result.is_success() => self.commit(state).map_err(EVMError::Database),
            Err(EVMError::Database(error)) => Err(EVMError::Database(error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What becomes of a deposit: whatever fails, its mint and its nonce stay, and all of its gas is used.
    pub(crate) fn settle_deposit(&mut self, executed: Executed<D>, tx: &TxEnv, mint: u128) -> Executed<D> {
        let gas = ResultGas::default().with_total_gas_spent(tx.gas_limit);
        let result = match executed {
            Ok(executed) if executed.result.is_success() => return Ok(executed),
            Ok(executed) => match executed.result {
                ExecutionResult::Revert { output, .. } => ExecutionResult::Revert { gas, logs: Vec::new(), output },
                ExecutionResult::Halt { reason, .. } => ExecutionResult::Halt { reason, gas, logs: Vec::new() },
                success @ ExecutionResult::Success { .. } => success,
            },
            Err(EVMError::Database(error)) => return Err(EVMError::Database(error)),
            Err(_) => ExecutionResult::Halt { reason: HaltReason::OutOfGas(OutOfGasError::Basic), gas, logs: Vec::new() },
        };
        let journal = self.evm.ctx.journal_mut();
        let mut account = journal.load_account_mut(tx.caller).map_err(EVMError::Database)?.data;
        account.incr_balance(U256::from(mint));
        account.bump_nonce();
        Ok(ResultAndState { result, state: self.evm.ctx.journal_mut().finalize() })
    }

    /// Empties the journal. The host notes a failed read for the interpreter to find; what it has not found must not pass for a result.
    fn settle(&mut self, result: Result<ExecutionResult, EvmError<D::Error>>) -> Executed<D> {
        let pending = std::mem::replace(self.evm.ctx.error(), Ok(()));
        let state = self.evm.ctx.journal_mut().finalize();
        let result = result?;
        pending?;
        Ok(ResultAndState { result, state })
    }
}

impl<D: DatabaseRef, I: Inspector<MachineContext<D>, EthInterpreter>> Machine<D, I> {
    /// Executes a transaction while the inspector watches.
    pub(crate) fn watch(&mut self, tx: TxEnv, terms: Terms) -> Executed<D> {
        self.evm.ctx.set_tx(tx);
        let result = Rules::new(terms).inspect_run(&mut self.evm);
        self.settle(result)
    }

    /// Shows the inspector the call of a deposit that is refused before any call: its gas limit does not pay for its data, or is above the cap.
    pub(crate) fn show_refused(&mut self, tx: &TxEnv) {
        let (context, inspector) = self.evm.ctx_inspector();
        let result = InterpreterResult::new(InstructionResult::OutOfGas, Bytes::new(), Gas::new_spent_with_reservoir(tx.gas_limit, 0));
        match tx.kind {
            TxKind::Call(to) => {
                let mut inputs = call_inputs(tx, to);
                inspector.call(context, &mut inputs);
                inspector.call_end(context, &inputs, &mut CallOutcome::new(result, 0..0));
            }
            TxKind::Create => {
                let mut inputs = CreateInputs::new(tx.caller, CreateScheme::Create, tx.value, tx.data.clone(), tx.gas_limit, 0);
                inspector.create(context, &mut inputs);
                inspector.create_end(context, &inputs, &mut CreateOutcome::new(result, None));
            }
        }
    }
}

/// The call that a transaction starts with.
fn call_inputs(tx: &TxEnv, to: Address) -> CallInputs {
    CallInputs {
        input: CallInput::Bytes(tx.data.clone()),
        return_memory_offset: 0..0,
        gas_limit: tx.gas_limit,
        reservoir: 0,
        bytecode_address: to,
        known_bytecode: (KECCAK256_EMPTY, Bytecode::default()),
        target_address: to,
        caller: tx.caller,
        value: CallValue::Transfer(tx.value),
        scheme: CallScheme::Call,
        is_static: false,
        charged_new_account_state_gas: false,
    }
}
