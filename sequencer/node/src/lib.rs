#![doc = include_str!("../README.md")]

pub mod administration;
pub mod batcher;
pub mod builder;
pub mod client;
pub mod clock;
pub mod config;
pub mod deploy;
pub mod error;
pub mod feed;
pub mod follow;
pub mod gate;
mod l1;
pub mod mempool;
pub mod params;
pub mod run;
mod serve;
pub mod status;
#[cfg(test)]
mod tests;
