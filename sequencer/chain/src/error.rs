//! What can go wrong with the chain.

use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_store::StoreError;
use gainsay_types::{ConfigError, State};

/// Why the chain did not do what was asked. It is then as before.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The chain config is unusable.
    #[error("the chain config is unusable: {source}")]
    Config {
        /// What is wrong with it.
        #[from]
        source: ConfigError,
    },
    /// The genesis block is not the one that the chain config names.
    #[error(
        "the genesis file gives block {found}, the chain config names {expected}: use the genesis file that was made with this network"
    )]
    Genesis {
        /// Hash of the block given.
        found: B256,
        /// Hash in the chain config.
        expected: B256,
    },
    /// The store failed. Stop.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What L1 was said to hold does not follow on what is archived. Follow L1 again from the chain's L1 head.
    #[error("L1 data does not follow on what is archived: {what} is {found}, expected {expected}")]
    L1Gap {
        /// Which part of it.
        what: &'static str,
        /// What was given.
        found: String,
        /// What would follow.
        expected: String,
    },
    /// The block is not on top of the tip. Build or fetch again.
    #[error("block {number} has the parent {parent}, but the tip is block {} ({}): build it again on the tip", tip.number, tip.hash)]
    NotOnTip {
        /// Number of the block given.
        number: u64,
        /// Its parent.
        parent: B256,
        /// The tip.
        tip: BlockNumHash,
    },
    /// A block's deposits are not the messages that come next.
    #[error("block {number} consumes {deposits} messages after {deposit_index}, but they are not those archived from L1")]
    Deposits {
        /// Number of the block.
        number: u64,
        /// Deposits in it.
        deposits: u64,
        /// Messages consumed before it.
        deposit_index: u64,
    },
    /// The feed's block is not what its contents execute to. Its sender is wrong or malicious.
    #[error("block {number} of the feed is said to be {claimed}, but {reason}")]
    FeedBlock {
        /// Number of the block.
        number: u64,
        /// The hash that came with it.
        claimed: B256,
        /// What was found.
        reason: String,
    },
    /// A block below the safe head cannot be taken back.
    #[error("block {number} is derived from L1 (the safe head is {safe}): only a change of L1 takes it back")]
    Safe {
        /// The block to go back to.
        number: u64,
        /// The safe head.
        safe: u64,
    },
    /// Not a State of this chain.
    #[error("the state {state:?} is not one of this chain")]
    UnknownState {
        /// The State given.
        state: State,
    },
    /// Derivation says that a closing block is invalid, which cannot be. Stop: it is a bug.
    #[error("{reason}")]
    Closing {
        /// What it says.
        reason: String,
    },
}
