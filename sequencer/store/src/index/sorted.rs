//! Entries in memory: sorted lists, the sizes of which are kept apart by merging.

use crate::Location;
use alloy_primitives::B256;
use std::sync::Arc;

/// Bits of a hash that an entry keeps. Among a billion transactions one unknown hash in a thousand has a candidate to compare.
pub(super) const PREFIX_BITS: u32 = 40;
/// Bits for the position in a block.
const POSITION_BITS: u32 = 24;

/// The start of a hash and the place of its transaction. Ordered by prefix, then by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The hash's first [`PREFIX_BITS`] bits.
    pub(super) prefix: u64,
    /// Block number and position, in one word: blocks below 2^40, positions below 2^24.
    place: u64,
}

impl Entry {
    /// Bytes on disk: prefix and block five each, position three.
    pub(super) const BYTES: usize = 13;

    pub(super) fn prefix_of(hash: &B256) -> u64 {
        let mut word = [0; 8];
        word[3..].copy_from_slice(&hash[..5]);
        u64::from_be_bytes(word)
    }

    pub(super) const fn location(self) -> Location {
        Location { block: self.place >> POSITION_BITS, index: self.place & ((1 << POSITION_BITS) - 1) }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.prefix.to_be_bytes()[3..]);
        out.extend_from_slice(&self.place.to_be_bytes());
    }

    /// From [`Self::BYTES`] bytes; shorter input counts as if zeros led it.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let word = |bytes: &[u8]| bytes.iter().fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
        let (prefix, place) = bytes.split_at(bytes.len().min(5));
        Self { prefix: word(prefix), place: word(place) }
    }
}

/// Entries in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sorted(Vec<Entry>);

impl Sorted {
    pub(super) fn of_block<'a>(number: u64, hashes: impl IntoIterator<Item = &'a B256>) -> Self {
        let places = (number << POSITION_BITS)..;
        let hashes = hashes.into_iter().take(1 << POSITION_BITS);
        let mut entries: Vec<Entry> = hashes.zip(places).map(|(hash, place)| Entry { prefix: Entry::prefix_of(hash), place }).collect();
        entries.sort_unstable();
        Self(entries)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The entries with this prefix, by place.
    pub(super) fn candidates(&self, prefix: u64) -> &[Entry] {
        let start = first_at_or_after(self.0.len(), 0, 1 << PREFIX_BITS, prefix, |index| self.0[index].prefix);
        let from = &self.0[start..];
        let count = from.iter().take_while(|entry| entry.prefix == prefix).count();
        &from[..count]
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// All entries of several lists; of equal ones, one.
    pub(super) fn merged(lists: &[Arc<Self>]) -> Self {
        let mut entries = Vec::with_capacity(lists.iter().map(|list| list.len()).sum());
        lists.iter().for_each(|list| entries.extend_from_slice(&list.0));
        // Runs of sorted entries: a stable sort finds them and merges.
        entries.sort();
        entries.dedup();
        Self(entries)
    }
}

/// Adds a list behind the others, and merges while the last is not smaller than half of the one before: there are never more than some twenty, and an
/// entry is copied as many times at most.
pub(super) fn push(lists: &mut Vec<Arc<Sorted>>, added: Sorted) {
    let (mut from, mut size) = (lists.len(), added.len());
    while from > 0 && lists[from - 1].len() / 2 <= size {
        from -= 1;
        size += lists[from].len();
    }
    lists.push(Arc::new(added));
    if lists.len() - from > 1 {
        let merged = Sorted::merged(&lists[from..]);
        lists.truncate(from);
        lists.push(Arc::new(merged));
    }
}

/// Index of the first of `count` prefixes, in order and spread evenly over `low..high`, that is not below `wanted`. Prefixes come from hashes, so the place
/// can be guessed to within the root of the count; from there the step doubles, and the rest is halved.
pub(super) fn first_at_or_after(count: usize, low: u64, high: u64, wanted: u64, prefix: impl Fn(usize) -> u64) -> usize {
    let share = u128::from(wanted.saturating_sub(low)) * count as u128 / u128::from(high - low).max(1);
    let guess = usize::try_from(share).unwrap_or(count).min(count);
    let mut step = 1 + count.isqrt() / 4;
    // Everything before `start` is below `wanted`, nothing from `end` on is.
    let (mut start, mut end) = (0, count);
    if guess < count && prefix(guess) < wanted {
        start = guess + 1;
        while let probe = start.saturating_add(step)
            && probe < count
        {
            if prefix(probe) >= wanted {
                end = probe;
                break;
            }
            (start, step) = (probe + 1, step * 2);
        }
    } else {
        end = guess;
        while let Some(probe) = end.checked_sub(step) {
            if prefix(probe) < wanted {
                start = probe + 1;
                break;
            }
            (end, step) = (probe, step * 2);
        }
    }
    while start < end {
        let middle = start.midpoint(end);
        if prefix(middle) < wanted {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}
