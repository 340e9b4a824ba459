//! A few entries, sorted by key, as the bytes of their page.
//!
//! | bytes | |
//! |---|---|
//! | 1 | how many entries, 1 to 24 |
//! | 2 | for each nibble of the entries' topmost branch, bit by bit: whether the hash below it follows |
//! | 32 each | these hashes |
//! | 1 each | lengths of the values |
//! | 32 - `depth / 2` each | the keys from byte `depth / 2` on |
//! | | the values |
//!
//! The hashes are those that the branch holds: when one entry changes, its neighbours need not be hashed again.

use crate::{
    key::{NIBBLES, Prefix, common, nibble},
    reference::{Encoder, Reference},
    value::{Change, Kind},
};
use alloy_primitives::B256;
use std::ops::Range;

/// Entries of a bucket; with more it splits.
pub(crate) const MOST: usize = 24;

/// A bucket's bytes, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket<'a> {
    prefix: &'a Prefix,
    hashed: u16,
    hashes: &'a [u8],
    lengths: &'a [u8],
    keys: &'a [u8],
    values: &'a [u8],
}

impl<'a> Bucket<'a> {
    /// Takes bytes apart: none where they do not fit together. What is in them is for [`Self::is_valid`].
    #[inline]
    pub(crate) fn read(prefix: &'a Prefix, bytes: &'a [u8]) -> Option<Self> {
        let ([count, high, low], rest) = bytes.split_first_chunk::<3>()?;
        let (count, hashed) = (usize::from(*count), u16::from_be_bytes([*high, *low]));
        if !(1..=MOST).contains(&count) {
            return None;
        }
        // At most 16 bits.
        let (hashes, rest) = rest.split_at_checked(32 * hashed.count_ones() as usize)?;
        let (lengths, rest) = rest.split_at_checked(count)?;
        let (keys, values) = rest.split_at_checked(count * (32 - start(prefix)))?;
        let size = lengths.iter().map(|length| usize::from(*length)).sum::<usize>();
        (size == values.len()).then_some(Self { prefix, hashed, hashes, lengths, keys, values })
    }

    /// Whether it is as this crate writes it: sorted keys below the prefix, values of the kind, no hash of nothing.
    pub(crate) fn is_valid(&self, kind: Kind) -> bool {
        let keys: Vec<B256> = self.entries().map(|(key, _)| key).collect();
        let sorted = keys.windows(2).all(|pair| pair[0] < pair[1]);
        let at = self.at();
        let there = if at == NIBBLES { 0 } else { keys.iter().fold(0u16, |there, key| there | 1 << nibble(key, at)) };
        let here = keys.iter().all(|key| self.prefix.contains(key));
        sorted && here && self.hashed & !there == 0 && self.entries().all(|(_, value)| kind.accepts(value))
    }

    #[inline]
    fn key(&self, place: usize) -> B256 {
        let start = start(self.prefix);
        let mut key = *self.prefix.first();
        if let Some(suffix) = self.keys.chunks_exact(32 - start).nth(place) {
            // A byte that is in the prefix by half is in the page as a whole.
            key.0[start..].copy_from_slice(suffix);
        }
        key
    }

    #[inline]
    pub(crate) const fn count(&self) -> usize {
        self.lengths.len()
    }

    /// Depth of the topmost branch; 64 for one entry alone.
    fn at(&self) -> u8 {
        common(&self.key(0), &self.key(self.lengths.len() - 1))
    }

    /// Keys and values.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (B256, &'a [u8])> {
        let (this, mut rest) = (*self, self.values);
        this.lengths.iter().enumerate().map_while(move |(place, length)| {
            let (value, after) = rest.split_at_checked(usize::from(*length))?;
            rest = after;
            Some((this.key(place), value))
        })
    }

    /// The value at a key that begins with the prefix.
    pub(crate) fn get(&self, key: &B256) -> Option<&'a [u8]> {
        self.values.get(self.find(key)?)
    }

    /// Where in the bucket's bytes that value is.
    pub(crate) fn place(&self, key: &B256) -> Option<Range<usize>> {
        let before = 3 + self.hashes.len() + self.lengths.len() + self.keys.len();
        self.find(key).map(|found| before + found.start..before + found.end)
    }

    fn find(&self, key: &B256) -> Option<Range<usize>> {
        let suffix = &key.0[start(self.prefix)..];
        let place = self.keys.chunks_exact(suffix.len()).position(|one| one == suffix)?;
        let from = self.lengths[..place].iter().map(|length| usize::from(*length)).sum::<usize>();
        Some(from..from + usize::from(self.lengths[place]))
    }

    /// The hash below a nibble of the topmost branch, where it is in the page.
    fn hash(&self, nibble: u8) -> Option<B256> {
        let bit = 1u16 << nibble;
        if self.hashed & bit == 0 {
            return None;
        }
        let before = (self.hashed & (bit - 1)).count_ones() as usize;
        self.hashes.get(32 * before..32 * before + 32).map(B256::from_slice)
    }
}

/// Keys are in the page from this byte on. The last byte is always there: at depth 64 there is nothing else to tell that an entry is one.
#[inline]
const fn start(prefix: &Prefix) -> usize {
    let start = prefix.depth() as usize / 2;
    if start > 31 { 31 } else { start }
}

/// Entries on their way into pages.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) list: Vec<Entry>,
    values: Vec<u8>,
}

/// A key, and where its value is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: B256,
    from: u32,
    length: u8,
}

