#![doc = include_str!("../README.md")]

pub mod amount;
mod deposit;
mod error;
mod force;
mod l1;
mod l2;
mod l2_error;
mod logs;
mod token;
mod twin;
mod wait;

pub use deposit::{Deposit, Deposited, Enqueued, Executed, Outcome, enqueued};
pub use error::BridgeError;
pub use force::Forced;
pub use l1::{Bridge, L1Sender, Sent};
pub use l2::{L2Block, L2Node, L2Receipt, L2Sender, OutputAtBlock};
pub use l2_error::L2Error;
pub use logs::logs_between;
pub use token::{Token, TokenDeposit, TokenDeposited};
pub use twin::{Twin, check_twin, find_twin, twin_address, twins};
pub use wait::Patience;
