//! The logs of a call, with its transfers of ether among them where they happened.

use alloy_primitives::{Address, B256, Log, LogData, U256, address, b256};
use revm::{
    Inspector,
    context::ContextTr,
    context_interface::JournalTr,
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, InstructionResult},
};

/// Whose logs stand for transfers of ether.
const ETHER: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// Keccak of `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Collects logs, frame by frame: those of a frame that fails are dropped. They keep their numbers, which no other log gets: geth counts so.
#[derive(Debug, Default)]
pub(crate) struct LogCollector {
    transfers: bool,
    /// How many logs there were when each open frame began.
    frames: Vec<usize>,
    logs: Vec<(u64, Log)>,
    /// Number of the next log.
    next: u64,
}

impl LogCollector {
    /// With `transfers`, ether that moves is logged like a token of [`ETHER`]. Numbers begin with `next`.
    pub(crate) fn new(transfers: bool, next: u64) -> Self {
        Self { transfers, next, ..Self::default() }
    }

    /// The logs by their numbers, and the number that comes next.
    pub(crate) fn finish(self) -> (Vec<(u64, Log)>, u64) {
        (self.logs, self.next)
    }

    fn push(&mut self, log: Log) {
        self.logs.push((self.next, log));
        self.next = self.next.saturating_add(1);
    }

    fn begin(&mut self) {
        self.frames.push(self.logs.len());
    }

    fn end(&mut self, result: InstructionResult) {
        let before = self.frames.pop().unwrap_or_default();
        if !result.is_ok() {
            self.logs.truncate(before);
        }
    }

    fn transfer(&mut self, from: Address, to: Address, value: U256) {
        if self.transfers && !value.is_zero() {
            let data = LogData::new_unchecked(vec![TRANSFER, from.into_word(), to.into_word()], value.to_be_bytes::<32>().into());
            self.push(Log { address: ETHER, data });
        }
    }
}

impl<CTX: ContextTr> Inspector<CTX> for LogCollector {
    fn log(&mut self, _: &mut CTX, log: Log) {
        self.push(log);
    }

    fn call(&mut self, _: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.begin();
        if let Some(value) = inputs.transfer_value() {
            self.transfer(inputs.transfer_from(), inputs.transfer_to(), value);
        }
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, outcome: &mut CallOutcome) {
        self.end(outcome.result.result);
    }

    fn create(&mut self, context: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.begin();
        if self.transfers && !inputs.value().is_zero() {
            // A failed read is noticed by the creation itself, which reads the same account next.
            let nonce = context.journal_mut().load_account(inputs.caller()).map(|account| account.data.info.nonce);
            if let Ok(nonce) = nonce {
                self.transfer(inputs.caller(), inputs.created_address(nonce), inputs.value());
            }
        }
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.end(outcome.result.result);
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.transfer(contract, target, value);
    }
}
