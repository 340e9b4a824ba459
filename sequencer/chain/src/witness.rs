//! Witnesses: what a block step of the derived chain reads, out of the store, for the fault VM.
//!
//! | preimage of | where it is |
//! |---|---|
//! | input, State, chain config, output root | made from the records around the step |
//! | batch accumulator, header, payload | the batch's record |
//! | message accumulators and bodies | the messages' records, from the first not consumed to the batch's last |
//! | trie node | made of the pages of the state before the step, on the way down from its root |
//! | code | by its hash |
//! | block header | by the block's hash |

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Encodable;
use gainsay_execute::trie::NodeSource;
use gainsay_program::Input;
use gainsay_store::{BatchData, BatchRecord, BlockHeader, StateNodes, Store, StoreError};
use gainsay_trace::{BlockStep, Preimages, RecordError, Witness, record};
use gainsay_types::{ChainConfig, State};
use std::{cell::OnceCell, collections::BTreeMap};

/// Why there is no witness.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// There is no such step yet.
    #[error("block step {index} is not derived yet: the chain is at step {steps}; steps count from 1")]
    Step {
        /// The step asked for.
        index: u64,
        /// Steps derived.
        steps: u64,
    },
    /// No step has made this block yet.
    #[error("block {number} is not derived from L1 yet: the safe head is block {safe}; ask again once its batch is on L1")]
    Block {
        /// The block asked for.
        number: u64,
        /// The safe head.
        safe: u64,
    },
    /// No step makes it.
    #[error("block 0 is the genesis block: no step makes it, ask for block 1 or later")]
    Genesis,
    /// A blob of the batch is pruned.
    #[error("a blob that the step reads, {hash}, is not archived any more, since what covers it is settled; ask a node that keeps more")]
    Blob {
        /// Its versioned hash.
        hash: B256,
    },
    /// The store has no record that the step needs, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The step could not be recorded.
    #[error(transparent)]
    Record(RecordError<StoreError>),
}

impl From<RecordError<StoreError>> for WitnessError {
    fn from(error: RecordError<StoreError>) -> Self {
        match error {
            RecordError::Source(error) => Self::Store(error),
            RecordError::Blob { hash } => Self::Blob { hash },
            other => Self::Record(other),
        }
    }
}

/// The block step that made block `number`.
///
/// # Errors
/// When no step has made it.
pub fn step_of_block(store: &Store, number: u64) -> Result<u64, WitnessError> {
    if number == 0 {
        return Err(WitnessError::Genesis);
    }
    let safe = store.heads().safe.l2_block_number;
    store.step_at_block(number)?.ok_or(WitnessError::Block { number, safe })
}

/// Takes block step `index` (from 1) again as the guest does, and keeps what it reads: at most `limit` bytes. Takes as long as executing the block on the
/// trie: call it on a blocking thread.
///
/// # Errors
/// When the step is not derived, the state before it or a blob of it is pruned, it reads more than `limit`, or the store fails, as it may while the chain is
/// unwound.
pub fn witness(store: &Store, config: &ChainConfig, index: u64, limit: usize) -> Result<Witness, WitnessError> {
    let source = StepPreimages::new(store, config, index)?;
    Ok(record(&source, source.input, source.step, limit)?)
}

/// What the machine reads in a block step below a fork whose target `state` has reached: nothing but the State, which stays as it is. The store may hold
/// more batches by now; the fork does not. The step has the number 0, since it is none of the chain's.
///
/// # Errors
/// Never for a State and a config that can be encoded.
pub fn idle_witness(config: &ChainConfig, state: &State) -> Result<Witness, WitnessError> {
    let state_hash = state.hash();
    let input = Input { batch_acc: B256::ZERO, state_hash, config_hash: config.hash() };
    let preimage = Bytes::from(input.encode().to_vec());
    let step = BlockStep { index: 0, before: *state, after: *state };
    let made = Witness::new(input.hash(), step, [(input.hash(), preimage)].into(), BTreeMap::new());
    made.map_err(|error| WitnessError::Record(RecordError::Witness(error)))
}

/// The preimages that a block step may read.
#[derive(Debug)]
pub struct StepPreimages {
    store: Store,
    step: BlockStep,
    input: B256,
    /// What is in the store under no hash.
    made: BTreeMap<B256, Bytes>,
    /// Messages by the Keccak of their bodies.
    bodies: BTreeMap<B256, u64>,
    /// Of the state before the step, from the first time that one is asked for: a step without a block reads none.
    nodes: OnceCell<StateNodes>,
}

