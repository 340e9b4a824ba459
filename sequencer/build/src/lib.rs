#![doc = include_str!("../README.md")]

mod attempt;
mod fill;
#[cfg(test)]
mod tests;
mod timing;

pub use attempt::{Attempt, BuildError, Built, Job, Limits, Outcome, attempt};
pub use fill::Rejected;
