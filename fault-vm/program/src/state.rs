//! The chain's state before the step, read through the hashes that commit to it.

use crate::oracle::{DataError, Oracle, read};
use alloc::{vec, vec::Vec};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use core::cell::RefCell;
use gainsay_execute::trie::{NodeSource, StateSource};

/// Blocks whose hash a contract can ask for.
const MAX_ANCESTORS: usize = 256;

/// The header of the latest block, which an output root commits to.
pub(crate) fn latest_header<O: Oracle>(oracle: &O, output_root: B256) -> Result<Sealed<Header>, DataError<O::Error>> {
    let block_hash = read(oracle, output_root, "output root of version 0", |bytes| {
        let (rest, hash) = bytes.split_last_chunk::<32>()?;
        let version = rest.first_chunk::<32>().filter(|_| rest.len() == 96)?;
        (*version == [0; 32]).then(|| B256::from(*hash))
    })?;
    header(oracle, block_hash)
}

fn header<O: Oracle>(oracle: &O, hash: B256) -> Result<Sealed<Header>, DataError<O::Error>> {
    let header = read(oracle, hash, "block header", |mut bytes| {
        let header = Header::decode(&mut bytes).ok()?;
        bytes.is_empty().then_some(header)
    })?;
    Ok(Sealed::new_unchecked(header, hash))
}

/// Trie nodes, codes and block hashes as the state after a block has them.
pub(crate) struct OracleState<'a, O> {
    oracle: &'a O,
    number: u64,
    /// Hashes of that block, its parent, and so on: as far back as was asked for.
    ancestors: RefCell<Vec<B256>>,
}

impl<'a, O: Oracle> OracleState<'a, O> {
    /// The state after `block`.
    pub(crate) fn new(oracle: &'a O, block: &Sealed<Header>) -> Self {
        Self { oracle, number: block.number, ancestors: RefCell::new(vec![block.hash(), block.parent_hash]) }
    }
}

impl<O: Oracle> NodeSource for OracleState<'_, O> {
    type Error = DataError<O::Error>;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error> {
        self.oracle.keccak(hash).map(Some).map_err(DataError::Oracle)
    }
}

impl<O: Oracle> StateSource for OracleState<'_, O> {
    fn code(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error> {
        self.oracle.keccak(hash).map(Some).map_err(DataError::Oracle)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, Self::Error> {
        let distance = self.number.checked_sub(number).and_then(|distance| usize::try_from(distance).ok());
        let Some(distance) = distance.filter(|distance| *distance < MAX_ANCESTORS) else { return Ok(None) };
        let mut ancestors = self.ancestors.borrow_mut();
        while ancestors.len() <= distance {
            let oldest = ancestors.last().copied().unwrap_or_default();
            ancestors.push(header(self.oracle, oldest)?.parent_hash);
        }
        Ok(ancestors.get(distance).copied())
    }
}
