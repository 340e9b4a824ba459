#![doc = include_str!("../README.md")]

mod at_hand;
mod background;
mod block;
mod blocks;
mod body;
mod checksum;
mod codec;
mod codes;
mod commit;
mod database;
mod disk;
mod edits;
mod epoch;
mod error;
mod fjall_pages;
mod heads;
mod history;
mod identity;
mod inbox;
mod index;
mod journal;
mod keys;
mod layer;
mod nodes;
mod open;
mod page_cache;
mod pages;
mod reader;
mod recent;
mod sled_database;
mod snapshot;
mod state;
mod steps;
mod store;
mod stored;
mod writer;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use at_hand::{at_hand, takes_time};
pub use block::{BlockHeader, BlockRecord, Location};
pub use blocks::{Included, Lookup};
pub use body::TransactionRecord;
pub use commit::Commit;
pub use database::{Database, Entry, WriteBatch};
pub use error::StoreError;
pub use fjall_pages::FjallPages;
pub use heads::Heads;
pub use history::History;
pub use identity::Identity;
pub use inbox::{BatchData, BatchRecord, L1Block, MessageRecord};
pub use index::{Index, Known};
pub use nodes::StateNodes;
pub use open::{Repair, StoreOptions};
pub use pages::{NumberedPages, Pages, PagesAt};
pub use reader::StateReader;
pub use sled_database::SledDatabase;
pub use store::{Databases, Store};
pub use stored::StoredBlock;
pub use writer::Writer;
