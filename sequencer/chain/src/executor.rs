//! Executing one block, or finding that it was executed before.

use crate::{
    ChainError,
    ahead::Ahead,
    recover::{Recovered, recover_all},
};
use alloy_consensus::{Sealed, proofs::calculate_transaction_root};
use gainsay_derive::{Executed, Executor, Outcome};
use gainsay_execute::{BlockBuilder, ExecuteError, ExecutedBlock, Fault};
use gainsay_store::{BlockHeader, StateReader, Store, StoreError, Writer};
use gainsay_types::{BlockInput, ChainConfig, Millis};
use op_alloy_consensus::OpTxEnvelope;
use std::borrow::Cow;

/// A block to execute whose signatures are recovered.
pub(crate) struct Signed {
    pub(crate) input: BlockInput,
    /// The input's transactions, which are not there any more.
    pub(crate) transactions: Recovered,
}

impl Signed {
    /// Recovers the senders now.
    pub(crate) fn new(mut input: BlockInput) -> Self {
        let transactions = recover_all(std::mem::take(&mut input.transactions));
        Self { input, transactions }
    }
}

/// Executes `block` on `state`.
pub(crate) fn execute(
    config: &ChainConfig,
    state: StateReader,
    writer: &mut Writer,
    block: Signed,
) -> Result<Result<ExecutedBlock, Fault>, ChainError> {
    let Signed { input, transactions } = block;
    let transactions = match transactions {
        Ok(transactions) => transactions,
        Err(bad) => return Ok(Err(Fault::Signature { hash: bad.hash })),
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
    let roots = writer.roots(parent.number, &block.changes)?;
    Ok(Ok(block.seal(roots)))
}

/// What became of a derived block.
pub(crate) enum Derivation {
    /// The chain has it already.
    Known(Box<BlockHeader>),
    /// It is new.
    New(Box<ExecutedBlock>),
}

/// Executes on top of the safe head.
pub(crate) struct SafeExecutor<'a> {
    pub(crate) config: &'a ChainConfig,
    pub(crate) writer: &'a mut Writer,
    pub(crate) ahead: &'a Ahead,
    pub(crate) parent: BlockHeader,
    /// The payload block that comes next: its batch, and its position in there.
    pub(crate) next: (u64, u64),
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
        // Beyond the tip there may be remains of a damaged chain.
        let known = if number < self.writer.store().heads().latest.number { self.writer.store().header(number + 1)? } else { None };
        if let Some(block) = known.filter(|known| is_made_of(known, &input, self.config)) {
            return Ok(Outcome::Valid(Executed { output_root: block.output_root, block: Derivation::Known(Box::new(block)) }));
        }
        self.executions += 1;
        let state = state_after(self.writer.store(), number)?;
        let signed = self.signed(input);
        Ok(match execute(self.config, state, self.writer, signed)? {
            Err(fault) => Outcome::Fault(fault),
            Ok(block) => Outcome::Valid(Executed { output_root: block.output_root, block: Derivation::New(Box::new(block)) }),
        })
    }
}

impl SafeExecutor<'_> {
    /// With the senders that were recovered ahead, or else now. Those of the block `next` are meant: no other block of a step has transactions.
    fn signed(&self, mut input: BlockInput) -> Signed {
        let (batch, offset) = self.next;
        let count = input.transactions.len();
        let ahead = if input.closing { None } else { self.ahead.take_recovered(batch, offset) };
        match ahead.filter(|ahead| ahead.as_ref().is_ok_and(|recovered| recovered.len() == count) || ahead.is_err()) {
            Some(transactions) => {
                input.transactions.clear();
                Signed { input, transactions }
            }
            None => Signed::new(input),
        }
    }
}

/// State after a block of the chain, which is quickest for the tip.
pub(crate) fn state_after(store: &Store, number: u64) -> Result<StateReader, ChainError> {
    if store.heads().latest.number == number {
        return Ok(store.latest_state()?);
    }
    let state = store.state_at(number)?;
    Ok(state.ok_or_else(|| StoreError::Missing { record: "block", key: number.to_string() })?)
}

/// The block has exactly these inputs: the header commits to all of its transactions. Its parent is the same, since the chain has one block a number.
/// Closing blocks and others have the same header; of the limits that closing blocks are exempt from, only the deposits' gas is left to check, since such a
/// block has no user transactions.
fn is_made_of(block: &BlockHeader, input: &BlockInput, config: &ChainConfig) -> bool {
    let gas = input.deposits.iter().fold(0u64, |sum, message| sum.saturating_add(message.gas_limit()));
    if !(input.closing || gas <= config.block_gas_limit) || block.time() != input.timestamp {
        return false;
    }
    let deposits = input.deposits.iter().map(|message| OpTxEnvelope::Deposit(Sealed::new(message.transaction(config.portal))));
    let users = input.transactions.iter().map(|transaction| Cow::Borrowed(transaction.envelope()));
    let transactions: Vec<Cow<'_, OpTxEnvelope>> = deposits.map(Cow::Owned).chain(users).collect();
    block.header.transactions_root == calculate_transaction_root(&transactions)
}
