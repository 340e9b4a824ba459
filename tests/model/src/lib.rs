#![doc = include_str!("../README.md")]

pub mod alter;
pub mod chain;
pub mod game;
pub mod honest;
pub mod hostile;
pub mod l1;
pub mod program;
pub mod referee;
pub mod run;
pub mod truth;
