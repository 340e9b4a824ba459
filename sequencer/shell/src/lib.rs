#![doc = include_str!("../README.md")]

pub mod assertions;
pub mod logging;
pub mod owner;
pub mod prometheus;
pub mod supervisor;
