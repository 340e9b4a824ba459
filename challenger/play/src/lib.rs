#![doc = include_str!("../README.md")]

pub mod audit;
mod auditor;
pub mod conduct;
mod job;
mod measure;
mod outbox;
pub mod own;
pub mod player;
pub mod queue;
pub mod report;
mod round;
pub mod truth;
pub mod waiting;
