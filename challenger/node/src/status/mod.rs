//! The challenger's status: what it says, and over which port.

mod board;
mod client;
mod report;
mod server;
mod show;
pub(crate) mod words;

pub use board::{Board, PlaySender};
pub use client::{AskError, ask};
pub use report::{AssertionReport, ChainReport, L1Report, OtherMatch, Report, Summary};
pub use server::{ListenError, StatusServer};
pub use show::{FindError, Found, Story};
