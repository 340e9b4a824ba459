//! The EVM of simulations: this chain's rules, without those that only a signed transaction can meet.

use crate::{
    Overlay, Precompiles, ReadError, Watch,
    brief::{gas_left, is_out_of_gas},
};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use core::marker::PhantomData;
use gainsay_execute::evm::{SYSTEM_ADDRESS, SYSTEM_CALL_GAS};
use gainsay_types::predeploys::BASE_FEE_VAULT;
use revm::{
    DatabaseRef, Inspector, Journal,
    bytecode::opcode::{GAS, JUMPDEST},
    context::{
        Block as _, BlockEnv, Cfg as _, CfgEnv, Context, ContextSetters, ContextTr, Evm, FrameStack, Transaction as _, TransactionType,
        TxEnv,
        result::{EVMError, ExecutionResult, HaltReason, InvalidHeader, InvalidTransaction},
    },
    context_interface::{JournalTr, context::ContextError, journaled_state::account::JournaledAccountTr},
    handler::{EthFrame, EvmTr, FrameResult, FrameTr, Handler, ItemOrResult, instructions::EthInstructions, post_execution, validation},
    inspector::{InspectorHandler, NoOpInspector},
    interpreter::{
        InitialAndFloorGas, Instruction, InstructionContext, InstructionExecResult, InstructionResult, interpreter::EthInterpreter,
        interpreter_action::FrameInit,
    },
    state::EvmState,
};

/// What inspectors see. The [`Watch`] is beside the state, so that a jump can look at the clock.
pub type SimulationContext<'a, D> = Context<BlockEnv, TxEnv, CfgEnv, &'a mut Overlay<D>, Journal<&'a mut Overlay<D>>, Watch>;
type Machine<'a, D, I> =
    Evm<SimulationContext<'a, D>, I, EthInstructions<EthInterpreter, SimulationContext<'a, D>>, Precompiles, EthFrame<EthInterpreter>>;

/// Why the EVM gives no result.
pub(crate) type EngineError<D> = EVMError<ReadError<<D as DatabaseRef>::Error>, InvalidTransaction>;
pub(crate) type Executed<D> = Result<(ExecutionResult, EvmState), EngineError<D>>;

/// Gas of `GAS`.
const GAS_COST: u16 = 2;

/// In which block, under which rules.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) cfg: CfgEnv,
    pub(crate) block: BlockEnv,
    pub(crate) precompiles: Precompiles,
    /// Nonces count, and fees of zero are compared to the base fee too.
    pub(crate) strict: bool,
    /// A message without a fee sees a base fee of zero, so that no price is below it.
    pub(crate) free: bool,
}

impl Engine {
    /// Runs a message. The state is not changed: the changes are returned.
    pub(crate) fn run<D: DatabaseRef>(&self, state: &mut Overlay<D>, tx: TxEnv) -> Executed<D> {
        let mut machine = self.machine(state, tx, NoOpInspector);
        let result = Rules::new(self.strict).run(&mut machine)?;
        Ok((result, machine.ctx.journal_mut().finalize()))
    }

    /// As [`Self::run`], for a message that ends before its little gas does; none if it does not, or if more gas might change what comes of it.
    pub(crate) fn run_brief<D: DatabaseRef>(&self, state: &mut Overlay<D>, tx: TxEnv) -> Option<ExecutionResult> {
        let mut machine = self.machine(state, tx, NoOpInspector);
        machine.instruction.insert_instruction(GAS, Instruction::new(gas_left::<D>), GAS_COST);
        machine.precompiles.keep_cheap();
        Rules { brief: true, ..Rules::new(self.strict) }.run(&mut machine).ok()
    }

