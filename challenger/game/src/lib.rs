#![doc = include_str!("../README.md")]

pub mod act;
pub mod assertions;
pub mod book;
pub mod court;
pub mod decide;
pub mod dissection;
pub mod ledger;
pub mod matches;
pub mod play;
pub mod settings;
pub mod stretch;
pub mod truth;
