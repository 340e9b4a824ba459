#![doc = include_str!("../README.md")]

mod error;
mod limits;
mod machine;
mod recorder;
mod replay;
mod reply;
mod rules;
mod steps;
mod trace;
mod tracer;
mod world;

pub use error::DebugError;
pub use limits::TraceLimits;
pub use trace::{trace_block, trace_transaction};
pub use world::World;
