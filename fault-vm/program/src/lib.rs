#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub mod accelerate;
mod executor;
mod inbox;
mod input;
mod oracle;
mod state;
mod step;

pub use input::Input;
pub use oracle::{DataError, MAX_PREIMAGE, Oracle};
pub use step::{ProgramError, block_step};

/// The canonical guest, an ELF file: what the machine runs when it is to give [`block_step`]'s answer.
#[cfg(feature = "std")]
pub const GUEST_ELF: &[u8] = include_bytes!("../guest.elf");
