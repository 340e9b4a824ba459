//! A block's changes as one value: with the pages of an epoch before it, the state after the block.
//!
//! | part | bytes |
//! |---|---|
//! | version | 1 |
//! | checksum of the rest | 8 |
//! | hash of the block, hash of its parent | 64 |
//! | number of accounts | varint |
//! | for each: address | 20 |
//! | flags: 1 it exists, 2 it has code | 1 |
//! | if it exists: nonce, balance | varint, word |
//! | if it has code: its hash | 32 |
//! | if it exists: number of slots; for each slot its key and its value | varint, word, word |
//!
//! A varint has seven bits a byte, lowest first, the top bit set on all but the last. A word is a byte with its length and as many bytes, big-endian, without
//! leading zeroes. Values are those after the block.

use crate::{StoreError, checksum::checksum, codec::VERSION, layer::Layer};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use gainsay_execute::{Account, AccountChange, StateChanges};

const NAME: &str = "journal";
const EXISTS: u8 = 1;
const HAS_CODE: u8 = 2;
const HEAD: usize = 9;

/// What a block changed, and which block it is.
pub(crate) struct Journal {
    pub(crate) hash: B256,
    pub(crate) parent: B256,
    pub(crate) layer: Layer,
}

/// The journal of a block.
pub(crate) fn encode(hash: &B256, parent: &B256, changes: &StateChanges) -> Vec<u8> {
    let slots = changes.accounts.values().map(|change| change.storage.len()).sum::<usize>();
    let mut out = Vec::with_capacity(HEAD + 74 + changes.accounts.len() * 40 + slots * 48);
    out.push(VERSION);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(hash.as_slice());
    out.extend_from_slice(parent.as_slice());
    put_varint(changes.accounts.len() as u64, &mut out);
    for (address, change) in &changes.accounts {
        out.extend_from_slice(address.as_slice());
        put_change(change, &mut out);
    }
    let sum = checksum(&out[HEAD..]);
    out[1..HEAD].copy_from_slice(&sum.to_be_bytes());
    out
}

fn put_change(change: &AccountChange, out: &mut Vec<u8>) {
    let Some(account) = &change.after else { return out.push(0) };
    let has_code = account.code_hash != KECCAK256_EMPTY;
    out.push(EXISTS | if has_code { HAS_CODE } else { 0 });
    put_varint(account.nonce, out);
    put_word(&account.balance, out);
    if has_code {
        out.extend_from_slice(account.code_hash.as_slice());
    }
    put_varint(change.storage.len() as u64, out);
    for (slot, (_, value)) in &change.storage {
        put_word(slot, out);
        put_word(value, out);
    }
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        // The low seven bits.
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_word(value: &U256, out: &mut Vec<u8>) {
    let bytes = value.to_be_bytes::<32>();
    let zeroes = value.leading_zeros() / 8;
    // At most 32.
    out.push(32 - zeroes as u8);
    out.extend_from_slice(&bytes[zeroes..]);
}

/// The journal of block `number` from its record.
///
/// # Errors
/// When the record is damaged, or of another version.
pub(crate) fn decode(number: u64, record: &[u8]) -> Result<Journal, StoreError> {
    let damaged = || StoreError::damaged(NAME, format!("block {number}"));
    let (&version, rest) = record.split_first().ok_or_else(damaged)?;
    if version != VERSION {
        return Err(StoreError::Version { record: NAME, found: version, expected: VERSION });
    }
    let (sum, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
    if u64::from_be_bytes(*sum) != checksum(rest) {
        return Err(damaged());
    }
    read(number, &mut Reading { rest }).ok_or_else(damaged)
}

fn read(number: u64, from: &mut Reading<'_>) -> Option<Journal> {
    let (hash, parent) = (B256::new(from.bytes()?), B256::new(from.bytes()?));
    let mut layer = Layer { first: number, last: number, ..Layer::default() };
    for _ in 0..from.varint()? {
        let address = Address::new(from.bytes()?);
        let [flags] = from.bytes()?;
        if flags & EXISTS == 0 {
            layer.put_account(address, None);
            continue;
        }
        let (nonce, balance) = (from.varint()?, from.word()?);
        let code_hash = if flags & HAS_CODE == 0 { KECCAK256_EMPTY } else { B256::new(from.bytes()?) };
        layer.put_account(address, Some(Account { nonce, balance, code_hash }));
        for _ in 0..from.varint()? {
            let (slot, value) = (from.word()?, from.word()?);
            layer.slots.insert((address, slot), value);
        }
    }
    from.rest.is_empty().then_some(Journal { hash, parent, layer })
}

struct Reading<'a> {
    rest: &'a [u8],
}

impl Reading<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.bytes()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn word(&mut self) -> Option<U256> {
        let [length] = self.bytes()?;
        let (bytes, rest) = self.rest.split_at_checked(usize::from(length))?;
        self.rest = rest;
        U256::try_from_be_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Model, any_changes};
    use proptest::prelude::*;

    fn hashes() -> (B256, B256) {
        (B256::repeat_byte(1), B256::repeat_byte(2))
    }

    proptest! {
        #[test]
        fn a_journal_gives_the_layer_of_its_block(blocks in prop::collection::vec(any_changes(), 1..5)) {
            let (hash, parent) = hashes();
            let mut model = Model::default();
            for (number, block) in (1..).zip(&blocks) {
                let changes = model.push(block);
                let journal = decode(number, &encode(&hash, &parent, &changes)).unwrap();
                let layer = Layer::of(number, &changes);
                prop_assert_eq!((journal.hash, journal.parent), (hash, parent));
                prop_assert_eq!(&journal.layer.accounts, &layer.accounts);
                prop_assert_eq!(&journal.layer.slots, &layer.slots);
                prop_assert_eq!(&journal.layer.wiped, &layer.wiped);
            }
        }

        #[test]
        fn any_changed_byte_of_a_journal_is_noticed(block in any_changes(), position: usize, flip in 1u8.., cut: usize) {
            let (hash, parent) = hashes();
            let mut bytes = encode(&hash, &parent, &Model::default().push(&block));
            prop_assert!(decode(1, &bytes[..cut % bytes.len()]).is_err());
            let position = position % bytes.len();
            bytes[position] ^= flip;
            prop_assert!(decode(1, &bytes).is_err());
        }

        #[test]
        fn numbers_survive_the_round_trip(number: u64, word in prop::array::uniform32(any::<u8>()), zeroes in 0usize..=32) {
            let word = U256::from_be_bytes(word).checked_shr(8 * zeroes).unwrap_or_default();
            let mut bytes = Vec::new();
            put_varint(number, &mut bytes);
            put_word(&word, &mut bytes);
            let mut from = Reading { rest: &bytes };
            prop_assert_eq!((from.varint(), from.word()), (Some(number), Some(word)));
            prop_assert!(from.rest.is_empty());
        }
    }
}
