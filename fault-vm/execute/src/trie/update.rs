//! The state root after a block.

use super::{EMPTY_ROOT_HASH, NodeSource, SparseTrie, TrieAccount, TrieError, TrieNodes};
use crate::{AccountChange, StateChanges, StateRoots};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{B256, U256, keccak256};
use alloy_rlp::Decodable;
use gainsay_types::predeploys::MESSAGE_PASSER;

/// The trie after a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrieUpdate {
    /// The roots.
    pub roots: StateRoots,
    /// Nodes of the account trie and of storage tries that are new. Children come first.
    pub nodes: TrieNodes,
}

/// Applies the changes of a block to the trie with root `parent_root`.
///
/// # Errors
/// When a node that the changes touch is missing or malformed: never a wrong root.
pub fn update_state_root<N: NodeSource>(parent_root: B256, changes: &StateChanges, nodes: &N) -> Result<TrieUpdate, TrieError<N::Error>> {
    let mut accounts = SparseTrie::new(parent_root);
    let mut new = Vec::new();
    // In the order of the trie, so that neighbours are changed one after the other.
    let ordered: BTreeMap<B256, &AccountChange> = changes.accounts.iter().map(|(address, change)| (keccak256(address), change)).collect();
    for (key, change) in ordered {
        let Some(after) = change.after else {
            accounts.remove(key.as_slice(), nodes)?;
            continue;
        };
        let old_root = account_at(&mut accounts, key, nodes)?.map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let storage_root = update_storage(old_root, &change.storage, nodes, &mut new)?;
        let account = TrieAccount { nonce: after.nonce, balance: after.balance, storage_root, code_hash: after.code_hash };
        accounts.insert(key.as_slice(), alloy_rlp::encode(account), nodes)?;
    }
    let passer = account_at(&mut accounts, keccak256(MESSAGE_PASSER), nodes)?;
    let message_passer_root = passer.map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
    let (state_root, account_nodes) = accounts.commit();
    new.extend(account_nodes);
    Ok(TrieUpdate { roots: StateRoots { state_root, message_passer_root }, nodes: new })
}

fn update_storage<N: NodeSource>(
    root: B256,
    slots: &BTreeMap<U256, (U256, U256)>,
    nodes: &N,
    new: &mut TrieNodes,
) -> Result<B256, TrieError<N::Error>> {
    if slots.is_empty() {
        return Ok(root);
    }
    let mut storage = SparseTrie::new(root);
    let ordered: BTreeMap<B256, U256> = slots.iter().map(|(slot, (_, now))| (hashed_slot(*slot), *now)).collect();
    // Values first: a removal may have to load a sibling, which an insertion can make unnecessary.
    for (key, value) in ordered.iter().filter(|(_, value)| !value.is_zero()) {
        storage.insert(key.as_slice(), alloy_rlp::encode(value), nodes)?;
    }
    for (key, _) in ordered.iter().filter(|(_, value)| value.is_zero()) {
        storage.remove(key.as_slice(), nodes)?;
    }
    let (root, storage_nodes) = storage.commit();
    new.extend(storage_nodes);
    Ok(root)
}

/// Key of a slot in its storage trie.
pub(super) fn hashed_slot(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

fn account_at<N: NodeSource>(trie: &mut SparseTrie, key: B256, nodes: &N) -> Result<Option<TrieAccount>, TrieError<N::Error>> {
    trie.get(key.as_slice(), nodes)?.map(|value| decode_account(&value, key)).transpose()
}

pub(super) fn decode_account<E>(mut value: &[u8], key: B256) -> Result<TrieAccount, TrieError<E>> {
    TrieAccount::decode(&mut value).map_err(|_| TrieError::Value { key })
}

pub(super) fn decode_word<E>(mut value: &[u8], key: B256) -> Result<U256, TrieError<E>> {
    U256::decode(&mut value).map_err(|_| TrieError::Value { key })
}
