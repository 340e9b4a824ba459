#![doc = include_str!("../README.md")]

mod attempt;
mod fill;
mod timing;
#[cfg(test)]
mod tests;

pub use attempt::{Attempt, BuildError, Built, Job, Limits, Outcome, attempt};
pub use fill::Rejected;
