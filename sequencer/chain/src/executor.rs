//! Executing one block, or finding that it was executed before.

use crate::{ChainError, recover_senders};
use alloy_consensus::Sealed;
use gainsay_derive::{Executed, Executor, Outcome};
use gainsay_execute::{
    BlockBuilder, ExecuteError, ExecutedBlock, Fault,
    trie::{TrieNodes, update_state_root},
};
use gainsay_store::{BlockHeader, BlockRecord, StateReader, Store, StoreError};
use gainsay_types::{BlockInput, ChainConfig, Millis};
use op_alloy_consensus::OpTxEnvelope;

/// A block with the trie nodes that are new since its parent.
pub(crate) struct Built {
    pub(crate) block: ExecutedBlock,
    pub(crate) nodes: TrieNodes,
}

/// Executes `input` on `state`.
pub(crate) fn execute(
    config: &ChainConfig,
    state: StateReader,
    store: &Store,
    input: BlockInput,
) -> Result<Result<Built, Fault>, ChainError> {
    let hashes: Vec<_> = input.transactions.iter().map(gainsay_types::Transaction::hash).collect();
    let transactions = match recover_senders(input.transactions) {
        Ok(transactions) => transactions,
        Err((index, _)) => return Ok(Err(Fault::Signature { hash: hashes.get(index).copied().unwrap_or_default() })),
    };
    let parent = state.block().header.clone();
    let build = || {
        let mut block = BlockBuilder::begin(config, &parent, input.timestamp, &input.deposits, input.closing, state)?;
        for transaction in transactions {
            block.push(transaction)?;
        }
        Ok(block.finish())
    };
    let block = match build() {
        Ok(block) => block,
        Err(ExecuteError::Fault(fault)) => return Ok(Err(fault)),
        Err(ExecuteError::Database(error)) => return Err(StoreError::into(error)),
    };
    let update = update_state_root(parent.state_root, &block.changes, store)?;
    Ok(Ok(Built { block: block.seal(update.roots), nodes: update.nodes }))
}

/// What became of a derived block.
pub(crate) enum Derivation {
    /// The chain has it already.
    Known(Box<BlockHeader>),
    /// It is new.
    New(Box<Built>),
}

/// Executes on top of the safe head.
pub(crate) struct SafeExecutor<'a> {
    pub(crate) config: &'a ChainConfig,
    pub(crate) store: &'a Store,
    pub(crate) parent: BlockHeader,
    pub(crate) executions: u64,
}

impl Executor for SafeExecutor<'_> {
    type Block = Derivation;
    type Fault = Fault;
    type Error = ChainError;

    fn parent_time(&self) -> Millis {
        self.parent.time()
    }

    fn execute(&mut self, input: BlockInput) -> Result<Outcome<Derivation, Fault>, ChainError> {
        let number = self.parent.header.number;
        let known = self.store.block(number + 1)?.filter(|known| is_made_of(known, &input, self.config));
        if let Some(BlockRecord { header, output_root, deposit_index, .. }) = known {
            let block = Derivation::Known(Box::new(BlockHeader { header, output_root, deposit_index }));
            return Ok(Outcome::Valid(Executed { output_root, block }));
        }
        self.executions += 1;
        let state = state_after(self.store, number)?;
        Ok(match execute(self.config, state, self.store, input)? {
            Err(fault) => Outcome::Fault(fault),
            Ok(built) => Outcome::Valid(Executed { output_root: built.block.output_root, block: Derivation::New(Box::new(built)) }),
        })
    }
}

/// State after a block of the chain: the flat state if it is the tip.
pub(crate) fn state_after(store: &Store, number: u64) -> Result<StateReader, ChainError> {
    if store.heads().latest.number == number {
        return Ok(store.latest_state()?);
    }
    let state = store.state_at(number)?;
    Ok(state.ok_or_else(|| StoreError::Missing { record: "block", key: number.to_string() })?)
}

/// The block has exactly these inputs. Its parent is the same, since the chain has one block a number. Closing blocks and others have the same header;
/// of the limits that closing blocks are exempt from, only the deposits' gas is left to check, since such a block has no user transactions.
fn is_made_of(block: &BlockRecord, input: &BlockInput, config: &ChainConfig) -> bool {
    let deposits = input.deposits.iter().map(|message| OpTxEnvelope::Deposit(Sealed::new(message.transaction(config.portal))));
    let gas = input.deposits.iter().fold(0u64, |sum, message| sum.saturating_add(message.gas_limit()));
    let count = input.deposits.len() + input.transactions.len();
    (input.closing || gas <= config.block_gas_limit)
        && block.time() == input.timestamp
        && block.transactions.len() == count
        && block.transactions.iter().zip(deposits).all(|(have, want)| *have == want)
        && block.transactions.iter().skip(input.deposits.len()).zip(&input.transactions).all(|(have, want)| have == want.envelope())
}
