//! The challenger's status: what it says, and over which port.

mod board;
mod client;
mod report;
mod server;

pub use board::{Board, PlaySender};
pub use client::{AskError, ask};
pub use report::{AssertionReport, ChainReport, L1Report, Report, Summary};
pub use server::{ListenError, StatusServer};
