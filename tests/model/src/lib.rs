#![doc = include_str!("../README.md")]

pub mod alter;
pub mod chain;
pub mod fault;
pub mod game;
pub mod honest;
pub mod hostile;
pub mod l1;
pub mod program;
mod referee;
pub mod report;
pub mod run;
pub mod setup;
pub mod truth;
