//! What an output root commits to, and proofs of withdrawals under it.

use super::{L2, Withdrawal};
use crate::fault::{Fault, l2};
use alloy::primitives::{B256, Bytes, U256, keccak256};
use gainsay_bindings::Portal::OutputRootProof;
use gainsay_execute::{
    AccountChange, StateChanges,
    memory::MemoryState,
    trie::{NodeSource, prove, update_state_root},
};
use gainsay_types::{output_root, predeploys::MESSAGE_PASSER};
use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

/// What is behind an output root.
#[derive(Clone, Debug)]
pub enum Output {
    /// A block of the chain.
    Block(u64),
    /// Nothing: whoever claimed it took any word.
    Nothing,
    /// The storage of the message passer with a withdrawal that nobody has started.
    Forged(Arc<Forged>),
}

/// An output that somebody made up.
#[derive(Clone, Debug)]
pub struct Forged {
    /// The block beside which it stands.
    pub block: u64,
    /// What was never started.
    pub withdrawal: Withdrawal,
    words: [B256; 3],
    nodes: BTreeMap<B256, Bytes>,
}

/// What the Portal wants to see.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The words of the output root.
    pub output: OutputRootProof,
    /// Nodes of the message passer's storage trie, from its root down.
    pub nodes: Vec<Bytes>,
}

impl Forged {
    /// The output root.
    #[must_use]
    pub fn root(&self) -> B256 {
        output_root(self.words[0], self.words[1], self.words[2])
    }
}

impl L2 {
    /// The block's state with `withdrawal` added to what the message passer holds as sent.
    ///
    /// # Errors
    /// When the trie lacks a node.
    pub fn forge(&self, block: u64, withdrawal: Withdrawal) -> Result<Forged, Fault> {
        let header = &self.blocks[block as usize].header;
        let account = self.flat.accounts.get(&MESSAGE_PASSER).copied();
        let storage = [(slot(withdrawal.hash), (U256::ZERO, U256::from(1)))].into_iter().collect();
        let mut changes = StateChanges::default();
        changes.accounts.insert(MESSAGE_PASSER, AccountChange { before: account, after: account, storage });
        let update = update_state_root(header.state_root, &changes, &self.flat).map_err(l2)?;
        let words = [update.roots.state_root, update.roots.message_passer_root, header.hash()];
        Ok(Forged { block, withdrawal, words, nodes: update.nodes.into_iter().collect() })
    }

    /// What an output commits to, and the nodes towards a withdrawal there, whether it is there or not. None behind a word that nothing hashes to.
    ///
    /// # Errors
    /// When the trie lacks a node.
    pub fn prove(&self, output: &Output, withdrawal: B256) -> Result<Option<Proof>, Fault> {
        let none = BTreeMap::new();
        let (words, forged) = match output {
            Output::Nothing => return Ok(None),
            Output::Forged(forged) => (forged.words, &forged.nodes),
            Output::Block(number) => {
                let Some(block) = self.blocks.get(*number as usize) else { return Ok(None) };
                ([block.header.state_root, block.passer_root, block.header.hash()], &none)
            }
        };
        let key = keccak256(B256::from(slot(withdrawal)));
        let proof = prove(words[1], key.as_slice(), &Both { flat: &self.flat, forged }).map_err(l2)?;
        let output =
            OutputRootProof { version: B256::ZERO, stateRoot: words[0], messagePasserStorageRoot: words[1], latestBlockhash: words[2] };
        Ok(Some(Proof { output, nodes: proof.nodes }))
    }

    /// Whether an output commits to a withdrawal as sent.
    #[must_use]
    pub fn commits(&self, output: &Output, withdrawal: B256) -> bool {
        let up_to = |block: u64| self.facts.withdrawals.iter().any(|one| one.hash == withdrawal && one.block <= block);
        match output {
            Output::Nothing => false,
            Output::Block(number) => up_to(*number),
            Output::Forged(forged) => forged.withdrawal.hash == withdrawal || up_to(forged.block),
        }
    }
}

/// Slot of `sentMessages[hash]`.
fn slot(hash: B256) -> U256 {
    keccak256([hash.0, [0; 32]].concat()).into()
}

struct Both<'a> {
    flat: &'a MemoryState,
    forged: &'a BTreeMap<B256, Bytes>,
}

impl NodeSource for Both<'_> {
    type Error = Infallible;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        match self.forged.get(hash) {
            Some(node) => Ok(Some(node.clone())),
            None => self.flat.node(hash),
        }
    }
}
