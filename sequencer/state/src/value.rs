//! Values as pages hold them, and as the trie's leaves do.
//!
//! | account | |
//! |---|---|
//! | byte 0 | bit 7: has storage; bit 6: has code; bits 0 to 3: bytes of the nonce |
//! | byte 1 | bytes of the balance |
//! | then | nonce, balance (without leading zeroes), storage root with the 8 bytes of its page, and hash of the code, where there are any |
//!
//! A word is its bytes without leading zeroes, at least one.

use crate::{
    PageId,
    reference::{EMPTY_ROOT, write_head, write_string},
};
use alloy_primitives::{B256, KECCAK256_EMPTY, U256};
use gainsay_execute::Account;

const STORAGE: u8 = 0x80;
const CODE: u8 = 0x40;
const NONCE: u8 = 0x0f;

/// What the values of a trie are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Accounts,
    Words,
}

impl Kind {
    /// Whether bytes are a value, written in the only way there is.
    pub(crate) fn accepts(self, value: &[u8]) -> bool {
        match self {
            Self::Accounts => Parts::read(value).is_some(),
            Self::Words => value.len() <= 32 && value.first().is_some_and(|first| *first != 0),
        }
    }

    /// Appends the RLP of an accepted value.
    pub(crate) fn write_rlp(self, value: &[u8], out: &mut Vec<u8>) {
        match (self, Parts::read(value)) {
            (Self::Accounts, Some(parts)) => parts.write_rlp(out),
            _ => write_string(value, out),
        }
    }
}

/// A new value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    Remove,
    /// Not zero.
    Word(&'a U256),
    /// With the storage root that it has, unless there is a new one.
    Account(&'a Account, Option<B256>),
}

impl Change<'_> {
    /// Appends the value after the change to what was `old`; nothing when it is removed.
    pub(crate) fn write(&self, old: Option<&[u8]>, out: &mut Vec<u8>) {
        match self {
            Self::Remove => {}
            Self::Word(word) => out.extend_from_slice(trimmed(&word.to_be_bytes::<32>())),
            Self::Account(account, root) => {
                let kept = old.and_then(Parts::read).and_then(|parts| parts.storage).unwrap_or(StorageRoot::EMPTY);
                // Of another root the page is told once it is written.
                let root = root.map_or(kept, |root| StorageRoot { root, ..kept });
                write_account(account, &root, out);
            }
        }
    }
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeroes = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeroes..).unwrap_or_default()
}

/// Where an account's storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageRoot {
    pub(crate) root: B256,
    /// The page of that root, if it is written and did not change since.
    pub(crate) page: Option<PageId>,
}

impl StorageRoot {
    /// Of an account without storage.
    pub(crate) const EMPTY: Self = Self { root: EMPTY_ROOT, page: None };
}

fn write_account(account: &Account, storage_root: &StorageRoot, out: &mut Vec<u8>) {
    let (nonce, balance) = (account.nonce.to_be_bytes(), account.balance.to_be_bytes::<32>());
    let (nonce, balance) = (trimmed(&nonce), trimmed(&balance));
    let (storage, code) = (storage_root.root != EMPTY_ROOT, account.code_hash != KECCAK256_EMPTY);
    // At most 8 and 32.
    out.push(if storage { STORAGE } else { 0 } | if code { CODE } else { 0 } | nonce.len() as u8);
    out.push(balance.len() as u8);
    out.extend_from_slice(nonce);
    out.extend_from_slice(balance);
    if storage {
        out.extend_from_slice(storage_root.root.as_slice());
        out.extend_from_slice(&PageId::encode(storage_root.page));
    }
    if code {
        out.extend_from_slice(account.code_hash.as_slice());
    }
}

/// An account with its storage root, from a page.
pub(crate) fn read_account(value: &[u8]) -> Option<(Account, StorageRoot)> {
    let parts = Parts::read(value)?;
    let nonce = parts.nonce.iter().fold(0u64, |nonce, byte| nonce << 8 | u64::from(*byte));
    let account = Account {
        nonce,
        balance: U256::try_from_be_slice(parts.balance)?,
        code_hash: parts.code.map_or(KECCAK256_EMPTY, |hash| B256::new(*hash)),
    };
    Some((account, parts.storage.unwrap_or(StorageRoot::EMPTY)))
}

/// Where in an account's value the page of its storage root is told; none if it has no storage.
pub(crate) fn storage_page(value: &[u8]) -> Option<std::ops::Range<usize>> {
    let parts = Parts::read(value)?;
    parts.storage?;
    let from = 2 + parts.nonce.len() + parts.balance.len() + 32;
    Some(from..from + 8)
}

/// A word, from a page.
pub(crate) fn read_word(value: &[u8]) -> Option<U256> {
    U256::try_from_be_slice(value)
}

/// An account as a page has it.
struct Parts<'a> {
    nonce: &'a [u8],
    balance: &'a [u8],
    storage: Option<StorageRoot>,
    code: Option<&'a [u8; 32]>,
}

