#![doc = include_str!("../README.md")]

mod abi;
mod block;
mod client;
mod error;
mod events;
mod key;
pub mod revert;

pub use block::{BlockRef, Heads, L1Block};
pub use client::{L1Client, RetryPolicy};
pub use error::{L1Error, Recovery};
pub use events::{BatchPayload, EventFault, InboxCursor, InboxEvent, L1Event, RollupEvent};
pub use key::{KeyError, SecretKey};
