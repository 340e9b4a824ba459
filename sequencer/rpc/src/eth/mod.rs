//! Ethereum's methods, by subject.

pub(crate) mod accounts;
pub(crate) mod blocks;
pub(crate) mod calls;
pub(crate) mod config;
pub(crate) mod fees;
pub(crate) mod filters;
pub(crate) mod logs;
pub(crate) mod node;
pub(crate) mod proofs;
pub(crate) mod raw;
pub(crate) mod syncing;
pub(crate) mod transactions;
pub(crate) mod txpool;
