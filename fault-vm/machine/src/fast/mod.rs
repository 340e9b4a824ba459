//! The fast runner: the same machine as [`step`](crate::step()), only dispatched otherwise.
//!
//! The text is decoded once, into one operation for each word (`code`). An operation names a handler, and handlers call each other without
//! ever coming back (`handlers`), until they meet what the runner has to look at: a syscall, a trap, a store to the text or to a page that is
//! written for the first time since a snapshot, a jump out of the text, or the end of the steps. That one step is then the step
//! function's. So is the last stretch before the step to stop at, which handlers could run past.
//!
//! Frequent neighbours have handlers of their own that do two or three operations at once (`fusion`); each operation keeps its own
//! handler, so that it can be jumped to.
#![allow(unsafe_code, reason = "registers, memory and code are reached by pointer; nothing else in the crate is")]
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "indices and addresses here are checked ones")]

mod code;
mod fusion;
mod handlers;
mod kind;
mod memory;
mod of;
mod operation;
mod parts;
mod runner;
#[cfg(test)]
mod tests;

pub use memory::ReserveError;
pub use runner::Runner;
