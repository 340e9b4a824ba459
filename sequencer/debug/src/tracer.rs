//! Watches an execution, writes down what came of it, and stops it when that takes too long or too much.

use crate::{
    DebugError,
    limits::Deadline,
    recorder::{Hears, Recorder},
    reply::Reply,
};
use alloy_primitives::{Address, Bytes, Log, U256};
use alloy_rpc_types_trace::geth::GethDebugTracingOptions;
use revm::{
    DatabaseRef, Inspector,
    context::{BlockEnv, ContextTr, TxEnv, result::ResultAndState},
    context_interface::context::ContextError,
    inspector::JournalExt,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, Gas, InstructionResult, Interpreter, InterpreterResult,
        interpreter_types::LoopControl,
    },
};
use revm_inspectors::tracing::{DebugInspector, DebugInspectorError, TransactionContext};

/// Instructions between two looks at the clock: some microseconds.
const TICK: u32 = 1 << 10;
/// What a call takes beside its data, at least, bytes.
const CALL: usize = 256;

/// Watches an execution.
#[derive(Debug)]
pub(crate) struct Tracer {
    recorder: Recorder,
    reply: Reply,
    deadline: Deadline,
    ticks: u32,
    depth: usize,
    /// Bytes that the recorder may still keep.
    room: usize,
    stopped: Option<Stop>,
}

/// Why the execution was stopped.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Time,
    Size,
}

impl Tracer {
    pub(crate) fn new(options: GethDebugTracingOptions, deadline: Deadline, bytes: usize) -> Result<Self, DebugError> {
        let (recorder, reply) = (Recorder::new(options)?, Reply::new(bytes));
        Ok(Self { recorder, reply, deadline, ticks: 0, depth: 0, room: bytes, stopped: None })
    }

    /// The answer so far.
    pub(crate) const fn reply(&mut self) -> &mut Reply {
        &mut self.reply
    }

    pub(crate) fn into_reply(self) -> Reply {
        self.reply
    }

    /// Makes ready for a transaction.
    pub(crate) fn begin(&mut self) -> Result<(), DebugError> {
        self.deadline.check()?;
        (self.depth, self.room) = (0, self.reply.room());
        match &mut self.recorder {
            Recorder::Steps(log) => log.begin(&mut self.reply),
            Recorder::Calls { inspector, .. } => inspector.fuse().map_err(|reason| config_error(&reason))?,
        }
        Ok(())
    }

    /// Why the execution was stopped, if it was.
    pub(crate) const fn stopped(&self) -> Result<(), DebugError> {
        match self.stopped {
            None => Ok(()),
            Some(Stop::Time) => Err(DebugError::Time { limit: self.deadline.limit }),
            Some(Stop::Size) => Err(DebugError::Size { limit: self.reply.limit() }),
        }
    }

    /// Time for what nobody watches.
    pub(crate) fn check_time(&self) -> Result<(), DebugError> {
        self.deadline.check()
    }

    /// Writes down what came of a transaction. `world` is the state before it.
    pub(crate) fn finish<D: DatabaseRef<Error: Into<DebugError>>>(
        &mut self,
        context: TransactionContext,
        tx: &TxEnv,
        block: &BlockEnv,
        executed: &ResultAndState,
        world: &mut D,
    ) -> Result<(), DebugError> {
        match &mut self.recorder {
            Recorder::Steps(log) => {
                let result = &executed.result;
                let output = result.output().cloned().unwrap_or_default();
                log.end(&mut self.reply, result.tx_gas_used(), !result.is_success(), &output);
                self.reply.check()
            }
            Recorder::Calls { inspector, .. } => {
                let trace = inspector.get_result(Some(context), tx, block, executed, world).map_err(|error| match error {
                    DebugInspectorError::Database(error) => error.into(),
                    other => config_error(&other),
                })?;
                self.reply.push_json(&trace)
            }
        }
    }

    /// The inspector, if it hears of calls at this depth.
    fn listener(&mut self) -> Option<&mut DebugInspector> {
        match &mut self.recorder {
            Recorder::Calls { inspector, hears, .. } if *hears == Hears::All || (*hears == Hears::First && self.depth == 1) => {
                Some(inspector)
            }
            _ => None,
        }
    }

