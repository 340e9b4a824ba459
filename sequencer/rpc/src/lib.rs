#![doc = include_str!("../README.md")]

mod arguments;
mod backend;
mod chain;
mod claims;
mod cors;
mod cursor;
mod deposits;
mod error;
mod eth;
mod feed;
mod gainsay;
mod inclusion;
mod json;
mod listen;
mod methods;
mod preconfirm;
mod server;
mod subscribe;
#[cfg(test)]
mod tests;
mod traffic;

pub use backend::{Answer, Backend, Client, L1Progress, SubmitError};
pub use claims::EndState;
pub use deposits::{Deposit, DepositKind, DepositStatus};
pub use feed::FeedBlock;
pub use gainsay::{BlockRef, ConfigInfo, Output, SyncStatus};
pub use inclusion::Inclusions;
pub use preconfirm::{Preconfirmation, Preconfirmations, PreconfirmedLog, PreconfirmedTransaction};
pub use server::{Limits, RpcServer, ServeError, serve};
