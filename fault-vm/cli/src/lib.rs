#![doc = include_str!("../README.md")]

pub mod files;
pub mod guest;
pub mod progress;
pub mod run;
pub mod source;
pub mod state;
pub mod verifier;
pub mod verify;
