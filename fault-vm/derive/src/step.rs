//! The block step: the one state transition that sequencer, challenger and fault VM share.

use crate::{
    Ignored, OpenBatch,
    next::{closing_messages, closing_time, payload_block},
};
use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use gainsay_types::{BlockInput, CLOSING, ChainConfig, Message, Millis, State};

/// What derivation reads. Every answer is committed to by the inbox accumulators.
pub trait Inbox {
    /// Data is missing or a store failed. Malformed data is not an error.
    type Error;
    /// The opened batch at `index` (from 1).
    ///
    /// # Errors
    /// When the data is not at hand.
    fn batch(&self, index: u64) -> Result<Arc<OpenBatch>, Self::Error>;
    /// The message at `index` (from 1).
    ///
    /// # Errors
    /// When the data is not at hand.
    fn message(&self, index: u64) -> Result<Message, Self::Error>;
}

/// What an executor says of one block.
#[derive(Debug)]
pub enum Outcome<B, F> {
    /// It is valid.
    Valid(Executed<B>),
    /// It cannot be executed: it and the rest of its batch are ignored. Never for a closing block.
    Fault(F),
}

/// A block that was executed.
#[derive(Debug)]
pub struct Executed<B> {
    /// Output root after it.
    pub output_root: alloy_primitives::B256,
    /// The block itself.
    pub block: B,
}

/// Executes blocks on top of the state that it holds.
pub trait Executor {
    /// An executed block.
    type Block;
    /// Why a block cannot be executed.
    type Fault: core::fmt::Display;
    /// Data is missing or a store failed.
    type Error;
    /// Time of the latest block.
    fn parent_time(&self) -> Millis;
    /// Executes `input` on top of the latest block and, if it is valid, makes it the latest. A fault changes nothing.
    ///
    /// # Errors
    /// When data is missing; never because of what the block says.
    fn execute(&mut self, input: BlockInput) -> Result<Outcome<Self::Block, Self::Fault>, Self::Error>;
}

/// What one block step did.
#[derive(Debug)]
pub struct Step<B> {
    /// The state after it.
    pub state: State,
    /// The block that it made, if any.
    pub block: Option<B>,
    /// What was ignored, and why.
    pub ignored: Vec<Ignored>,
}

/// Why a step cannot be taken. Nothing that L1 holds is a reason.
#[derive(Debug, thiserror::Error)]
pub enum StepError<I, X> {
    /// The inbox has no data.
    #[error("the inbox cannot be read")]
    Inbox(#[source] I),
    /// The executor has no data.
    #[error("the block cannot be executed")]
    Executor(#[source] X),
    /// The executor refused a closing block, which is always valid: a bug of the executor.
    #[error("the executor refused a closing block: {reason}")]
    Closing {
        /// What it said.
        reason: String,
    },
}

/// What a step of `I` and `X` gives.
type StepResult<T, I, X> = Result<T, StepError<<I as Inbox>::Error, <X as Executor>::Error>>;

/// Steps once; see `docs/protocol.md`, section 2. `Ok(None)`: the state is at `target` and stays as it is.
///
/// # Errors
/// When the inbox or the executor has no data; never because of what the data says. The state of the executor is then as before.
pub fn block_step<I: Inbox, X: Executor>(
    config: &ChainConfig,
    state: &State,
    target: u64,
    inbox: &I,
    executor: &mut X,
) -> StepResult<Option<Step<X::Block>>, I, X> {
    if state.batch_index >= target {
        return Ok(None);
    }
    let batch = inbox.batch(state.batch_index.saturating_add(1)).map_err(StepError::Inbox)?;
    let mut ignored = Vec::new();
    if state.batch_offset == 0 {
        ignored.extend(batch.ignored.clone());
    }
    match payload_step(config, state, &batch, inbox, executor)? {
        Progress::Block(state, block) => return Ok(Some(Step { state, block: Some(block), ignored })),
        Progress::Ended => {}
        Progress::Ignored(reason) => ignored.push(reason),
    }
    let (state, block) = closing_step(config, state, &batch, inbox, executor)?;
    Ok(Some(Step { state, block, ignored }))
}

/// How far a payload got in one step.
enum Progress<B> {
    /// Its next block is valid.
    Block(State, B),
    /// It has no block left.
    Ended,
    /// Its next block and all after it are ignored.
    Ignored(Ignored),
}

/// Executes the next payload block.
fn payload_step<I: Inbox, X: Executor>(
    config: &ChainConfig,
    state: &State,
    batch: &OpenBatch,
    inbox: &I,
    executor: &mut X,
) -> StepResult<Progress<X::Block>, I, X> {
    let (block, timestamp) = match payload_block(config, state, batch, executor.parent_time()) {
        Ok(Some(next)) => next,
        Ok(None) => return Ok(Progress::Ended),
        Err(reason) => return Ok(Progress::Ignored(reason)),
    };
    // At most m - depositIndex of them: `payload_block` has checked that.
    let last = state.deposit_index.saturating_add(block.deposits);
    let messages = (1..=block.deposits).map(|offset| inbox.message(state.deposit_index.saturating_add(offset)));
    let deposits = messages.collect::<Result<_, _>>().map_err(StepError::Inbox)?;
    let input = BlockInput { timestamp, deposits, transactions: block.transactions.clone(), closing: false };
    match executor.execute(input).map_err(StepError::Executor)? {
        Outcome::Valid(executed) => {
            let offset = state.batch_offset.saturating_add(1);
            Ok(Progress::Block(after(state, batch, executed.output_root, offset, last), executed.block))
        }
        Outcome::Fault(fault) => Ok(Progress::Ignored(Ignored::Execution { block: state.batch_offset, reason: fault.to_string() })),
    }
}

/// The payload has ended: a closing block if messages are left, else only the cursor moves.
fn closing_step<I: Inbox, X: Executor>(
    config: &ChainConfig,
    state: &State,
    batch: &OpenBatch,
    inbox: &I,
    executor: &mut X,
) -> StepResult<(State, Option<X::Block>), I, X> {
    if state.deposit_index >= batch.header.deposit_count {
        return Ok((state.skip_batch(), None));
    }
    let deposits = closing_messages(config, state, batch, inbox).map_err(StepError::Inbox)?;
    let last = state.deposit_index.saturating_add(deposits.len() as u64);
    let input = BlockInput { timestamp: closing_time(batch, executor.parent_time()), deposits, transactions: Vec::new(), closing: true };
    match executor.execute(input).map_err(StepError::Executor)? {
        Outcome::Valid(executed) => Ok((after(state, batch, executed.output_root, CLOSING, last), Some(executed.block))),
        Outcome::Fault(fault) => Err(StepError::Closing { reason: fault.to_string() }),
    }
}

/// The state after a block, with the cursor where the rest of the batch begins.
fn after(state: &State, batch: &OpenBatch, output_root: alloy_primitives::B256, offset: u64, deposit_index: u64) -> State {
    let payload_left = offset < batch.blocks.len() as u64;
    let messages_left = deposit_index < batch.header.deposit_count;
    let l2_block_number = state.l2_block_number.saturating_add(1);
    let batch_offset = if payload_left { offset } else { CLOSING };
    let next = State { output_root, l2_block_number, batch_offset, deposit_index, ..*state };
    if payload_left || messages_left { next } else { next.skip_batch() }
}
