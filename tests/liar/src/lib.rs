#![doc = include_str!("../README.md")]

pub mod choice;
pub mod conduct;
pub mod divergence;
pub mod elsewhere;
pub mod lie;
pub mod manner;
pub mod own;
pub mod run;
pub mod script;
pub mod seed;
pub mod story;
mod tell;
pub mod truth;
