#![doc = include_str!("../README.md")]

pub mod assertions;
pub mod book;
pub mod ledger;
pub mod settings;
