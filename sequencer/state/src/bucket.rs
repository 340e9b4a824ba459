//! A few entries, sorted by key.

use crate::{
    key::{common, nibble},
    reference::{Encoder, Reference},
    shape::Shape,
};
use alloy_primitives::{B256, Bytes};

/// Entries of a bucket; with more it splits.
pub(crate) const MOST: usize = 16;

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: B256,
    pub(crate) value: Bytes,
    /// Reference of its leaf at the depth where it was last.
    leaf: Option<(u8, Reference)>,
}

impl Entry {
    pub(crate) const fn new(key: B256, value: Bytes) -> Self {
        Self { key, value, leaf: None }
    }

    fn reference(&mut self, depth: u8, encoder: &mut Encoder) -> Reference {
        match self.leaf {
            Some((at, reference)) if at == depth => reference,
            _ => {
                let reference = encoder.leaf(&self.key, depth, &self.value);
                self.leaf = Some((depth, reference));
                reference
            }
        }
    }
}

/// Entries below one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) entries: Vec<Entry>,
}

impl Bucket {
    pub(crate) fn get(&self, key: &B256) -> Option<&Bytes> {
        let place = self.entries.binary_search_by(|entry| entry.key.cmp(key)).ok()?;
        self.entries.get(place).map(|entry| &entry.value)
    }

    /// Sets or removes; whether anything changed.
    pub(crate) fn set(&mut self, key: B256, value: Option<Bytes>) -> bool {
        match (self.entries.binary_search_by(|entry| entry.key.cmp(&key)), value) {
            (Ok(place), Some(value)) if self.entries[place].value == value => false,
            (Ok(place), Some(value)) => {
                self.entries[place] = Entry::new(key, value);
                true
            }
            (Ok(place), None) => {
                self.entries.remove(place);
                true
            }
            (Err(place), Some(value)) => {
                self.entries.insert(place, Entry::new(key, value));
                true
            }
            (Err(_), None) => false,
        }
    }

    pub(crate) fn shape(&mut self, encoder: &mut Encoder) -> Shape {
        shape(&mut self.entries, encoder)
    }
}

fn shape(entries: &mut [Entry], encoder: &mut Encoder) -> Shape {
    match entries {
        [] => Shape::Empty,
        [one] => Shape::Leaf { key: one.key, value: one.value.clone() },
        [first, .., last] => {
            let (key, depth) = (first.key, common(&first.key, &last.key));
            let mut children = [Reference::Empty; 16];
            for group in entries.chunk_by_mut(|a, b| nibble(&a.key, depth) == nibble(&b.key, depth)) {
                let place = group.first().map_or(0, |entry| nibble(&entry.key, depth));
                children[usize::from(place)] = match group {
                    [one] => one.reference(depth + 1, encoder),
                    group => shape(group, encoder).reference(depth + 1, encoder),
                };
            }
            Shape::Branch { key, depth, reference: encoder.branch(&children) }
        }
    }
}
