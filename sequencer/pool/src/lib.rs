#![doc = include_str!("../README.md")]

mod error;
mod gas;
mod heads;
mod pool;
mod pooled;
mod prices;
mod queue;
mod ranks;
mod rules;
#[cfg(test)]
mod tests;

pub use error::Rejection;
pub use gas::{IntrinsicGas, intrinsic_gas};
pub use pool::{Added, Content, Limits, Pool};
pub use pooled::{Account, Candidate, Pooled};
pub use rules::{MAX_INIT_CODE, MAX_TRANSACTION_GAS, Rules};
