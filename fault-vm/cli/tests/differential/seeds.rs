//! Where chance comes from.

use std::time::{SystemTime, UNIX_EPOCH};

/// `count` seeds, one after the other from `GAINSAY_SEED`, else from the clock. Prints the first.
pub(crate) fn seeds(test: &str, count: u32) -> impl Iterator<Item = u64> {
    let given = std::env::var("GAINSAY_SEED").ok().map(|text| text.parse().expect("GAINSAY_SEED is a number below 2^64"));
    // Seeds of runs that start a nanosecond after one another do not overlap.
    let first = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 >> 10 << 20);
    eprintln!("{test}: GAINSAY_SEED={first} repeats this run");
    (0..u64::from(count)).map(move |number| first.wrapping_add(number))
}
