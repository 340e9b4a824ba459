//! Derivation and execution, as nodes do it.

use super::{Block, L2};
use crate::fault::{Fault, l2};
use alloy::{
    consensus::{Header, Sealed},
    primitives::B256,
};
use gainsay_derive::{Executed, Executor, Inbox, OpenBatch, Outcome, block_step};
use gainsay_execute::{BlockError, ExecuteError, ExecutedBlock, Fault as BlockFault, execute_block, memory::MemoryState};
use gainsay_types::{BlockInput, ChainConfig, Message, Millis};
use std::sync::Arc;

/// Time of a block, with the milliseconds in its extra data.
pub(super) fn time(header: &Header) -> Millis {
    let extra: [u8; 2] = header.extra_data.as_ref().try_into().unwrap_or_default();
    Millis::from_header(header.timestamp, u16::from_be_bytes(extra))
}

impl L2 {
    /// Derives and executes all that the inbox has by now. Returns the blocks that are new.
    ///
    /// # Errors
    /// When the chain cannot go on, which nothing on L1 may bring about.
    pub fn advance(&mut self) -> Result<Vec<ExecutedBlock>, Fault> {
        let mut made = Vec::new();
        loop {
            let (state, target) = (self.state(), self.batches.len() as u64);
            let head = self.head().header.clone();
            let inbox = Archive { batches: &self.batches, messages: &self.messages };
            let mut executor = Flat { config: &self.config, head, flat: &mut self.flat };
            let Some(step) = block_step(&self.config, &state, target, &inbox, &mut executor).map_err(l2)? else { return Ok(made) };
            self.states.push(step.state);
            if let Some(block) = step.block {
                let passer_root = block.header.withdrawals_root.unwrap_or_default();
                self.blocks.push(Block { header: block.header.clone(), passer_root, output_root: block.output_root });
                self.facts.read(&block);
                made.push(block);
            }
        }
    }
}

struct Archive<'a> {
    batches: &'a [Arc<OpenBatch>],
    messages: &'a [(Message, B256)],
}

impl Inbox for Archive<'_> {
    type Error = String;

    fn batch(&self, index: u64) -> Result<Arc<OpenBatch>, String> {
        self.batches.get(index as usize - 1).cloned().ok_or_else(|| format!("no batch {index}"))
    }

    fn message(&self, index: u64) -> Result<Message, String> {
        self.messages.get(index as usize - 1).map(|(message, _)| message.clone()).ok_or_else(|| format!("no message {index}"))
    }
}

struct Flat<'a> {
    config: &'a ChainConfig,
    head: Sealed<Header>,
    flat: &'a mut MemoryState,
}

impl Executor for Flat<'_> {
    type Block = ExecutedBlock;
    type Fault = BlockFault;
    type Error = String;

    fn parent_time(&self) -> Millis {
        time(&self.head)
    }

    fn execute(&mut self, input: BlockInput) -> Result<Outcome<ExecutedBlock, BlockFault>, String> {
        match execute_block(self.config, &self.head, input, &*self.flat, &*self.flat) {
            Ok((block, nodes)) => {
                self.flat.apply(&block.changes, nodes);
                self.flat.block_hashes.insert(block.header.number, block.header.hash());
                self.head = block.header.clone();
                Ok(Outcome::Valid(Executed { output_root: block.output_root, block }))
            }
            Err(BlockError::Execute(ExecuteError::Fault(fault))) => Ok(Outcome::Fault(fault)),
            Err(other) => Err(format!("{other:?}")),
        }
    }
}
