//! The seed of hash maps.
#![allow(unsafe_code)]

use core::arch::asm;
use foldhash::SharedSeed;

/// Seeds every hash map of the guest (foldhash's `RandomState`). Call it before the first map is filled.
///
/// Without it the seed follows from addresses, which are the same in every run: whoever knows the program could make all keys of a map
/// collide. `seed` should therefore depend on data that such a person has to fix first, as the machine's input does.
pub fn seed_hash_maps(seed: u64) {
    const WORDS: usize = size_of::<SharedSeed>() / 8;
    const { assert!(size_of::<SharedSeed>() == 48 && align_of::<SharedSeed>() == 8, "foldhash's seed is six words") };
    // foldhash forces bits of each word that would be weak otherwise.
    let fresh = SharedSeed::from_u64(seed);
    // From here on foldhash takes its storage as initialised, and reads it anew for each hash.
    let storage: *const SharedSeed = SharedSeed::global_random();
    for word in 0..WORDS {
        // SAFETY: the storage is a cell, so it may change behind shared references, and none is alive here. It changes in assembly, which
        // the compiler has to expect to write to any memory whose address it was given.
        unsafe {
            let from = (&raw const fresh).cast::<u64>().add(word).read();
            asm!("sd {from}, 0({to})", from = in(reg) from, to = in(reg) storage.cast::<u64>().add(word), options(nostack));
        }
    }
}
