#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

extern crate alloc;

mod next;
mod open;
mod step;

pub use next::{MAX_AHEAD, MAX_BEHIND};
pub use open::{open_batch, Ignored, OpenBatch, Payload};
pub use step::{block_step, Executed, Executor, Inbox, Outcome, Step, StepError};
