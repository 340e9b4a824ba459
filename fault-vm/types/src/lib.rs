#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub mod batch;
pub mod blob;
mod block;
mod claim;
mod config;
mod deposit;
mod heap;
mod inbox;
pub mod payload;
pub mod predeploys;
mod state;
#[cfg(any(test, feature = "test-utils"))]
pub mod testing;
mod transaction;

pub use block::{BlockInput, Millis};
pub use claim::{BLOCK_STEPS_PER_ASSERTION, MAX_BATCHES_PER_ASSERTION, assertion_id, inputs_hash};
pub use config::{ChainConfig, ConfigError, SPEC_ID_OSAKA};
pub use deposit::{ATTRIBUTES_GAS, ATTRIBUTES_SENDER, Attributes, MAX_MESSAGE_DATA, Message, MessageBody, MessageError, UserDeposit};
pub use inbox::{BatchHeader, BatchKind, MAX_BLOBS_PER_BATCH, MAX_CALLDATA_PAYLOAD, MAX_MESSAGES_PER_BATCH, MessageLink};
pub use state::{CLOSING, State, output_root};
pub use transaction::{InvalidTransaction, RecoveredTransaction, Transaction};
