#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod blob;
mod file;
mod witness;

pub use file::FileError;
pub use witness::{BlockStep, INPUT_BYTES, MAX_PREIMAGE, Witness, WitnessError};