impl StepPreimages {
    /// Of block step `index`, from 1.
    ///
    /// # Errors
    /// When the step is not derived, and when the store fails.
    pub fn new(store: &Store, config: &ChainConfig, index: u64) -> Result<Self, WitnessError> {
        let (before, after) = states(store, index)?;
        let number = before.batch_index.saturating_add(1);
        let batch = store.batch(number)?.ok_or_else(|| missing("batch", number))?;
        let parent = store.header(before.l2_block_number)?.ok_or_else(|| missing("block", before.l2_block_number))?;
        let step = BlockStep { index, before, after };
        let (made, bodies, nodes) = (BTreeMap::new(), BTreeMap::new(), OnceCell::new());
        let mut source = Self { store: store.clone(), step, input: B256::ZERO, made, bodies, nodes };
        source.add_input(&batch, config);
        source.add_output_root(&parent);
        source.add_batch(&batch)?;
        source.add_messages(batch.header.deposit_count)?;
        Ok(source)
    }

    /// The machine's input.
    #[must_use]
    pub const fn input(&self) -> B256 {
        self.input
    }

    /// The step.
    #[must_use]
    pub const fn step(&self) -> &BlockStep {
        &self.step
    }

    fn add(&mut self, preimage: impl Into<Bytes>) -> B256 {
        let preimage = preimage.into();
        let hash = keccak256(&preimage);
        self.made.insert(hash, preimage);
        hash
    }

    fn add_input(&mut self, batch: &BatchRecord, config: &ChainConfig) {
        let state_hash = self.add(self.step.before.encode().to_vec());
        let config_hash = self.add(config.encode());
        self.input = self.add(Input { batch_acc: batch.acc, state_hash, config_hash }.encode().to_vec());
    }

    fn add_output_root(&mut self, parent: &BlockHeader) {
        let header = &parent.header;
        self.add([B256::ZERO, header.state_root, header.withdrawals_root.unwrap_or_default(), header.hash()].concat());
    }

    fn add_batch(&mut self, batch: &BatchRecord) -> Result<(), StoreError> {
        let previous = self.store.batch_acc(batch.header.batch_index.saturating_sub(1))?;
        let header = self.add(batch.header.encode());
        self.add([previous, header].concat());
        match &batch.data {
            BatchData::Calldata(payload) => drop(self.add(payload.clone())),
            BatchData::Blobs(hashes) => drop(self.add(hashes.concat())),
            BatchData::None => {}
        }
        Ok(())
    }

    /// The accumulator is walked from the batch's last message back to the first one that is not consumed.
    fn add_messages(&mut self, last: u64) -> Result<(), StoreError> {
        let first = self.step.before.deposit_index.saturating_add(1);
        let mut previous = self.store.deposit_acc(self.step.before.deposit_index)?;
        for index in first..=last {
            let record = self.store.message(index)?.ok_or_else(|| missing("message", index))?;
            let link = record.message.link(previous);
            self.add(link.encode());
            self.bodies.insert(link.body_hash, index);
            previous = record.acc;
        }
        Ok(())
    }

    fn body(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        let Some(index) = self.bodies.get(hash) else { return Ok(None) };
        Ok(self.store.message(*index)?.map(|record| record.message.body.encode().into()))
    }

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        let nodes = match self.nodes.get() {
            Some(nodes) => nodes,
            None => {
                let number = self.step.before.l2_block_number;
                let state = self.store.state_at(number)?.ok_or_else(|| missing("block", number))?;
                let nodes = state.nodes()?;
                self.nodes.get_or_init(|| nodes)
            }
        };
        nodes.node(hash)
    }

    fn header(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        let Some(number) = self.store.block_number(hash)? else { return Ok(None) };
        Ok(self.store.header(number)?.map(|block| {
            let mut out = Vec::new();
            block.header.inner().encode(&mut out);
            out.into()
        }))
    }
}

impl Preimages for StepPreimages {
    type Error = StoreError;

    fn preimage(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        if let Some(made) = self.made.get(hash) {
            return Ok(Some(made.clone()));
        }
        if let Some(node) = self.node(hash)? {
            return Ok(Some(node));
        }
        if let Some(code) = self.store.code(hash)? {
            return Ok(Some(code));
        }
        match self.header(hash)? {
            Some(header) => Ok(Some(header)),
            None => self.body(hash),
        }
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, StoreError> {
        self.store.blob(versioned_hash)
    }
}

/// The States around step `index`.
fn states(store: &Store, index: u64) -> Result<(State, State), WitnessError> {
    let steps = store.heads().steps;
    let before = index.checked_sub(1).filter(|_| index <= steps).ok_or(WitnessError::Step { index, steps })?;
    let read = |step: u64| store.step(step)?.ok_or_else(|| missing("block step", step));
    Ok((read(before)?, read(index)?))
}

fn missing(record: &'static str, key: u64) -> StoreError {
    StoreError::Missing { record, key: key.to_string() }
}
