#![doc = include_str!("../README.md")]

pub mod check;
pub mod config;
pub mod defend;
pub mod judge;
pub mod run;
pub mod show;
pub mod simulate;
pub mod status;
pub mod tracker;
pub mod verdict;
