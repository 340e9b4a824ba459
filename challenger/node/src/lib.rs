#![doc = include_str!("../README.md")]

pub mod status;
pub mod tracker;
pub mod verdict;
