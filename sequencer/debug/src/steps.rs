//! Struct logs: one entry an instruction, written while it is executed.
//!
//! Kept until the end, a transaction of 16 million gas could take gigabytes; this way it takes the bytes of its answer, and stops at their limit.

use crate::reply::Reply;
use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_trace::geth::GethDefaultTracingOptions;
use revm::{
    bytecode::opcode::{OpCode, SLOAD, SSTORE},
    interpreter::{
        InstructionResult, Interpreter, InterpreterAction,
        interpreter_types::{InputsTr, Jumps, LoopControl, MemoryTr, ReturnData},
    },
};
use std::collections::{BTreeMap, HashMap};

/// Which parts of an entry are wanted.
#[derive(Clone, Copy, Debug)]
struct Parts {
    stack: bool,
    memory: bool,
    storage: bool,
    return_data: bool,
    /// Entries at most; 0 for all.
    limit: u64,
}

/// Writes struct logs.
#[derive(Debug)]
pub(crate) struct StepLog {
    parts: Parts,
    written: u64,
    /// Gas refunds of the frames that are under way, outermost first.
    refunds: Vec<i64>,
    /// Slots that each contract has read or written.
    storage: HashMap<Address, BTreeMap<U256, U256>>,
    /// The entry that is not finished yet.
    open: Option<Open>,
}

/// An instruction that is being executed.
#[derive(Clone, Copy, Debug)]
struct Open {
    opcode: u8,
    gas: u64,
    /// For an instruction on storage, whose and which slot, and the value that it writes.
    slot: Option<(Address, U256, Option<U256>)>,
}

impl StepLog {
    pub(crate) fn new(options: &GethDefaultTracingOptions) -> Self {
        let parts = Parts {
            stack: options.is_stack_enabled(),
            memory: options.is_memory_enabled(),
            storage: !options.disable_storage.unwrap_or_default(),
            return_data: options.is_return_data_enabled(),
            limit: options.limit.unwrap_or_default(),
        };
        Self { parts, written: 0, refunds: Vec::new(), storage: HashMap::new(), open: None }
    }

    /// Forgets the last transaction and begins the next one's entries.
    pub(crate) fn begin(&mut self, reply: &mut Reply) {
        (self.written, self.open) = (0, None);
        self.refunds.clear();
        self.storage.clear();
        reply.push("{\"structLogs\":[");
    }

    /// Ends the entries and adds what came of the transaction.
    pub(crate) fn end(&self, reply: &mut Reply, gas: u64, failed: bool, output: &Bytes) {
        reply.push("],\"gas\":");
        reply.push_number(gas);
        reply.push(if failed { ",\"failed\":true" } else { ",\"failed\":false" });
        reply.push(",\"returnValue\":\"0x");
        reply.push_hex(output);
        reply.push("\"}");
    }

    pub(crate) fn enter(&mut self) {
        self.refunds.push(0);
    }

    pub(crate) fn leave(&mut self) {
        self.refunds.pop();
    }

    /// Before an instruction.
    pub(crate) fn before(&mut self, reply: &mut Reply, interpreter: &Interpreter) {
        if let Some(refund) = self.refunds.last_mut() {
            *refund = interpreter.gas.refunded();
        }
        self.open = None;
        if self.parts.limit != 0 && self.written >= self.parts.limit {
            return;
        }
        let (opcode, gas) = (interpreter.bytecode.opcode(), interpreter.gas.remaining());
        self.open = Some(Open { opcode, gas, slot: self.slot(opcode, interpreter) });
        reply.push(if self.written == 0 { "{\"pc\":" } else { ",{\"pc\":" });
        self.written += 1;
        reply.push_number(interpreter.bytecode.pc() as u64);
        reply.push(",\"op\":\"");
        push_name(reply, opcode);
        reply.push("\",\"gas\":");
        reply.push_number(gas);
        reply.push(",\"depth\":");
        reply.push_number(self.refunds.len() as u64);
        reply.push(",\"refund\":");
        reply.push_number(u64::try_from(self.refunds.iter().sum::<i64>()).unwrap_or_default());
        self.push_machine(reply, interpreter);
    }

    fn slot(&self, opcode: u8, interpreter: &Interpreter) -> Option<(Address, U256, Option<U256>)> {
        let stack = interpreter.stack.data();
        let written = match opcode {
            SLOAD => None,
            SSTORE => Some(*stack.get(stack.len().checked_sub(2)?)?),
            _ => return None,
        };
        self.parts.storage.then_some((interpreter.input.target_address(), *stack.last()?, written))
    }

