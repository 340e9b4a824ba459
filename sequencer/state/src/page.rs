//! Pages as bytes.
//!
//! | bytes | |
//! |---|---|
//! | 8 | checksum of what follows, of the page's number, and of where it is |
//! | 8 | the first bytes of the node's hash, as the page above has it |
//! | 1 | 0: a bucket, 1: a branch |
//! | | a bucket as `bucket.rs` has it |
//!
//! A branch:
//!
//! | bytes | |
//! |---|---|
//! | 1 | the nibble at which its keys part; not before the page's own depth |
//! | | what its keys have in common, from byte `depth / 2` of the page on, as many bytes as there are |
//! | 2 | bit by bit, which children there are, at least two |
//! | 2 | which of them are shorter than a hash |
//! | 8 each | the children's pages |
//! | | for each child its hash, or one byte of length and the node |

use crate::{
    Page, PageId,
    bucket::Bucket,
    key::{NIBBLES, Prefix, nibble},
    node::{Branch, BucketPage, Node, Slot},
    reference::Reference,
    source::TrieId,
};
use alloy_primitives::B256;
use std::sync::Arc;

const BUCKET: u8 = 0;
const BRANCH: u8 = 1;
const SEAL: usize = 8;
const KIND: usize = 16;
/// Bytes before what a bucket's page holds.
pub(crate) const HEAD: usize = KIND + 1;

/// The page of a node, whose reference is given.
pub(crate) fn write(id: PageId, trie: &TrieId, prefix: &Prefix, reference: &Reference, node: &mut Node) -> Option<Page> {
    let seal = |page: &mut [u8], kind| {
        if let Some((sum, rest)) = page.split_first_chunk_mut::<SEAL>() {
            if let Some((seal, [first, ..])) = rest.split_first_chunk_mut::<SEAL>() {
                (*seal, *first) = (reference.seal(), kind);
            }
            *sum = checksum(id, trie, prefix, rest);
        }
    };
    match node {
        Node::Empty | Node::Unloaded => None,
        Node::Bucket(bucket) => Some(bucket.page(|page| seal(page, BUCKET))),
        Node::Branch(branch) => {
            let mut out = Vec::with_capacity(640);
            out.extend_from_slice(&[0; HEAD]);
            write_branch(prefix, branch, &mut out);
            seal(&mut out, BRANCH);
            Some(out.into())
        }
    }
}

fn write_branch(prefix: &Prefix, branch: &Branch, out: &mut Vec<u8>) {
    let path = branch.path();
    out.push(path.depth());
    out.extend_from_slice(&path.first()[shared(prefix, path.depth())]);
    let bits = |is: fn(&Reference) -> bool| {
        branch.slots().iter().enumerate().fold(0u16, |bits, (place, slot)| bits | u16::from(is(&slot.reference)) << place)
    };
    out.extend_from_slice(&bits(|one| !one.is_empty()).to_be_bytes());
    out.extend_from_slice(&bits(|one| matches!(one, Reference::Inline { .. })).to_be_bytes());
    for slot in branch.slots().iter().filter(|slot| !slot.reference.is_empty()) {
        out.extend_from_slice(&PageId::encode(slot.page));
    }
    for slot in branch.slots() {
        match &slot.reference {
            Reference::Empty => {}
            Reference::Hash(hash) => out.extend_from_slice(hash.as_slice()),
            Reference::Inline { length, bytes } => {
                out.push(*length);
                out.extend_from_slice(bytes.get(..usize::from(*length)).unwrap_or_default());
            }
        }
    }
}

/// Bytes of a branch's path that its page's place does not tell.
fn shared(prefix: &Prefix, at: u8) -> std::ops::Range<usize> {
    let start = usize::from(prefix.depth() / 2);
    start..usize::from(at.div_ceil(2)).max(start)
}

/// A page taken apart, and the bytes that say which node it is. None for what is no page of this place.
pub(crate) fn read(id: PageId, trie: &TrieId, prefix: &Prefix, page: &Page) -> Option<(Node, [u8; 8])> {
    let (sum, rest) = page.split_first_chunk::<SEAL>()?;
    if checksum(id, trie, prefix, rest) != *sum {
        return None;
    }
    let (seal, rest) = rest.split_first_chunk::<SEAL>()?;
    let (kind, body) = rest.split_first()?;
    let node = match *kind {
        BUCKET => {
            Bucket::read(prefix, body).filter(|bucket| bucket.is_valid(trie.kind()))?;
            Node::Bucket(BucketPage::of(page.clone()))
        }
        BRANCH => Node::Branch(Arc::new(read_branch(prefix, body)?)),
        _ => return None,
    };
    Some((node, *seal))
}

