#![doc = include_str!("../README.md")]

mod accounts;
mod arguments;
mod assembly;
mod clock;
mod core;
mod edits;
mod error;
mod genesis;
mod methods;
mod node;
mod origin;
mod outbox;
mod run;
mod snapshot;

pub use accounts::{Accounts, MNEMONIC};
pub use error::{DevError, StartError};
pub use run::{Config, DevNode, start};
