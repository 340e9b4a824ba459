//! What ECALL does. The number is in a7, arguments in a0 and a1; no register is written.

use crate::{
    access::Access,
    memory::Aligned,
    oracle::{KeyType, PART},
    state::{Status, Trap},
    step::Stop,
};
use alloy_primitives::B256;

/// Ends the run: `output` = the 32 bytes at a0, halted if a1 is 0, else failed.
pub const HALT: u64 = 1;
/// The 32 bytes at a0 = `input`.
pub const INPUT: u64 = 2;
/// `preimageKey` = the 32 bytes at a0.
pub const KEY: u64 = 3;
/// The 32 bytes at a0 = part a1 of the preimage of `preimageKey`.
pub const PREIMAGE: u64 = 4;
/// Shows the a1 bytes at a0 to the runner.
pub const LOG: u64 = 5;

const A0: u8 = 10;
const A1: u8 = 11;
const A7: u8 = 17;

/// Does the syscall that the registers ask for.
pub(crate) fn call<A: Access>(access: &mut A) -> Result<(), Stop<A::Error>> {
    let hart = access.hart();
    let (number, a0, a1) = (hart.register(A7), hart.register(A0), hart.register(A1));
    match number {
        HALT => halt(access, Aligned::new(a0)?, a1),
        INPUT => {
            let at = Aligned::new(a0)?;
            let input = access.hart().input.0;
            access.write(at, input).map_err(Stop::Access)
        }
        KEY => {
            let key = access.read(Aligned::new(a0)?).map_err(Stop::Access)?;
            access.hart().preimage_key = B256::new(key);
            Ok(())
        }
        PREIMAGE => preimage(access, Aligned::new(a0)?, a1),
        LOG => {
            access.log(a0, a1);
            Ok(())
        }
        _ => Err(Stop::Trap(Trap::UnknownSyscall)),
    }
}

fn halt<A: Access>(access: &mut A, at: Aligned<PART>, code: u64) -> Result<(), Stop<A::Error>> {
    let output = access.read(at).map_err(Stop::Access)?;
    let hart = access.hart();
    hart.output = B256::new(output);
    hart.status = if code == 0 { Status::HALTED } else { Status::FAILED };
    Ok(())
}

fn preimage<A: Access>(access: &mut A, at: Aligned<PART>, index: u64) -> Result<(), Stop<A::Error>> {
    let key = access.hart().preimage_key;
    // INVARIANT: a key of an unknown type has only zero parts: there is no key without an answer.
    let part = match KeyType::of(&key) {
        Some(_) => access.part(&key, index).map_err(Stop::Access)?,
        None => [0; PART],
    };
    access.write(at, part).map_err(Stop::Access)
}
