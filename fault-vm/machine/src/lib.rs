#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod access;
pub mod alu;
pub mod branch;
pub mod fast;
mod instruction;
mod json;
pub mod load_store;
mod machine;
pub mod memory;
pub mod muldiv;
mod oracle;
mod program;
mod proof;
mod state;
mod step;
pub mod syscall;
#[cfg(any(test, feature = "test-utils"))]
pub mod testing;

pub use access::Access;
pub use instruction::{Instruction, Op};
pub use machine::Machine;
pub use memory::{LeafProof, Memory};
pub use oracle::{BLOB, KeyType, MAX_DATA, Oracle, PART, blob_key, keccak_key, part_of, precompile_key};
pub use program::{Program, ProgramError};
pub use proof::{ProofError, StepProof, prove};
pub use state::{ENTRY, Hart, MachineState, REGISTERS, STATE_LENGTH, StateLength, Status, Trap};
pub use step::step;
