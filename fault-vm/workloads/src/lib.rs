#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod core_mix;
mod job;
mod keccak;
mod sha256;
mod walk;

pub use core_mix::core_mix;
pub use job::{Job, Workload};
pub use keccak::{keccak_256, keccak_chain};
pub use sha256::{sha256, sha256_chain};
pub use walk::walk;
