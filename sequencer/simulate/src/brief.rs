//! Calls that end before long, with little gas: to be answered where others wait for the thread.
//!
//! A call is given much gas, and nobody knows how much of it it uses. So it is run with little first. What comes of it is what would come of it with more,
//! unless gas ran out somewhere, or somebody looked at how much was left: then there is no answer, and it has to be run again with all of its gas.
//!
//! - Gas that runs out, in whatever frame, ends the attempt.
//! - `GAS` ends it too, but for one right before a call, as compilers write it: the call takes that number as a bound, and it can never have more than it is
//!   given. How deep calls may be nested, and the stipend of those that bring ether, depend on no gas.
//! - Precompiles whose gas is far too cheap for the time that they take end it.
//!
//! Gas bounds the time: what is left takes 20 ns a unit at most, 1 or 2 usually.

use crate::{Scene, engine::SimulationContext};
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::Address;
use gainsay_execute::CallOutcome;
use revm::{
    DatabaseRef,
    bytecode::opcode::{CALL, CALLCODE, DELEGATECALL, STATICCALL},
    context::TxEnv,
    interpreter::{
        InstructionContext, InstructionExecResult, InstructionResult, instructions::system, interpreter::EthInterpreter,
        interpreter_types::Jumps,
    },
    precompile::u64_to_address,
};

/// Precompiles that a brief call may use, by their addresses: signature recovery, two hashes, the identity.
const LAST_CHEAP: u64 = 4;

impl<D: DatabaseRef> Scene<'_, D> {
    /// As [`Scene::call`], with so much gas at most; none unless the answer is certainly the same as with more. Whatever goes wrong gives none either: the whole
    /// call tells it in full.
    pub fn brief_call(&mut self, request: TransactionRequest, gas: u64) -> Option<CallOutcome> {
        let tx = self.prepare(request).ok()?;
        // With a price, how much gas is bought is felt by the caller's balance.
        if tx.gas_price != 0 {
            return None;
        }
        let result = self.engine.run_brief(&mut self.state, TxEnv { gas_limit: tx.gas_limit.min(gas), ..tx })?;
        Some(crate::scene::outcome(result))
    }
}

/// `GAS` that stands right before a call is as usual, any other ends what is brief.
pub(crate) fn gas_left<D: DatabaseRef>(context: InstructionContext<'_, SimulationContext<'_, D>, EthInterpreter>) -> InstructionExecResult {
    // The counter is at the next instruction already.
    match context.interpreter.bytecode.opcode() {
        CALL | CALLCODE | DELEGATECALL | STATICCALL => system::gas(context),
        _ => Err(InstructionResult::OutOfGas),
    }
}

/// Whether gas ran out.
pub(crate) const fn is_out_of_gas(result: InstructionResult) -> bool {
    matches!(
        result,
        InstructionResult::OutOfGas
            | InstructionResult::MemoryOOG
            | InstructionResult::MemoryLimitOOG
            | InstructionResult::PrecompileOOG
            | InstructionResult::InvalidOperandOOG
            | InstructionResult::ReentrancySentryOOG
    )
}

/// Whether a precompile takes about as long as its gas says.
pub(crate) fn is_cheap(precompile: &Address) -> bool {
    (1..=LAST_CHEAP).any(|number| *precompile == u64_to_address(number))
}