    /// Stack, memory and returned data.
    fn push_machine(&self, reply: &mut Reply, interpreter: &Interpreter) {
        if self.parts.stack {
            reply.push(",\"stack\":[");
            for (index, value) in interpreter.stack.data().iter().enumerate() {
                reply.push(if index == 0 { "\"" } else { ",\"" });
                push_quantity(reply, *value);
                reply.push("\"");
            }
            reply.push("]");
        }
        let size = interpreter.memory.size();
        if self.parts.memory && size > 0 {
            let memory = interpreter.memory.slice(0..size);
            reply.push(",\"memory\":[");
            for (index, word) in memory.chunks(32).enumerate() {
                reply.push(if index == 0 { "\"0x" } else { ",\"0x" });
                reply.push_hex(word);
                reply.push("\"");
                if reply.is_full() {
                    return;
                }
            }
            reply.push("]");
        }
        let returned = interpreter.return_data.buffer();
        if self.parts.return_data && !returned.is_empty() {
            reply.push(",\"returnData\":\"0x");
            reply.push_hex(returned);
            reply.push("\"");
        }
    }

    /// After it.
    pub(crate) fn after(&mut self, reply: &mut Reply, interpreter: &mut Interpreter) {
        let Some(Open { opcode, gas, slot }) = self.open.take() else { return };
        let failure = failure(interpreter);
        // What fails takes all the gas that its call has left.
        let cost = if failure.is_some() { gas } else { gas.saturating_sub(interpreter.gas.remaining()) };
        reply.push(",\"gasCost\":");
        reply.push_number(cost);
        if let (None, Some((address, slot, written))) = (failure, slot) {
            let value = written.or_else(|| interpreter.stack.data().last().copied()).unwrap_or_default();
            let slots = self.storage.entry(address).or_default();
            slots.insert(slot, value);
            push_storage(reply, slots);
        }
        if let Some(failure) = failure {
            reply.push(",\"error\":\"");
            push_failure(reply, failure, opcode);
            reply.push("\"");
        }
        reply.push("}");
    }
}

/// Why the instruction that was just executed failed, if it did. To revert is no failure of `REVERT`.
fn failure(interpreter: &mut Interpreter) -> Option<InstructionResult> {
    match interpreter.bytecode.action() {
        Some(InterpreterAction::Return(result)) if result.result.is_halt() => Some(result.result),
        _ => None,
    }
}

fn push_storage(reply: &mut Reply, slots: &BTreeMap<U256, U256>) {
    reply.push(",\"storage\":{");
    for (index, (slot, value)) in slots.iter().enumerate() {
        reply.push(if index == 0 { "\"0x" } else { ",\"0x" });
        reply.push_hex(&slot.to_be_bytes::<32>());
        reply.push("\":\"0x");
        reply.push_hex(&value.to_be_bytes::<32>());
        reply.push("\"");
        if reply.is_full() {
            return;
        }
    }
    reply.push("}");
}

/// Hex without leading zeroes.
fn push_quantity(reply: &mut Reply, value: U256) {
    let bytes = value.to_be_bytes::<32>();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(31);
    let (head, rest) = bytes[first..].split_first().unwrap_or((&0, &[]));
    reply.push("0x");
    if *head < 16 {
        let digit = [b"0123456789abcdef"[usize::from(*head)]];
        reply.push(std::str::from_utf8(&digit).unwrap_or_default());
    } else {
        reply.push_hex(&[*head]);
    }
    reply.push_hex(rest);
}

fn push_name(reply: &mut Reply, opcode: u8) {
    match OpCode::new(opcode) {
        Some(known) => reply.push(known.as_str()),
        None => {
            reply.push("opcode 0x");
            reply.push_hex(&[opcode]);
            reply.push(" not defined");
        }
    }
}

/// In geth's words.
fn push_failure(reply: &mut Reply, failure: InstructionResult, opcode: u8) {
    use InstructionResult as Why;
    match failure {
        Why::OutOfGas | Why::MemoryOOG | Why::MemoryLimitOOG | Why::PrecompileOOG | Why::InvalidOperandOOG | Why::ReentrancySentryOOG => {
            reply.push("out of gas")
        }
        Why::StackUnderflow => reply.push("stack underflow"),
        Why::StackOverflow => reply.push("stack limit reached 1024 (1023)"),
        Why::InvalidJump => reply.push("invalid jump destination"),
        Why::StateChangeDuringStaticCall | Why::CallNotAllowedInsideStatic => reply.push("write protection"),
        Why::OutOfOffset => reply.push("return data out of bounds"),
        Why::CreateInitCodeSizeLimit => reply.push("max initcode size exceeded"),
        Why::OpcodeNotFound | Why::InvalidFEOpcode | Why::NotActivated => {
            reply.push("invalid opcode: ");
            push_name(reply, opcode);
        }
        other => reply.push(&format!("{other:?}")),
    }
}