impl<'a> Parts<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let ([flags, balance], rest) = value.split_first_chunk::<2>()?;
        if flags & !(STORAGE | CODE | NONCE) != 0 || flags & NONCE > 8 || *balance > 32 {
            return None;
        }
        let (nonce, rest) = rest.split_at_checked(usize::from(flags & NONCE))?;
        let (balance, rest) = rest.split_at_checked(usize::from(*balance))?;
        let (storage, rest) = hash(flags & STORAGE != 0, rest)?;
        let (page, rest) = if storage.is_some() { rest.split_at_checked(8)? } else { (&[][..], rest) };
        let page = page.first_chunk().copied().and_then(PageId::decode);
        let storage = storage.map(|root| StorageRoot { root: B256::new(*root), page });
        let (code, rest) = hash(flags & CODE != 0, rest)?;
        let minimal = nonce.first() != Some(&0) && balance.first() != Some(&0);
        let stated = storage.is_none_or(|storage| storage.root != EMPTY_ROOT) && code != Some(&KECCAK256_EMPTY.0);
        (rest.is_empty() && minimal && stated).then_some(Self { nonce, balance, storage, code })
    }

    /// Yellow paper, section 4.1: nonce, balance, storage root, hash of the code.
    fn write_rlp(&self, out: &mut Vec<u8>) {
        let string = |bytes: &[u8]| if matches!(bytes, [one] if *one < 0x80) { 1 } else { 1 + bytes.len() };
        write_head(string(self.nonce) + string(self.balance) + 66, 0xc0, out);
        write_string(self.nonce, out);
        write_string(self.balance, out);
        write_string(self.storage.unwrap_or(StorageRoot::EMPTY).root.as_slice(), out);
        write_string(self.code.unwrap_or(&KECCAK256_EMPTY.0), out);
    }
}

type Taken<'a> = (Option<&'a [u8; 32]>, &'a [u8]);

fn hash(there: bool, rest: &[u8]) -> Option<Taken<'_>> {
    if !there {
        return Some((None, rest));
    }
    rest.split_first_chunk::<32>().map(|(hash, rest)| (Some(hash), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_execute::trie::TrieAccount;
    use proptest::prelude::*;

    fn account() -> impl Strategy<Value = (Account, B256)> {
        let hash = |empty: B256| prop_oneof![Just(empty), any::<[u8; 32]>().prop_map(B256::new)];
        let shift = (any::<[u8; 32]>(), 0usize..=256).prop_map(|(bytes, shift)| U256::from_be_bytes(bytes).wrapping_shr(shift));
        (any::<u64>(), 0u32..64, shift, hash(KECCAK256_EMPTY), hash(EMPTY_ROOT))
            .prop_map(|(nonce, shift, balance, code_hash, root)| (Account { nonce: nonce >> shift, balance, code_hash }, root))
    }

    proptest! {
        #[test]
        fn accounts_are_read_as_written_and_hashed_as_ethereum_does((account, root) in account()) {
            let mut value = Vec::new();
            Change::Account(&account, Some(root)).write(None, &mut value);
            prop_assert_eq!(read_account(&value), Some((account, StorageRoot { root, page: None })));
            let mut rlp = Vec::new();
            Kind::Accounts.write_rlp(&value, &mut rlp);
            let Account { nonce, balance, code_hash } = account;
            prop_assert_eq!(rlp, alloy_rlp::encode(TrieAccount { nonce, balance, storage_root: root, code_hash }));
            let mut kept = Vec::new();
            Change::Account(&account, None).write(Some(&value), &mut kept);
            prop_assert_eq!(&kept, &value);
            if root == EMPTY_ROOT {
                prop_assert_eq!(storage_page(&value), None);
                return Ok(());
            }
            let (place, page) = (storage_page(&value).unwrap(), PageId::new(7));
            value[place].copy_from_slice(&PageId::encode(page));
            prop_assert_eq!(read_account(&value), Some((account, StorageRoot { root, page })));
            let mut after = Vec::new();
            Change::Account(&account, None).write(Some(&value), &mut after);
            prop_assert_eq!(after, value, "the page is kept with the root");
        }

        #[test]
        fn words_are_read_as_written_and_hashed_as_ethereum_does(bytes in any::<[u8; 32]>(), shift in 0usize..256) {
            let word: U256 = U256::from_be_bytes(bytes) >> shift;
            prop_assume!(!word.is_zero());
            let (mut value, mut rlp) = (Vec::new(), Vec::new());
            Change::Word(&word).write(None, &mut value);
            Kind::Words.write_rlp(&value, &mut rlp);
            prop_assert!(Kind::Words.accepts(&value));
            prop_assert_eq!((read_word(&value), rlp), (Some(word), alloy_rlp::encode(word)));
        }

        #[test]
        fn a_value_is_written_in_one_way_alone(bytes in prop::collection::vec(any::<u8>(), 0..110), first in any::<u8>()) {
            let bytes = [&[first & 0x0f, 1], bytes.as_slice()].concat();
            if let Some((account, _)) = read_account(&bytes) {
                let mut value = Vec::new();
                Change::Account(&account, None).write(Some(&bytes), &mut value);
                prop_assert_eq!(value, bytes);
            }
        }
    }
}
