#![doc = include_str!("../README.md")]

mod block;
mod job;
mod limits;
#[cfg(test)]
mod tests;
mod timing;

pub use block::{Built, Closed, Executed, OpenBlock, Pushed, Rejected};
pub use job::{BuildError, Job, Opening, open};
pub use limits::Limits;
