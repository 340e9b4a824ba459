//! The block step: the one state transition that sequencer, challenger and fault VM share.

use crate::{Ignored, OpenBatch};
use alloc::sync::Arc;
use gainsay_types::{BlockInput, ChainConfig, Message, Millis, State};

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
pub enum Outcome<B, F> {
    /// It is valid.
    Valid(Executed<B>),
    /// It cannot be executed: it and the rest of its batch are ignored. Never for a closing block.
    Fault(F),
}

/// A block that was executed.
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
    /// Executes `input` on top of the latest block and, if it is valid, makes it the latest.
    ///
    /// # Errors
    /// When data is missing; never because of what the block says.
    fn execute(&mut self, input: BlockInput) -> Result<Outcome<Self::Block, Self::Fault>, Self::Error>;
}

/// What one block step did.
pub struct Step<B> {
    /// The state after it.
    pub state: State,
    /// The block that it made, if any.
    pub block: Option<B>,
    /// What was ignored, and why.
    pub ignored: alloc::vec::Vec<Ignored>,
}

/// Steps once; see `docs/protocol.md`, section 2. `Ok(None)`: the state is at `target` and stays as it is.
///
/// # Errors
/// When the inbox or the executor has no data; never because of what the data says.
pub fn block_step<I: Inbox, X: Executor>(_config: &ChainConfig, _state: &State, _target: u64, _inbox: &I, _executor: &mut X) -> Result<Option<Step<X::Block>>, StepError<I::Error, X::Error>> {
    Ok(None)
}

/// Data is missing.
#[derive(Debug, thiserror::Error)]
pub enum StepError<I, X> {
    /// The inbox has no data.
    #[error("the inbox cannot be read")]
    Inbox(I),
    /// The executor has no data.
    #[error("the block cannot be executed")]
    Executor(X),
}
