//! Reading blocks and transactions.

use crate::{BlockHeader, BlockRecord, Known, Location, Store, StoreError, StoredBlock, block::HeaderRecord, body::L1Slots, codec, keys};
use alloy_primitives::{B256, U256};
use gainsay_execute::StateChanges;
use gainsay_types::predeploys::{L1_BLOCK, l1_block_slot};
use std::{cell::Cell, sync::Arc};

/// A transaction in its block.
#[derive(Clone, Debug)]
pub struct Included {
    /// The block.
    pub block: Arc<StoredBlock>,
    /// The transaction's position in it, from 0.
    pub index: usize,
}

/// What memory alone knows of a transaction.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// It is here.
    Found(Included),
    /// The chain has no such transaction.
    Unknown,
    /// It takes a look at the disk: [`Store::find`].
    AskDisk,
}

impl Store {
    /// Header of block `number`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn header(&self, number: u64) -> Result<Option<BlockHeader>, StoreError> {
        match self.recent().get(number) {
            Some(block) => Ok(Some(block.header().clone())),
            None => self.read_header(number),
        }
    }

    /// From the database: blocks at hand may be of before a commit that is in there already.
    pub(crate) fn read_header(&self, number: u64) -> Result<Option<BlockHeader>, StoreError> {
        self.record::<HeaderRecord>(&keys::header(number))?.map(|record| record.read()).transpose()
    }

    /// Block `number`, its transactions not decoded yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stored_block(&self, number: u64) -> Result<Option<Arc<StoredBlock>>, StoreError> {
        if let Some(block) = self.recent().get(number) {
            return Ok(Some(block));
        }
        let key = keys::header(number);
        loop {
            let since = self.recent().since();
            let (Some(header), Some(body)) = (self.get(&key)?, self.get(&keys::body(number))?) else { return Ok(None) };
            // Between the two a commit may have put another block there.
            if self.get(&key)?.as_ref() == Some(&header) && self.recent().since() == since {
                let header = codec::decode::<HeaderRecord>(&header)?.read()?;
                let block = Arc::new(StoredBlock::read(header, body)?);
                self.recent().keep_read(since, block.clone());
                return Ok(Some(block));
            }
        }
    }

    /// Block `number`, all of it decoded: some microseconds a transaction.
    ///
    /// # Errors
    /// When the store fails.
    pub fn block(&self, number: u64) -> Result<Option<BlockRecord>, StoreError> {
        self.stored_block(number)?.map(|block| block.record()).transpose()
    }

    /// Where a transaction is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn transaction(&self, hash: &B256) -> Result<Option<Location>, StoreError> {
        self.index().locate(self.database(), hash, |location| Ok(self.at(location, hash, Self::stored_block)?.is_some()))
    }

    /// A transaction with its block.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find(&self, hash: &B256) -> Result<Option<Included>, StoreError> {
        let mut found = None;
        self.index().locate(self.database(), hash, |location| {
            found = self.at(location, hash, Self::stored_block)?;
            Ok(found.is_some())
        })?;
        Ok(found)
    }

    /// As [`Self::find`], but never waits for the disk.
    ///
    /// # Errors
    /// When a block in memory is damaged.
    pub fn find_in_memory(&self, hash: &B256) -> Result<Lookup, StoreError> {
        let (mut found, unsure) = (None, Cell::new(false));
        let recent = |store: &Self, number| {
            let block = store.recent().get(number);
            unsure.set(unsure.get() || block.is_none());
            Ok(block)
        };
        let known = self.index().known(hash, |location| {
            found = self.at(location, hash, recent)?;
            Ok(found.is_some())
        })?;
        Ok(match (found, known) {
            (Some(included), _) => Lookup::Found(included),
            (None, Known::Nowhere) if !unsure.get() => Lookup::Unknown,
            (None, _) => Lookup::AskDisk,
        })
    }

    /// The transaction at a place if it is the one with this hash.
    fn at(
        &self,
        location: Location,
        hash: &B256,
        block: impl FnOnce(&Self, u64) -> Result<Option<Arc<StoredBlock>>, StoreError>,
    ) -> Result<Option<Included>, StoreError> {
        let Some(block) = block(self, location.block)? else { return Ok(None) };
        let index = usize::try_from(location.index).unwrap_or(usize::MAX);
        let is_it = block.hash(index)?.is_some_and(|found| found == *hash);
        Ok(is_it.then_some(Included { block, index }))
    }

    /// The blocks that a commit put on the chain, after it took off those above `unwound_to`. Before readers are told of the new tip.
    pub(crate) fn blocks_changed(&self, unwound_to: Option<u64>, pushed: Vec<Arc<StoredBlock>>) -> Result<(), StoreError> {
        if let Some(last) = unwound_to {
            self.recent().unwind(last.saturating_add(1));
        }
        for block in pushed {
            self.index().push_block(block.header().header.number, block.hashes()?);
            self.recent().keep(block);
        }
        Ok(())
    }

    /// Tells the transaction index of blocks that it has not on disk yet, at start-up.
    pub(crate) fn index_again(&self) -> Result<(), StoreError> {
        for number in self.index().covered().saturating_add(1)..=self.heads().latest.number {
            let block = self.stored_block(number)?.ok_or_else(|| StoreError::missing("block", number))?;
            self.index().push_block(number, block.hashes()?);
        }
        Ok(())
    }
}

/// What L1 data costs after a block that changed this.
pub(crate) fn l1_slots_after(before: L1Slots, changes: &StateChanges) -> L1Slots {
    let Some(change) = changes.accounts.get(&L1_BLOCK) else { return before };
    let after = |slot: u64, before: U256| change.storage.get(&U256::from(slot)).map_or(before, |(_, after)| *after);
    L1Slots {
        base_fee: after(l1_block_slot::BASE_FEE, before.base_fee),
        blob_base_fee: after(l1_block_slot::BLOB_BASE_FEE, before.blob_base_fee),
        scalars: after(l1_block_slot::SCALARS, before.scalars),
    }
}
