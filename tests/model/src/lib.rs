#![doc = include_str!("../README.md")]

pub mod chain;
pub mod l1;
pub mod program;
pub mod run;
pub mod truth;
