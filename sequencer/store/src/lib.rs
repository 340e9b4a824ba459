#![doc = include_str!("../README.md")]

mod block;
mod codec;
mod commit;
mod database;
mod error;
mod heads;
mod identity;
mod inbox;
mod keys;
mod reader;
mod state;
mod steps;
mod store;
mod writer;

pub use block::{BlockHeader, BlockRecord, Location};
pub use commit::Commit;
pub use database::{Database, Entry, SledDatabase, WriteBatch};
pub use error::StoreError;
pub use heads::Heads;
pub use identity::Identity;
pub use inbox::{BatchData, BatchRecord, L1Block, MessageRecord};
pub use reader::StateReader;
pub use store::Store;
pub use writer::{Repair, Writer};
