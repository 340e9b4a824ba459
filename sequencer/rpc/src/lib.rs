#![doc = include_str!("../README.md")]

mod admin;
mod arguments;
mod at_once;
mod backend;
mod batches;
mod chain;
mod claims;
mod cors;
mod cursor;
mod debug;
mod deposits;
mod disputes;
mod error;
mod eth;
mod feed;
mod gainsay;
mod inclusion;
mod json;
pub mod limits;
mod listen;
mod methods;
mod optimism;
mod pending;
mod preconfirm;
mod rollup;
mod server;
mod shown_block;
mod subscribe;
#[cfg(test)]
mod tests;
mod traffic;

pub use admin::{AdminError, Administration, serve_admin};
pub use backend::{Answer, Backend, Client, L1Progress, PoolSize, SubmitError};
pub use batches::{Batch, BatchStatus, Blocks, Payload};
pub use chain::NextBlock;
pub use claims::EndState;
pub use deposits::{Deposit, DepositKind, DepositStatus};
pub use disputes::{AssertionsPage, Judged, Verdict};
pub use feed::FeedBlock;
pub use gainsay::{BlockRef, ConfigInfo, Output, SyncStatus};
pub use inclusion::Inclusions;
pub use limits::Limits;
pub use preconfirm::{Preconfirmation, Preconfirmations, PreconfirmedLog, PreconfirmedTransaction};
pub use rollup::{Assertion, ClaimsRead, Deployment, Dispute, L1Heads, L1View};
pub use server::{Extension, RpcServer, ServeError, serve, serve_extended};
pub use shown_block::{OpenedBlock, ShownBlock};
