#![doc = include_str!("../README.md")]

pub mod accounts;
mod challenger;
mod client;
mod contracts;
mod disputes;
mod drive;
mod files;
mod l1;
mod load;
mod node;
mod process;
mod random;
mod replay;
mod setup;
mod spending;
mod traffic;
mod wait;

pub mod hostile;

pub use challenger::{Assertion, Challenger, Verdict};
pub use contracts::Token;
pub use disputes::{Disputes, Match, Played, Stake, Status, Won, owner_of};
pub use files::{multicall3, program, repository};
pub use l1::{L1, MULTICALL3, MULTICALL3_SENDER};
pub use load::{Announced, Load};
pub use node::{BlockId, Node, Role, same_chain};
pub use process::{Finished, Process};
pub use random::Random;
pub use replay::Replayed;
pub use setup::{Addresses, Options, Setup, free_port};
pub use spending::{Spending, ether};
pub use traffic::{Kind, Traffic};
pub use wait::{Patience, eventually};
