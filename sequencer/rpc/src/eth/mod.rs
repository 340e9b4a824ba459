//! Ethereum's methods, by subject.

pub(crate) mod accounts;
pub(crate) mod blocks;
pub(crate) mod calls;
pub(crate) mod estimate;
pub(crate) mod fees;
pub(crate) mod filters;
pub(crate) mod logs;
mod nobody;
pub(crate) mod node;
pub(crate) mod proofs;
pub(crate) mod request;
pub(crate) mod syncing;
pub(crate) mod transactions;
