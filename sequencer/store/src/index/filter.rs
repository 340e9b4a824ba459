//! A blocked Bloom filter: 12 bits an entry, in blocks of one cache line. An entry's block follows from its prefix by order, so that a filter is made from
//! front to back while its run is written.

use super::sorted::PREFIX_BITS;

const BITS_PER_ENTRY: u64 = 12;
const BLOCK_BITS: u64 = 512;
const WORDS: usize = 8;
/// Bits set for an entry: with 12 bits an entry, 1 % of unknown hashes pass.
const PROBES: u32 = 6;

/// Says of a prefix that it is not there, or that it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter(Vec<[u64; WORDS]>);

impl Filter {
    pub(super) fn for_entries(entries: u64) -> Self {
        Self(vec![[0; WORDS]; usize::try_from(Self::blocks(entries)).unwrap_or(usize::MAX)])
    }

    const fn blocks(entries: u64) -> u64 {
        (entries * BITS_PER_ENTRY).div_ceil(BLOCK_BITS)
    }

    /// Memory of a filter, bytes.
    pub(super) fn bytes_for(entries: u64) -> usize {
        usize::try_from(Self::blocks(entries) * BLOCK_BITS / 8).unwrap_or(usize::MAX)
    }

    fn block(&self, prefix: u64) -> usize {
        // A share of the count is below the count.
        ((u128::from(prefix) * self.0.len() as u128) >> PREFIX_BITS) as usize
    }

    pub(super) fn insert(&mut self, prefix: u64) {
        let block = self.block(prefix);
        if let Some(words) = self.0.get_mut(block) {
            probes(prefix).for_each(|(word, bit)| words[word] |= bit);
        }
    }

    pub(super) fn may_have(&self, prefix: u64) -> bool {
        self.0.get(self.block(prefix)).is_some_and(|words| probes(prefix).all(|(word, bit)| words[word] & bit != 0))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flatten().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// None if the bytes are not those of a filter for so many entries.
    pub(super) fn from_bytes(bytes: &[u8], entries: u64) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<8>();
        let (blocks, rest_of_words) = words.as_chunks::<WORDS>();
        let fits = rest.is_empty() && rest_of_words.is_empty() && blocks.len() as u64 == Self::blocks(entries);
        fits.then(|| Self(blocks.iter().map(|block| block.map(u64::from_be_bytes)).collect()))
    }
}

/// Words with the bit to set in each. The prefix's low bits are mixed: its high ones have chosen the block.
fn probes(prefix: u64) -> impl Iterator<Item = (usize, u64)> {
    let mixed = prefix.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (0..PROBES).map(move |probe| {
        let bit = mixed >> (9 * probe) & (BLOCK_BITS - 1);
        ((bit >> 6) as usize, 1 << (bit & 63))
    })
}
