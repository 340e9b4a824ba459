//! Executing the block that the step makes.

use crate::{
    oracle::{DataError, Oracle},
    state::OracleState,
    step::ProgramError,
};
use alloy_consensus::{Header, Sealed};
use gainsay_derive::{Executed, Executor, Outcome};
use gainsay_execute::{BlockError, ExecuteError, Fault, execute_block, trie::TrieState};
use gainsay_types::{BlockInput, ChainConfig, Millis};

/// Executes on top of the block that the state before the step commits to.
pub(crate) struct OracleExecutor<'a, O> {
    oracle: &'a O,
    config: &'a ChainConfig,
    parent: Sealed<Header>,
    time: Millis,
}

impl<'a, O: Oracle> OracleExecutor<'a, O> {
    pub(crate) fn new(oracle: &'a O, config: &'a ChainConfig, parent: Sealed<Header>) -> Result<Self, DataError<O::Error>> {
        let malformed = DataError::Malformed { what: "header of this chain", hash: parent.hash() };
        let extra: [u8; 2] = parent.extra_data.as_ref().try_into().map_err(|_| malformed)?;
        let time = Millis::from_header(parent.timestamp, u16::from_be_bytes(extra));
        Ok(Self { oracle, config, parent, time })
    }
}

impl<O: Oracle> Executor for OracleExecutor<'_, O> {
    /// Only the output root matters.
    type Block = ();
    type Fault = Fault;
    type Error = ProgramError<O::Error>;

    fn parent_time(&self) -> Millis {
        self.time
    }

    fn execute(&mut self, input: BlockInput) -> Result<Outcome<(), Fault>, Self::Error> {
        let source = OracleState::new(self.oracle, &self.parent);
        let state = TrieState::new(self.parent.state_root, &source);
        match execute_block(self.config, &self.parent, input, state, &source) {
            Ok((block, _)) => {
                self.parent = block.header;
                Ok(Outcome::Valid(Executed { output_root: block.output_root, block: () }))
            }
            Err(BlockError::Execute(ExecuteError::Fault(fault))) => Ok(Outcome::Fault(fault)),
            Err(BlockError::Execute(ExecuteError::Database(error))) => Err(error.into()),
            Err(BlockError::Trie(error)) => Err(error.into()),
        }
    }
}
