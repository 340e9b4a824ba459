//! Pages as bytes.
//!
//! | first byte | then |
//! |---|---|
//! | 0 | a bucket: for each entry the key from its byte `depth / 2` on, length of the value u16, value |
//! | 1 | a branch: for each child 0, or 1 and its hash, or 2, its length and the node |

use crate::{
    bucket::{Bucket, Entry},
    key::Prefix,
    reference::Reference,
};
use alloy_primitives::{B256, Bytes};

/// A page that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page of the state is damaged")]
pub struct PageError;

/// What a page holds.
#[derive(Debug)]
pub(crate) enum Page {
    Bucket(Bucket),
    Branch(Box<[Reference; 16]>),
}

pub(crate) fn write_bucket(prefix: &Prefix, bucket: &Bucket) -> Vec<u8> {
    let start = usize::from(prefix.depth() / 2);
    let size = bucket.entries.iter().map(|entry| 34 - start + entry.value.len()).sum::<usize>();
    let mut out = Vec::with_capacity(1 + size);
    out.push(0);
    for entry in &bucket.entries {
        out.extend_from_slice(&entry.key[start..]);
        // Accounts and words are far shorter.
        out.extend_from_slice(&(entry.value.len() as u16).to_be_bytes());
        out.extend_from_slice(&entry.value);
    }
    out
}

pub(crate) fn write_branch(children: &[Reference; 16]) -> Vec<u8> {
    let mut out = vec![1];
    for child in children {
        match child {
            Reference::Empty => out.push(0),
            Reference::Hash(hash) => {
                out.push(1);
                out.extend_from_slice(hash.as_slice());
            }
            Reference::Inline { length, bytes } => {
                out.extend_from_slice(&[2, *length]);
                out.extend_from_slice(&bytes[..usize::from(*length)]);
            }
        }
    }
    out
}

pub(crate) fn read(prefix: &Prefix, page: &[u8]) -> Result<Page, PageError> {
    match page.split_first().ok_or(PageError)? {
        (0, rest) => read_bucket(prefix, rest).map(Page::Bucket),
        (1, rest) => read_branch(rest).map(Page::Branch),
        _ => Err(PageError),
    }
}

fn read_bucket(prefix: &Prefix, mut rest: &[u8]) -> Result<Bucket, PageError> {
    let start = usize::from(prefix.depth() / 2);
    let mut bucket = Bucket::default();
    while !rest.is_empty() {
        let (suffix, after) = rest.split_at_checked(32 - start).ok_or(PageError)?;
        let mut key = *prefix.first();
        key.0[start..].copy_from_slice(suffix);
        let (length, after) = after.split_first_chunk::<2>().ok_or(PageError)?;
        let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(PageError)?;
        bucket.entries.push(Entry::new(key, Bytes::copy_from_slice(value)));
        rest = after;
    }
    Ok(bucket)
}

fn read_branch(mut rest: &[u8]) -> Result<Box<[Reference; 16]>, PageError> {
    let mut children = Box::new([Reference::Empty; 16]);
    for child in children.iter_mut() {
        let (kind, after) = rest.split_first().ok_or(PageError)?;
        let length = match kind {
            0 => 0,
            1 => 32,
            _ => 1 + usize::from(*after.first().filter(|length| **length < 32).ok_or(PageError)?),
        };
        let (bytes, after) = after.split_at_checked(length).ok_or(PageError)?;
        *child = match kind {
            0 => Reference::Empty,
            1 => Reference::Hash(B256::from_slice(bytes)),
            _ => {
                let mut node = [0; 31];
                node[..length - 1].copy_from_slice(&bytes[1..]);
                // Below 32.
                Reference::Inline { length: (length - 1) as u8, bytes: node }
            }
        };
        rest = after;
    }
    if rest.is_empty() { Ok(children) } else { Err(PageError) }
}
