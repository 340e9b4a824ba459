//! Merkle proofs, as `eth_getProof` gives them.

use super::{
    EMPTY_ROOT_HASH, NodeSource, TrieAccount, TrieError,
    node::{Kind, Node, Reference},
    sparse::{child_mut, resolve, tail},
    update::{decode_account, decode_word, hashed_slot},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::Nibbles;

/// An account with the nodes that prove it, or prove that it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProof {
    /// The account.
    pub account: Option<TrieAccount>,
    /// Nodes from the state root down.
    pub proof: Vec<Bytes>,
    /// Its slots, in the order asked for.
    pub storage: Vec<StorageProof>,
}

/// A slot with the nodes that prove its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageProof {
    /// The slot.
    pub slot: U256,
    /// Its value, zero if there is none.
    pub value: U256,
    /// Nodes from the storage root down; none if the account has no storage.
    pub proof: Vec<Bytes>,
}

/// A value, or its absence, with the nodes that prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The value, if there is one.
    pub value: Option<Vec<u8>>,
    /// Nodes from the root down.
    pub nodes: Vec<Bytes>,
}

/// The nodes from `root` towards `key` (at most 32 bytes), and the value there. Without a value the nodes prove its absence.
///
/// # Errors
/// When a node on the way is missing or malformed.
pub fn prove<N: NodeSource>(root: B256, key: &[u8], nodes: &N) -> Result<Proof, TrieError<N::Error>> {
    if key.len() > 32 {
        return Err(TrieError::Key);
    }
    let mut proof = Vec::new();
    let mut node = if root == EMPTY_ROOT_HASH { Node::Empty } else { Node::Unresolved(root) };
    let mut path = Nibbles::unpack(key);
    loop {
        // A node inside its parent is part of the parent's bytes.
        let own_bytes = matches!(node, Node::Unresolved(_));
        let Some(loaded) = resolve(&mut node, nodes)? else { return Ok(Proof { value: None, nodes: proof }) };
        if own_bytes {
            proof.push(loaded.encode(&mut Vec::new()).into());
        }
        debug_assert!(own_bytes || matches!(loaded.reference, Some(Reference::Inline(_))));
        let (next, walked) = match &mut loaded.kind {
            Kind::Leaf(rest, value) => return Ok(Proof { value: (*rest == path).then(|| core::mem::take(value)), nodes: proof }),
            Kind::Extension(shared, child) if path.starts_with(shared) => (core::mem::take(child), shared.len()),
            Kind::Extension(..) => return Ok(Proof { value: None, nodes: proof }),
            Kind::Branch(children, value) => match child_mut(children, &path) {
                Some(child) => (core::mem::take(child), 1),
                None => return Ok(Proof { value: Some(core::mem::take(value)).filter(|value| !value.is_empty()), nodes: proof }),
            },
        };
        path = tail(&path, walked);
        node = next;
    }
}

/// Proves an account and slots of it against a state root.
///
/// # Errors
/// When a node on the way is missing or malformed.
pub fn account_proof<N: NodeSource>(
    state_root: B256,
    address: Address,
    slots: &[U256],
    nodes: &N,
) -> Result<AccountProof, TrieError<N::Error>> {
    let key = keccak256(address);
    let Proof { value, nodes: proof } = prove(state_root, key.as_slice(), nodes)?;
    let account = value.map(|value| decode_account(&value, key)).transpose()?;
    let root = account.as_ref().map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
    let storage = slots.iter().map(|slot| storage_proof(root, *slot, nodes)).collect::<Result<_, _>>()?;
    Ok(AccountProof { account, proof, storage })
}

fn storage_proof<N: NodeSource>(root: B256, slot: U256, nodes: &N) -> Result<StorageProof, TrieError<N::Error>> {
    let key = hashed_slot(slot);
    let Proof { value, nodes: proof } = prove(root, key.as_slice(), nodes)?;
    let value = value.map(|value| decode_word(&value, key)).transpose()?.unwrap_or_default();
    Ok(StorageProof { slot, value, proof })
}
