#![doc = include_str!("../README.md")]

pub mod assertions;
pub mod chain;
pub mod follow;
pub mod logging;
pub mod owner;
pub mod prometheus;
pub mod supervisor;
