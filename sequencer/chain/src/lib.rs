#![doc = include_str!("../README.md")]

mod ahead;
mod chain;
mod claims;
mod deposits;
mod derivation;
mod error;
mod executor;
mod import;
mod l1;
mod recover;
mod unwind;
pub mod witness;

pub use chain::{Chain, Options};
pub use claims::{Difference, end_state};
pub use derivation::{Derived, DerivedBlock, DerivedStep};
pub use error::ChainError;
pub use gainsay_store::History;
pub use import::{FeedBlock, Imported, RecoveredFeedBlock};
pub use l1::{InboxEvent, L1Applied, L1Update, missing_blobs};
pub use recover::recover_senders;
pub use unwind::Dropped;
