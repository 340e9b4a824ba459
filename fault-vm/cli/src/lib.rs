#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod files;
pub mod guest;
pub mod progress;
pub mod run;
pub mod source;
pub mod state;
pub mod verifier;
pub mod verify;
