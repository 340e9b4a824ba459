#![doc = include_str!("../README.md")]

pub mod chain;
pub mod follow;
pub mod genesis;
pub mod logging;
pub mod open;
pub mod owner;
pub mod program;
pub mod progress;
pub mod prometheus;
pub mod supervisor;
