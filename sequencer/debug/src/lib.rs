#![doc = include_str!("../README.md")]

mod ahead;
mod call;
mod error;
mod limits;
mod machine;
mod recorder;
mod replay;
mod reply;
mod rules;
mod steps;
#[cfg(test)]
mod tests;
mod trace;
mod tracer;
mod world;

pub use ahead::OpenReplay;
pub use call::{CallError, trace_call};
pub use error::DebugError;
pub use limits::TraceLimits;
pub use replay::env_of;
pub use trace::{trace_block, trace_transaction, world_before};
pub use world::World;