impl Entries {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.values.clear();
    }

    #[inline]
    fn value(&self, entry: &Entry) -> &[u8] {
        let from = entry.from as usize;
        self.values.get(from..from + usize::from(entry.length)).unwrap_or_default()
    }

    /// Appends what `write` writes as the value of a key; whether that is anything.
    fn push(&mut self, key: B256, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let from = self.values.len();
        write(&mut self.values);
        // Values have at most 114 bytes, and there are as many as a block's changes and 24 more.
        let (from, length) = (from as u32, (self.values.len() - from) as u8);
        if length > 0 {
            self.list.push(Entry { key, from, length });
        }
        length > 0
    }

    pub(crate) fn extend(&mut self, bucket: &Bucket<'_>) {
        for (key, value) in bucket.entries() {
            self.push(key, |out| out.extend_from_slice(value));
        }
    }

    pub(crate) fn extend_changes(&mut self, changes: &[(B256, Change<'_>)]) {
        for (key, change) in changes {
            self.push(*key, |out| change.write(None, out));
        }
    }

    /// A bucket's entries with changes, both sorted; which nibbles at the bucket's topmost branch are concerned. None if nothing changes.
    pub(crate) fn merge(&mut self, bucket: &Bucket<'_>, mut changes: &[(B256, Change<'_>)]) -> Option<u16> {
        let (mut touched, mut changed, at) = (0u16, false, bucket.at().min(NIBBLES - 1));
        let mut touch = |key: &B256| {
            touched |= 1 << nibble(key, at);
            changed = true;
        };
        for (key, value) in bucket.entries() {
            while let Some(((new, change), rest)) = changes.split_first().filter(|((new, _), _)| *new < key) {
                if self.push(*new, |out| change.write(None, out)) {
                    touch(new);
                }
                changes = rest;
            }
            let Some(((_, change), rest)) = changes.split_first().filter(|((new, _), _)| *new == key) else {
                self.push(key, |out| out.extend_from_slice(value));
                continue;
            };
            changes = rest;
            let there = self.push(key, |out| change.write(Some(value), out));
            if !there || self.list.last().is_some_and(|entry| self.value(entry) != value) {
                touch(&key);
            }
        }
        for (new, change) in changes {
            if self.push(*new, |out| change.write(None, out)) {
                touch(new);
            }
        }
        changed.then_some(touched)
    }

    /// Writes the bucket of some of the entries, at least 1 and at most 24; its reference. `known` are hashes of the topmost branch, if it is at `at`.
    pub(crate) fn write(
        &self,
        part: &[Entry],
        prefix: &Prefix,
        kind: Kind,
        known: Known<'_>,
        encoder: &mut Encoder,
        out: &mut Vec<u8>,
    ) -> Reference {
        let children = match part {
            [first, .., last] => Some((first.key, common(&first.key, &last.key))),
            _ => None,
        }
        .filter(|(_, at)| *at < NIBBLES)
        .map(|(key, at)| (key, at, self.references(part, at, kind, known, encoder)));
        let none = [Reference::Empty; 16];
        let references = children.as_ref().map_or(&none, |(_, _, references)| references);
        out.clear();
        // At most 24.
        out.push(part.len() as u8);
        let hash = |reference: &Reference| if let Reference::Hash(hash) = reference { Some(*hash) } else { None };
        let hashed = references.iter().enumerate().fold(0u16, |bits, (place, one)| bits | u16::from(hash(one).is_some()) << place);
        out.extend_from_slice(&hashed.to_be_bytes());
        references.iter().filter_map(hash).for_each(|hash| out.extend_from_slice(hash.as_slice()));
        out.extend(part.iter().map(|entry| entry.length));
        part.iter().for_each(|entry| out.extend_from_slice(&entry.key[start(prefix)..]));
        part.iter().for_each(|entry| out.extend_from_slice(self.value(entry)));
        match (children, part) {
            (Some((key, at, references)), _) => encoder.branch(&key, prefix.depth(), at, &references),
            (None, [one, ..]) => encoder.leaf(kind, &one.key, prefix.depth(), self.value(one)),
            (None, []) => Reference::Empty,
        }
    }

    fn references(&self, part: &[Entry], at: u8, kind: Kind, known: Known<'_>, encoder: &mut Encoder) -> [Reference; 16] {
        let mut references = [Reference::Empty; 16];
        for group in part.chunk_by(|a, b| nibble(&a.key, at) == nibble(&b.key, at)) {
            let place = group.first().map_or(0, |entry| nibble(&entry.key, at));
            references[usize::from(place)] = match known.hash(place, at) {
                Some(hash) => Reference::Hash(hash),
                None => self.reference(group, at + 1, kind, encoder),
            };
        }
        references
    }

    /// Of the topmost node of some entries, seen from `depth`, which is not below it.
    fn reference(&self, part: &[Entry], depth: u8, kind: Kind, encoder: &mut Encoder) -> Reference {
        match part {
            [] => Reference::Empty,
            [one] => encoder.leaf(kind, &one.key, depth, self.value(one)),
            [first, .., last] => {
                let at = common(&first.key, &last.key);
                let children = self.references(part, at, kind, Known::NOTHING, encoder);
                encoder.branch(&first.key, depth, at, &children)
            }
        }
    }
}

/// Hashes of a bucket before it was changed, but for nibbles that a change concerns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    bucket: Option<(&'a Bucket<'a>, u8)>,
    touched: u16,
}

impl<'a> Known<'a> {
    pub(crate) const NOTHING: Self = Self { bucket: None, touched: 0 };

    pub(crate) fn but(bucket: &'a Bucket<'a>, touched: u16) -> Self {
        Self { bucket: Some((bucket, bucket.at())), touched }
    }

    fn hash(&self, nibble: u8, at: u8) -> Option<B256> {
        let (bucket, _) = self.bucket.filter(|(_, own)| self.touched & 1 << nibble == 0 && *own == at)?;
        bucket.hash(nibble)
    }
}
