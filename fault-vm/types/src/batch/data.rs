//! Calldata and init code.
//!
//! Calldata of at least four bytes is a selector, up to eight words of 32 bytes, and a rest. Words that stand at the same
//! position after the same selector form a column: there, addresses stand beside addresses and amounts beside amounts.
//! Everything else is joined in order.

use super::{
    BatchError,
    column::{self, SCALAR},
    number,
    reader::Reader,
};
use alloc::{collections::BTreeMap, vec, vec::Vec};

/// Words that get a column of their own. What is longer is mostly bulk data, whose own order compresses best.
const MAX_WORDS: usize = 8;
const SELECTOR: usize = 4;
const WORD: usize = 32;

/// Transactions with the same selector: their positions and how many words each has.
type Groups = BTreeMap<[u8; SELECTOR], Vec<(usize, usize)>>;

/// `data` in order; `true` for a call, `false` for init code.
pub(crate) fn write(out: &mut Vec<u8>, data: &[(bool, &[u8])]) {
    let lengths: Vec<[u8; 8]> = data.iter().map(|(_, bytes)| (bytes.len() as u64).to_be_bytes()).collect();
    column::write(out, SCALAR, &lengths);
    let mut selectors = Vec::new();
    let mut groups = Groups::new();
    let mut rest = Vec::new();
    for (position, (call, bytes)) in data.iter().enumerate() {
        let Some((selector, tail)) = bytes.split_first_chunk::<SELECTOR>().filter(|_| *call) else {
            rest.extend_from_slice(bytes);
            continue;
        };
        let words = words(tail.len());
        selectors.push(*selector);
        groups.entry(*selector).or_default().push((position, words));
        rest.extend(tail.iter().skip(words.saturating_mul(WORD)));
    }
    column::write(out, SCALAR, &selectors);
    for (index, members) in columns(&groups) {
        let word = |position: usize| {
            let (_, bytes) = data.get(position)?;
            bytes.get(SELECTOR..)?.chunks_exact(WORD).nth(index)?.try_into().ok()
        };
        column::write::<WORD>(out, SCALAR, &members.into_iter().filter_map(word).collect::<Vec<_>>());
    }
    out.extend_from_slice(&rest);
}

/// Reads what [`write`] wrote; `calls` says of each transaction whether it is a call.
pub(crate) fn read(reader: &mut Reader<'_>, calls: &[bool]) -> Result<Vec<Vec<u8>>, BatchError> {
    let lengths = column::read::<8>(reader, SCALAR, calls.len())?;
    let lengths = lengths.into_iter().map(number).collect::<Result<Vec<_>, _>>()?;
    let with_selector = |(call, length): (&bool, &usize)| *call && *length >= SELECTOR;
    let count = calls.iter().zip(&lengths).filter(|pair| with_selector(*pair)).count();
    let mut selectors = column::read::<SELECTOR>(reader, SCALAR, count)?.into_iter();
    let mut data = vec![Vec::new(); calls.len()];
    let mut groups = Groups::new();
    for ((position, pair), bytes) in calls.iter().zip(&lengths).enumerate().zip(&mut data) {
        if with_selector(pair) {
            let selector = selectors.next().unwrap_or_default();
            bytes.extend_from_slice(&selector);
            groups.entry(selector).or_default().push((position, words(pair.1.saturating_sub(SELECTOR))));
        }
    }
    for (_, members) in columns(&groups) {
        let words = column::read::<WORD>(reader, SCALAR, members.len())?;
        for (position, word) in members.into_iter().zip(words) {
            if let Some(bytes) = data.get_mut(position) {
                bytes.extend_from_slice(&word);
            }
        }
    }
    for (bytes, length) in data.iter_mut().zip(lengths) {
        bytes.extend_from_slice(reader.take(length.saturating_sub(bytes.len()))?);
    }
    Ok(data)
}

/// The word columns in order: which word, and the positions of the transactions that have it.
fn columns(groups: &Groups) -> impl Iterator<Item = (usize, Vec<usize>)> {
    groups.values().flat_map(|members| {
        let most = members.iter().map(|&(_, words)| words).max().unwrap_or(0);
        (0..most).map(move |index| (index, members.iter().filter(|&&(_, words)| words > index).map(|&(position, _)| position).collect()))
    })
}

/// Words with a column of their own in `length` bytes after the selector.
fn words(length: usize) -> usize {
    length.checked_div(WORD).unwrap_or(0).min(MAX_WORDS)
}