/// The value at a key, or where to look for it.
pub(crate) enum Found<'a> {
    Value(Option<&'a [u8]>),
    /// In this page, which is at this depth.
    Below(PageId, u8),
}

/// Looks for a key in a page, without taking it apart.
pub(crate) fn find<'a>(id: PageId, trie: &TrieId, prefix: &'a Prefix, page: &'a [u8], key: &B256) -> Option<Found<'a>> {
    let (sum, rest) = page.split_first_chunk::<SEAL>()?;
    if checksum(id, trie, prefix, rest) != *sum {
        return None;
    }
    let (kind, body) = page.get(KIND..)?.split_first()?;
    if *kind == BUCKET {
        // The prefix is that of the key.
        return Some(Found::Value(Bucket::read(prefix, body)?.get(key)));
    }
    let (head, pages) = BranchHead::read(prefix, body)?;
    let bit = 1u16 << nibble(key, head.path.depth());
    if !head.path.contains(key) || head.there & bit == 0 {
        return Some(Found::Value(None));
    }
    let before = (head.there & (bit - 1)).count_ones() as usize;
    let page = pages.as_chunks::<8>().0.get(before)?;
    Some(Found::Below(PageId::decode(*page)?, head.path.depth() + 1))
}

/// What a branch's page begins with.
struct BranchHead {
    path: Prefix,
    /// Which children there are.
    there: u16,
    /// Which of them are shorter than a hash.
    short: u16,
}

impl BranchHead {
    fn read<'a>(prefix: &Prefix, body: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (at, rest) = body.split_first().filter(|(at, _)| (prefix.depth()..NIBBLES).contains(*at))?;
        let range = shared(prefix, *at);
        let (path, rest) = rest.split_at_checked(range.len())?;
        let mut key = *prefix.first();
        key.0.get_mut(range)?.copy_from_slice(path);
        let path = Prefix::of(&key, *at);
        let ([high, low], rest) = rest.split_first_chunk::<2>()?;
        let there = u16::from_be_bytes([*high, *low]);
        let ([high, low], rest) = rest.split_first_chunk::<2>()?;
        let short = u16::from_be_bytes([*high, *low]);
        if path.first() != &key || !prefix.contains(&key) || there.count_ones() < 2 || short & !there != 0 {
            return None;
        }
        Some((Self { path, there, short }, rest))
    }
}

fn read_branch(prefix: &Prefix, body: &[u8]) -> Option<Branch> {
    let (BranchHead { path, there, short }, rest) = BranchHead::read(prefix, body)?;
    let (pages, mut rest) = rest.split_at_checked(8 * there.count_ones() as usize)?;
    let mut pages = pages.as_chunks::<8>().0.iter();
    let mut branch = Branch::new(path);
    for (place, slot) in branch.slots_mut().iter_mut().enumerate().filter(|(place, _)| there & 1 << place != 0) {
        let (reference, after) = read_reference(short & 1 << place != 0, rest)?;
        *slot = Slot::stored(reference, PageId::decode(*pages.next()?)?);
        rest = after;
    }
    rest.is_empty().then_some(branch)
}

fn read_reference(short: bool, bytes: &[u8]) -> Option<(Reference, &[u8])> {
    if !short {
        return bytes.split_first_chunk::<32>().map(|(hash, rest)| (Reference::Hash(B256::new(*hash)), rest));
    }
    let (length, rest) = bytes.split_first().filter(|(length, _)| **length > 0)?;
    let (node, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((Reference::inline(node)?, rest))
}

/// Tells pages that were damaged or are in another's place, or older ones of the same place; not made against somebody who wants it to be fooled. Bytes that differ in one word alone always
/// have different sums.
fn checksum(id: PageId, trie: &TrieId, prefix: &Prefix, bytes: &[u8]) -> [u8; 8] {
    const ODD: [u64; 4] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x27d4_eb2f_1656_67c5];
    let mut lanes = ODD;
    lanes[0] ^= id.get();
    let mut add = |words: &[u8; 32]| {
        for ((lane, word), odd) in lanes.iter_mut().zip(words.as_chunks::<8>().0).zip(ODD) {
            *lane = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(odd).rotate_left(29);
        }
    };
    if let TrieId::Storage(account) = trie {
        add(&account.0);
    }
    add(&prefix.first().0);
    let (whole, tail) = bytes.as_chunks::<32>();
    whole.iter().for_each(&mut add);
    let mut last = [0; 32];
    last[..tail.len()].copy_from_slice(tail);
    add(&last);
    let length = bytes.len() as u64 ^ u64::from(prefix.depth()) << 56;
    lanes.into_iter().zip(ODD).fold(length, |sum, (lane, odd)| (sum ^ lane).wrapping_mul(odd).rotate_left(31)).to_le_bytes()
}
