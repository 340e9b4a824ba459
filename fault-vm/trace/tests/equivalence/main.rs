//! The guest in the machine gives what a node gives, bit for bit: each block step is taken natively, by derivation over flat state with
//! signatures recovered in C, and by the canonical guest in the fast runner over a recorded witness.
#![allow(missing_docs, clippy::print_stderr)]

mod check;
mod state_tests;
#[path = "../../../program/tests/world/mod.rs"]
mod world;
