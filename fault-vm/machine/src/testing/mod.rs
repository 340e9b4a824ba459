//! Random machines near every edge of the specification, and an oracle in memory, for tests. Everything follows from a seed.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod machines;
mod preimages;
pub mod words;

pub use machines::{arbitrary_machine, edge, machine_with};
pub use preimages::{MissingPreimage, Preimages};
