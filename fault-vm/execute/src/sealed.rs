//! A block after execution: before and after its state root is known.

use crate::StateChanges;
use alloc::vec::Vec;
use alloy_consensus::{Header, Sealable, Sealed};
use alloy_primitives::{Address, B256, U256};
use gainsay_types::output_root;
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};

/// Roots of the state after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRoots {
    /// Root of the account trie.
    pub state_root: B256,
    /// Root of the message passer's storage trie.
    pub message_passer_root: B256,
}

/// An executed block whose state root is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsealedBlock {
    /// The header, complete but for the state root and the withdrawals root.
    pub header: Header,
    /// Deposits, then user transactions.
    pub transactions: Vec<OpTxEnvelope>,
    /// Their senders.
    pub senders: Vec<Address>,
    /// Their receipts.
    pub receipts: Vec<OpReceiptEnvelope>,
    /// What each paid for L1 data, wei; 0 for a deposit.
    pub l1_fees: Vec<U256>,
    /// What the block changed.
    pub changes: StateChanges,
}

/// An executed block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedBlock {
    /// The header and its hash.
    pub header: Sealed<Header>,
    /// Deposits, then user transactions.
    pub transactions: Vec<OpTxEnvelope>,
    /// Their senders.
    pub senders: Vec<Address>,
    /// Their receipts.
    pub receipts: Vec<OpReceiptEnvelope>,
    /// What each paid for L1 data, wei; 0 for a deposit.
    pub l1_fees: Vec<U256>,
    /// What the block changed.
    pub changes: StateChanges,
    /// The OP Stack's version-0 output root after this block.
    pub output_root: B256,
}

impl UnsealedBlock {
    /// Puts the roots into the header and hashes it.
    #[must_use]
    pub fn seal(self, roots: StateRoots) -> ExecutedBlock {
        let (header, output_root) = seal_header(self.header, roots);
        ExecutedBlock {
            header,
            transactions: self.transactions,
            senders: self.senders,
            receipts: self.receipts,
            l1_fees: self.l1_fees,
            changes: self.changes,
            output_root,
        }
    }
}

pub(crate) fn seal_header(header: Header, roots: StateRoots) -> (Sealed<Header>, B256) {
    let header = Header { state_root: roots.state_root, withdrawals_root: Some(roots.message_passer_root), ..header }.seal_slow();
    let output = output_root(roots.state_root, roots.message_passer_root, header.hash());
    (header, output)
}
