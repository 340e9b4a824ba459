#![doc = include_str!("../README.md")]

pub mod check;
pub mod judge;
pub mod status;
pub mod tracker;
pub mod verdict;