    /// As [`Self::run`], watched by an inspector.
    pub(crate) fn inspect<'a, D, I>(&self, state: &'a mut Overlay<D>, tx: TxEnv, inspector: I) -> Executed<D>
    where
        D: DatabaseRef,
        I: Inspector<SimulationContext<'a, D>, EthInterpreter>,
    {
        let mut machine = self.machine(state, tx, inspector);
        let result = Rules::new(self.strict).inspect_run(&mut machine)?;
        Ok((result, machine.ctx.journal_mut().finalize()))
    }

    /// A system call, whose failure changes nothing and is no error.
    pub(crate) fn system_call<D: DatabaseRef>(&self, state: &mut Overlay<D>, contract: Address, data: Bytes) -> Result<(), EngineError<D>> {
        let tx = TxEnv {
            caller: SYSTEM_ADDRESS,
            gas_limit: SYSTEM_CALL_GAS,
            gas_price: 0,
            kind: TxKind::Call(contract),
            data,
            ..TxEnv::default()
        };
        let mut machine = self.machine(state, tx, NoOpInspector);
        let result = Rules::new(self.strict).run_system_call(&mut machine)?;
        if result.is_success() {
            let changes = machine.ctx.journal_mut().finalize();
            state.commit(changes);
        }
        Ok(())
    }

    /// The block as a message sees it.
    pub(crate) fn block_for(&self, tx: &TxEnv) -> BlockEnv {
        let mut block = self.block.clone();
        if self.free && tx.gas_price == 0 {
            block.basefee = 0;
        }
        if let Some(blobs) =
            block.blob_excess_gas_and_price.as_mut().filter(|_| self.free && tx.max_fee_per_blob_gas == 0 && !tx.blob_hashes.is_empty())
        {
            blobs.blob_gasprice = 0;
        }
        block
    }

    fn machine<'a, D: DatabaseRef, I>(&self, state: &'a mut Overlay<D>, tx: TxEnv, inspector: I) -> Machine<'a, D, I> {
        let watch = state.watch();
        let context: SimulationContext<'a, D> = Context::new(state, self.cfg.spec);
        let mut ctx = context.with_cfg(self.cfg.clone()).with_block(self.block_for(&tx));
        ctx.chain = watch;
        ctx.set_tx(tx);
        let mut instruction = EthInstructions::new_mainnet_with_spec(self.cfg.spec);
        instruction.insert_instruction(JUMPDEST, Instruction::new(jump_target::<D>), 1);
        Evm { ctx, inspector, instruction, precompiles: self.precompiles.clone(), frame_stack: FrameStack::new() }
    }
}

/// `JUMPDEST`, which every loop passes: it looks at the clock now and then.
fn jump_target<D: DatabaseRef>(context: InstructionContext<'_, SimulationContext<'_, D>, EthInterpreter>) -> InstructionExecResult {
    context.host.chain.jump().map_err(|error| {
        context.host.error = Err(ContextError::Db(error));
        InstructionResult::FatalExternalError
    })
}

/// The handler that revm runs a message with.
struct Rules<'a, D, I> {
    strict: bool,
    /// Gas that runs out anywhere ends all of it.
    brief: bool,
    machine: PhantomData<fn(&'a mut Overlay<D>, I)>,
}

impl<D: DatabaseRef, I> Rules<'_, D, I> {
    const fn new(strict: bool) -> Self {
        Self { strict, brief: false, machine: PhantomData }
    }

    /// The result of a frame, unless gas ran out that must not.
    fn look_at(&self, result: FrameResult) -> Result<FrameResult, EngineError<D>> {
        if self.brief && is_out_of_gas(result.instruction_result()) {
            return Err(EVMError::Custom("the little gas of a brief call ran out".to_owned()));
        }
        Ok(result)
    }
}

impl<'a, D: DatabaseRef, I> Handler for Rules<'a, D, I> {
    type Evm = Machine<'a, D, I>;
    type Error = EngineError<D>;
    type HaltReason = HaltReason;

    /// The usual loop over frames, which looks at how each ends.
    fn run_exec_loop(&mut self, evm: &mut Self::Evm, first: FrameInit) -> Result<FrameResult, Self::Error> {
        if let ItemOrResult::Result(result) = evm.frame_init(first)? {
            return self.look_at(result);
        }
        loop {
            let ended = match evm.frame_run()? {
                ItemOrResult::Result(result) => Some(result),
                ItemOrResult::Item(inner) => match evm.frame_init(inner)? {
                    ItemOrResult::Result(result) => Some(result),
                    ItemOrResult::Item(_) => None,
                },
            };
            if let Some(result) = ended
                && let Some(last) = evm.frame_return_result(self.look_at(result)?)?
            {
                return Ok(last);
            }
        }
    }

    fn validate_env(&self, evm: &mut Self::Evm) -> Result<(), Self::Error> {
        validate(evm, self.strict)
    }

    fn validate_against_state_and_deduct_caller(&self, evm: &mut Self::Evm, _: &mut InitialAndFloorGas) -> Result<(), Self::Error> {
        charge(evm)
    }

    fn reimburse_caller(
        &self,
        evm: &mut Self::Evm,
        result: &mut <<Self::Evm as EvmTr>::Frame as FrameTr>::FrameResult,
    ) -> Result<(), Self::Error> {
        post_execution::reimburse_caller(evm.ctx(), result.gas(), U256::ZERO).map_err(EVMError::Database)
    }

    fn reward_beneficiary(
        &self,
        evm: &mut Self::Evm,
        result: &mut <<Self::Evm as EvmTr>::Frame as FrameTr>::FrameResult,
    ) -> Result<(), Self::Error> {
        pay(evm, result)
    }
}

impl<'a, D, I> InspectorHandler for Rules<'a, D, I>
where
    D: DatabaseRef,
    I: Inspector<SimulationContext<'a, D>, EthInterpreter>,
{
    type IT = EthInterpreter;
}

