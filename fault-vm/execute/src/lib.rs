#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

mod block;
mod call;
mod changes;
pub mod evm;
mod fault;
mod fees;
pub mod genesis;
mod header;
#[cfg(any(test, feature = "test-utils"))]
pub mod memory;
#[cfg(feature = "native-crypto")]
pub mod native;
mod overlay;
mod receipt;
mod sealed;
pub mod trie;

pub use block::{BlockBuilder, BlockError, execute_block};
pub use call::{CallOutcome, CallRequest, CallStatus, call};
pub use changes::{Account, AccountChange, StateChanges};
pub use fault::{ExecuteError, Fault, MAX_TRANSACTION_GAS};
pub use fees::{L1FeeParameters, next_base_fee};
pub use receipt::ExecutedTransaction;
pub use sealed::{ExecutedBlock, StateRoots, UnsealedBlock};
