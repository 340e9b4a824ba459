//! The first instructions of a guest, and its end in a panic.

use crate::memory::STACK_TOP;
use core::{arch::asm, panic::PanicInfo};

// Registers are 0 when the machine starts. The linker script puts this first, at 0x10000.
#[allow(unsafe_code)]
mod start {
    core::arch::global_asm!(
        ".section .text.entry, \"ax\", @progbits",
        ".globl _start",
        "_start:",
        "li sp, {stack}",
        "call gainsay_guest_main",
        "unimp",
        stack = const super::STACK_TOP,
    );
}

/// Makes a function `fn() -> [u8; 32]` the guest's main function: the machine halts with what it returns as its output.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn gainsay_guest_main() -> ! {
            let main: fn() -> [u8; 32] = $main;
            $crate::halt(main())
        }
    };
}

/// A panic ends the machine in the trap state "illegal instruction". Its message would cost the guest a formatter and half a megabyte.
#[panic_handler]
#[allow(unsafe_code)]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: the machine traps here and never goes on.
    unsafe { asm!("unimp", options(noreturn, nomem, nostack)) }
}