    /// A call begins or ends, with so many bytes of data.
    fn count(&mut self, data: usize) {
        self.tick();
        let Recorder::Calls { keeps: true, .. } = self.recorder else { return };
        if self.listener().is_some() {
            // Each byte is two digits in the answer.
            let taken = data.saturating_mul(2).saturating_add(CALL);
            match self.room.checked_sub(taken) {
                Some(left) => self.room = left,
                None => self.stopped = Some(Stop::Size),
            }
        }
    }

    fn tick(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(TICK) && self.deadline.passed() {
            self.stopped = Some(Stop::Time);
        }
    }

    /// A call begins; what it ends with if the execution is stopped.
    fn enter<CTX: ContextTr>(&mut self, context: &mut CTX, data: usize, gas: u64) -> Option<InterpreterResult> {
        if self.stopped.is_none() {
            self.depth += 1;
            if let Recorder::Steps(log) = &mut self.recorder {
                log.enter();
            }
            self.count(data);
        }
        if self.stopped.is_some() {
            fail(context);
            return Some(InterpreterResult::new(InstructionResult::FatalExternalError, Bytes::new(), Gas::new(gas)));
        }
        None
    }

    fn leave<CTX: ContextTr>(&mut self, context: &mut CTX, data: usize) {
        self.count(data);
        self.depth = self.depth.saturating_sub(1);
        if let Recorder::Steps(log) = &mut self.recorder {
            log.leave();
        }
        if self.stopped.is_some() {
            fail(context);
        }
    }
}

/// What the EVM ends with as soon as it looks.
fn fail<CTX: ContextTr>(context: &mut CTX) {
    if context.error().is_ok() {
        *context.error() = Err(ContextError::Custom("the trace was stopped".to_owned()));
    }
}

fn config_error(reason: &impl ToString) -> DebugError {
    DebugError::Config { tracer: "muxTracer", reason: reason.to_string() }
}

impl<CTX: ContextTr<Journal: JournalExt>> Inspector<CTX> for Tracer {
    fn initialize_interp(&mut self, interpreter: &mut Interpreter, context: &mut CTX) {
        if let Some(listener) = self.listener() {
            listener.initialize_interp(interpreter, context);
        }
    }

    fn step(&mut self, interpreter: &mut Interpreter, context: &mut CTX) {
        self.tick();
        if let (Recorder::Steps(log), None) = (&mut self.recorder, self.stopped) {
            log.before(&mut self.reply, interpreter);
            if self.reply.is_full() {
                self.stopped = Some(Stop::Size);
            }
        }
        if self.stopped.is_some() {
            fail(context);
            interpreter.bytecode.action().take();
            interpreter.bytecode.reset_action();
            interpreter.halt_fatal();
        }
    }

    fn step_end(&mut self, interpreter: &mut Interpreter, _: &mut CTX) {
        if let (Recorder::Steps(log), None) = (&mut self.recorder, self.stopped) {
            log.after(&mut self.reply, interpreter);
        }
    }

    fn log(&mut self, context: &mut CTX, log: Log) {
        if let Some(listener) = self.listener() {
            listener.log(context, log);
        }
    }

    fn log_full(&mut self, interpreter: &mut Interpreter, context: &mut CTX, log: Log) {
        if let Some(listener) = self.listener() {
            listener.log_full(interpreter, context, log);
        }
    }

    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        if let Some(result) = self.enter(context, inputs.input.len(), inputs.gas_limit) {
            return Some(CallOutcome::new(result, inputs.return_memory_offset.clone()));
        }
        self.listener()?.call(context, inputs)
    }

    fn call_end(&mut self, context: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        if self.stopped.is_some() {
            return;
        }
        if let Some(listener) = self.listener() {
            listener.call_end(context, inputs, outcome);
        }
        self.leave(context, outcome.result.output.len());
    }

    fn create(&mut self, context: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        if let Some(result) = self.enter(context, inputs.init_code().len(), inputs.gas_limit()) {
            return Some(CreateOutcome::new(result, None));
        }
        self.listener()?.create(context, inputs)
    }

    fn create_end(&mut self, context: &mut CTX, inputs: &CreateInputs, outcome: &mut CreateOutcome) {
        if self.stopped.is_some() {
            return;
        }
        if let Some(listener) = self.listener() {
            listener.create_end(context, inputs, outcome);
        }
        self.leave(context, outcome.result.output.len());
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        if let Some(listener) = self.listener() {
            <DebugInspector as Inspector<CTX>>::selfdestruct(listener, contract, target, value);
        }
    }
}
