//! A real chain that is not this one: the same inbox, but one batch of it says nothing.

use alloy::primitives::B256;
use gainsay_chain::{Chain, ChainError, Derived, InboxEvent, L1Update, Options};
use gainsay_execute::genesis::Genesis;
use gainsay_store::{BatchData, L1Block, Store, StoreError};
use gainsay_types::{ChainConfig, State};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Page cache of a database that is thrown away, bytes.
const CACHE: u64 = 16 << 20;

/// Why the other chain cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The own store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The other chain.
    #[error("the other chain cannot be derived: {0}")]
    Chain(#[from] ChainError),
    /// A folder for it.
    #[error("no temporary folder for the other chain: {source}")]
    Folder {
        /// The reason.
        source: std::io::Error,
    },
}

/// States by block step, from genesis on.
type States = Arc<Vec<State>>;

/// Derives such chains, each once, into folders that are thrown away.
pub struct Elsewhere {
    config: ChainConfig,
    genesis: Genesis,
    l1_chain_id: u64,
    /// By `batchAcc` of the target and the batch that is left out.
    known: Mutex<BTreeMap<(B256, u64), States>>,
}

impl Elsewhere {
    /// For chains that begin as this one.
    #[must_use]
    pub const fn new(config: ChainConfig, genesis: Genesis, l1_chain_id: u64) -> Self {
        Self { config, genesis, l1_chain_id, known: Mutex::new(BTreeMap::new()) }
    }

    /// All states of the chain without `batch`, up to where batch `target` is consumed. None if blobs are missing.
    ///
    /// # Errors
    /// When a store fails.
    pub fn without(&self, store: &Store, batch: u64, target: u64) -> Result<Option<States>, StoryError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (store.batch_acc(target)?, batch);
        if let Some(states) = known.get(&key) {
            return Ok(Some(states.clone()));
        }
        let states = self.derive(store, batch, target)?.map(Arc::new);
        if let Some(states) = &states {
            known.insert(key, states.clone());
        }
        Ok(states)
    }

    fn derive(&self, store: &Store, skipped: u64, target: u64) -> Result<Option<Vec<State>>, StoryError> {
        let folder = tempfile::tempdir().map_err(|source| StoryError::Folder { source })?;
        let options = Options {
            path: folder.path().join("chain"),
            l1_chain_id: self.l1_chain_id,
            cache_bytes: CACHE,
            history: gainsay_chain::History::default(),
            keep_unsafe: false,
        };
        let (mut chain, _) = Chain::open(&options, self.config.clone(), &self.genesis)?;
        for update in updates(store, skipped, target)? {
            chain.apply_l1(&update)?;
        }
        for index in (1..=target).filter(|index| *index != skipped) {
            let Some(BatchData::Blobs(hashes)) = store.batch(index)?.map(|record| record.data) else { continue };
            for hash in hashes {
                let Some(blob) = store.blob(&hash)? else { return Ok(None) };
                chain.put_blob(&hash, &blob)?;
            }
        }
        let mut states = vec![State::genesis(self.genesis.output_root)];
        loop {
            match chain.derive_next()? {
                Derived::Step(step) => states.push(step.state),
                Derived::UpToDate => return Ok(Some(states)),
                Derived::NeedsBlobs { .. } => return Ok(None),
            }
        }
    }
}

/// What L1 appended up to batch `target`, block by block; of the batch `skipped` no payload is left, so that it is void.
fn updates(store: &Store, skipped: u64, target: u64) -> Result<Vec<L1Update>, StoreError> {
    let missing = |record, key: u64| StoreError::Missing { record, key: key.to_string() };
    let mut blocks: BTreeMap<u64, (L1Block, Vec<InboxEvent>)> = BTreeMap::new();
    let mut add = |number, hash, timestamp, event| {
        let block = L1Block { number, hash, parent_hash: B256::ZERO, timestamp };
        blocks.entry(number).or_insert_with(|| (block, Vec::new())).1.push(event);
    };
    let last = store.batch(target)?.map_or(0, |record| record.header.l1_number);
    for index in 1..=store.heads().messages {
        let record = store.message(index)?.ok_or_else(|| missing("message", index))?;
        if record.message.l1_number > last {
            break;
        }
        let (number, time) = (record.message.l1_number, record.message.l1_time);
        let event = InboxEvent::Message { message: record.message, acc: record.acc, tx_hash: record.l1_transaction };
        add(number, record.l1_hash, time, event);
    }
    for index in 1..=target {
        let record = store.batch(index)?.ok_or_else(|| missing("batch", index))?;
        let (number, time) = (record.header.l1_number, record.header.l1_time);
        // A payload of another kind than announced makes a batch void; a forced one has none in any case.
        let data = if index == skipped { BatchData::None } else { record.data };
        add(number, record.l1_hash, time, InboxEvent::Batch { header: record.header, acc: record.acc, data });
    }
    let mut tip: Option<L1Block> = None;
    let linked = blocks.into_values().map(|(block, events)| {
        // Blocks without events are left out; of those that follow each other the hashes must.
        let parent_hash = tip.as_ref().filter(|tip| tip.number + 1 == block.number).map_or(B256::ZERO, |tip| tip.hash);
        let block = L1Block { parent_hash, ..block };
        tip = Some(block);
        L1Update::Extend { block, events }
    });
    Ok(linked.collect())
}