/// What is checked of a message before its gas is, in geth's order: nonce, fees, balance. Neither EIP-7825's cap nor the block's gas limit counts, nor whether
/// the caller is a contract.
fn validate<D: DatabaseRef, I>(evm: &mut Machine<'_, D, I>, strict: bool) -> Result<(), EngineError<D>> {
    let (block, tx, cfg, journal, _, _) = evm.ctx().all_mut();
    if block.prevrandao().is_none() {
        return Err(InvalidHeader::PrevrandaoNotSet.into());
    }
    let caller = &journal.load_account(tx.caller()).map_err(EVMError::Database)?.data.info;
    let (nonce, balance) = (caller.nonce, caller.balance);
    if strict {
        check_nonce(tx.nonce(), nonce)?;
    }
    check_fees(block, tx, strict)?;
    if tx.tx_type() == u8::from(TransactionType::Eip7702) && tx.authorization_list_len() == 0 {
        return Err(InvalidTransaction::EmptyAuthorizationList.into());
    }
    let needed = tx.max_balance_spending()?;
    if needed > balance {
        return Err(InvalidTransaction::LackOfFundForMaxFee { fee: needed.into(), balance: balance.into() }.into());
    }
    if tx.kind().is_create() && tx.input().len() > cfg.max_initcode_size() {
        return Err(InvalidTransaction::CreateInitCodeSizeLimit.into());
    }
    Ok(())
}

/// Fees of zero are compared to nothing, unless `strict`.
fn check_fees(block: &BlockEnv, tx: &TxEnv, strict: bool) -> Result<(), InvalidTransaction> {
    let tip = tx.max_priority_fee_per_gas().unwrap_or_default();
    if strict || tx.max_fee_per_gas() != 0 || tip != 0 {
        validation::validate_priority_fee_tx(tx.max_fee_per_gas(), tip, Some(u128::from(block.basefee())), false)?;
    }
    if tx.tx_type() != u8::from(TransactionType::Eip4844) {
        return Ok(());
    }
    if tx.kind().is_create() {
        return Err(InvalidTransaction::BlobCreateTransaction);
    }
    let free = !strict && tx.max_fee_per_blob_gas() == 0;
    let price = if free { 0 } else { block.blob_gasprice().unwrap_or_default() };
    validation::validate_eip4844_tx(tx.blob_versioned_hashes(), tx.max_fee_per_blob_gas(), price, None)
}

/// Takes the fees from the caller, whose balance was checked, and bumps its nonce. What L1 would ask for the data is no matter.
fn charge<D: DatabaseRef, I>(evm: &mut Machine<'_, D, I>) -> Result<(), EngineError<D>> {
    let (block, tx, _, journal, _, _) = evm.ctx().all_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller()).map_err(EVMError::Database)?.data;
    let blob_price = block.blob_gasprice().unwrap_or_default().min(tx.max_fee_per_blob_gas());
    let spending = tx.effective_balance_spending(u128::from(block.basefee()), blob_price)?;
    // The value moves when the call begins.
    let balance = *caller.balance();
    caller.set_balance(balance.saturating_sub(spending.saturating_sub(tx.value())));
    // A creation bumps the nonce when its frame starts. After the last nonce comes the first, as in geth: only unchecked messages get there.
    if tx.kind().is_call() && !caller.bump_nonce() {
        caller.set_nonce(0);
    }
    Ok(())
}

fn check_nonce(nonce: u64, state: u64) -> Result<(), InvalidTransaction> {
    match nonce.cmp(&state) {
        core::cmp::Ordering::Less => Err(InvalidTransaction::NonceTooLow { tx: nonce, state }),
        core::cmp::Ordering::Greater => Err(InvalidTransaction::NonceTooHigh { tx: nonce, state }),
        core::cmp::Ordering::Equal if nonce == u64::MAX => Err(InvalidTransaction::NonceOverflowInTransaction),
        core::cmp::Ordering::Equal => Ok(()),
    }
}

/// The base fee goes to its vault, the rest to the block's beneficiary. A message may pay less than the base fee: that is nothing.
fn pay<D: DatabaseRef, I>(evm: &mut Machine<'_, D, I>, result: &FrameResult) -> Result<(), EngineError<D>> {
    let (block, tx, _, journal, _, _) = evm.ctx().all_mut();
    let gas = result.gas();
    let used = U256::from(gas.used().saturating_sub(gas.reservoir()));
    let price = tx.effective_gas_price(u128::from(block.basefee()));
    let base_fee = price.min(u128::from(block.basefee()));
    for (account, price) in [(BASE_FEE_VAULT, base_fee), (block.beneficiary(), price.saturating_sub(base_fee))] {
        if price != 0 {
            let wei = used.saturating_mul(U256::from(price));
            journal.load_account_mut(account).map_err(EVMError::Database)?.data.incr_balance(wei);
        }
    }
    Ok(())
}
