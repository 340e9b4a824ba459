#![doc = include_str!("../README.md")]
#![no_std]

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
extern crate alloc;

mod keccak;

pub use keccak::{keccak256, permute};

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod copy;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod entry;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod heap;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod maps;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod memory;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod preimage;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod syscall;

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
pub use self::{
    maps::seed_hash_maps,
    preimage::{Preimage, preimage},
    syscall::{announce, fail, halt, input, log},
};
