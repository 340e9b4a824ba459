#![doc = include_str!("../README.md")]

pub mod assertions;
pub mod cast;
pub mod check;
pub mod contracts;
pub mod fault;
pub mod l2;
pub mod records;
pub mod report;
pub mod run;
pub mod sequencer;
pub mod stage;
pub mod users;
pub mod withdrawals;
pub mod world;
