//! One block step, from the machine's input to its output.

use crate::{
    executor::OracleExecutor,
    inbox::OracleInbox,
    input::Input,
    oracle::{DataError, Oracle, read},
    state::latest_header,
};
use alloc::string::String;
use alloy_primitives::B256;
use gainsay_derive::StepError;
use gainsay_execute::trie::{StateError, TrieError};
use gainsay_types::{ChainConfig, ConfigError, State};

/// Why a block step has no result. No input that the contracts make is a reason, whatever anybody put into the inbox; in the machine such a
/// run ends as failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError<E: core::error::Error + 'static> {
    /// What the input commits to is missing or is something else.
    #[error(transparent)]
    Data(#[from] DataError<E>),
    /// The input commits to a config that no chain can run with.
    #[error("the chain config is unusable")]
    Config(#[from] ConfigError),
    /// The state cannot be read.
    #[error("the state cannot be read")]
    State(#[from] StateError<DataError<E>>),
    /// The state's trie cannot be read.
    #[error("the state trie cannot be read")]
    Trie(#[from] TrieError<DataError<E>>),
    /// The executor refused a closing block: a bug.
    #[error("the executor refused a closing block: {reason}")]
    Closing {
        /// What it said.
        reason: String,
    },
}

impl<E: core::error::Error + 'static> From<StepError<DataError<E>, Self>> for ProgramError<E> {
    fn from(error: StepError<DataError<E>, Self>) -> Self {
        match error {
            StepError::Inbox(error) => Self::Data(error),
            StepError::Executor(error) => error,
            StepError::Closing { reason } => Self::Closing { reason },
        }
    }
}

/// Takes the block step that `input` names; gives the hash of the state after it. `input` is the hash of an [`Input`].
///
/// # Errors
/// When the oracle lacks something that the input commits to; see [`ProgramError`].
pub fn block_step<O: Oracle>(oracle: &O, input: B256) -> Result<B256, ProgramError<O::Error>> {
    let input = read(oracle, input, "input of a block step", Input::decode)?;
    if input.batch_acc.is_zero() {
        return Ok(input.state_hash);
    }
    let config = read(oracle, input.config_hash, "chain config", ChainConfig::decode)?;
    config.validate()?;
    let state = read(oracle, input.state_hash, "state", State::decode)?;
    let inbox = OracleInbox::open(oracle, &config, input.batch_acc)?;
    let parent = latest_header(oracle, state.output_root)?;
    let mut executor = OracleExecutor::new(oracle, &config, parent)?;
    // A batch is left: the accumulator would be zero else.
    let target = state.batch_index.saturating_add(1);
    let step = gainsay_derive::block_step(&config, &state, target, &inbox, &mut executor)?;
    Ok(step.map_or(input.state_hash, |step| step.state.hash()))
}
