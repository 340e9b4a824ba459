#![doc = include_str!("../README.md")]

#[cfg(feature = "test-utils")]
pub mod anvil;
mod background;
mod blobs;
mod block;
mod client;
mod deploy;
mod error;
mod events;
mod follow;
mod key;
mod reads;
pub mod revert;
mod send;

pub use background::{Background, BackgroundGone};
pub use blobs::{
    ArchiveError, BeaconSource, BlobArchive, BlobError, BlobSource, Blobs, BoxFuture, FetchedBlob, FoundBlobs, Inclusion, VerifiedBlob,
};
pub use block::{BlockRef, Heads, L1Block};
pub use client::{L1Client, RetryPolicy};
pub use deploy::{
    Contracts, DeployError, DeployPlan, GenesisRecord, InboxSettings, Network, NetworkError, RollupSettings, WithdrawalSettings, deploy,
};
pub use error::{L1Error, Recovery};
pub use events::{BatchPayload, EventFault, GamesEvent, InboxCursor, InboxEvent, L1Event, MatchesEvent, RollupEvent};
pub use follow::{Checkpoint, FollowConfig, L1Follower, L1Update, Polled, Window, WindowError};
pub use key::{KeyError, SecretKey};
pub use send::{
    Action, Attempt, Fees, MAX_TRANSACTION_GAS, Market, Observation, ProvedBlobs, Purpose, SendError, SendPolicy, Sending,
    TransactionManager, TxRequest,
};
