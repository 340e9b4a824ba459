//! The machine's system calls; `gainsay-machine` specifies them.
#![allow(unsafe_code)]

use core::arch::asm;

/// The word that a system call reads or writes: 32 bytes within one leaf of the machine's memory.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub(crate) struct Word(pub(crate) [u8; 32]);

const HALT: usize = 1;
const INPUT: usize = 2;
const KEY: usize = 3;
const PREIMAGE: usize = 4;
const LOG: usize = 5;

/// Ends the machine, with `output`.
pub fn halt(output: [u8; 32]) -> ! {
    end(output, 0)
}

/// Ends the machine in the state "failed".
pub fn fail() -> ! {
    end([0; 32], 1)
}

fn end(output: [u8; 32], code: usize) -> ! {
    let output = Word(output);
    // SAFETY: reads 32 aligned bytes at a0; the machine never goes on.
    unsafe { asm!("ecall", in("a7") HALT, in("a0") &raw const output, in("a1") code, options(noreturn, nostack)) }
}

/// The machine's input.
#[must_use]
pub fn input() -> [u8; 32] {
    let mut input = Word([0; 32]);
    // SAFETY: writes 32 aligned bytes at a0.
    unsafe { asm!("ecall", in("a7") INPUT, in("a0") &raw mut input, options(nostack)) };
    input.0
}

/// Shows a text to whoever runs the machine; no effect on the machine itself.
pub fn log(text: &str) {
    announce(text.as_bytes());
}

/// Tells whoever runs the machine which call of a precompile the next key stands for: the byte 3, then `address 20 ‖ gas u64 ‖ input`.
/// No effect on the machine itself.
pub fn announce(call: &[u8]) {
    // SAFETY: no effect within the machine.
    unsafe { asm!("ecall", in("a7") LOG, in("a0") call.as_ptr(), in("a1") call.len(), options(nostack, readonly)) };
}

/// Chooses the preimage that [`part`] reads.
pub(crate) fn key(key: [u8; 32]) {
    let key = Word(key);
    // SAFETY: reads 32 aligned bytes at a0.
    unsafe { asm!("ecall", in("a7") KEY, in("a0") &raw const key, options(nostack)) };
}

/// Writes part `index` of the chosen preimage to `to`, which need not be initialised: part 0 is the length, part i the bytes from
/// 32 (i - 1) on.
///
/// # Safety
/// `to` is valid for writing a word.
pub(crate) unsafe fn part(index: usize, to: *mut Word) {
    // SAFETY: writes 32 aligned bytes at a0, which the caller vouches for.
    unsafe { asm!("ecall", in("a7") PREIMAGE, in("a0") to, in("a1") index, options(nostack)) };
}
