#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

mod next;
mod open;
mod step;

#[cfg(test)]
mod tests;

pub use next::{MAX_AHEAD, MAX_BEHIND};
pub use open::{Ignored, OpenBatch, Payload, open_batch};
pub use step::{Executed, Executor, Inbox, Outcome, Step, StepError, block_step};
