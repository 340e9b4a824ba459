//! The machine's step in Rust against the step in Solidity: the committed bytecode of `StepVerifier` and `PreimageOracle`, on revm in this process.
//!
//! Every random test prints its seed when it starts and names the seed of the case when it fails: `GAINSAY_SEED=N` starts with that seed, so
//! `GAINSAY_SEED=N cargo test -p gainsay-fault-vm --test differential NAME` does the failing case first. Without it the seed is taken from the clock.
//! `GAINSAY_CASES=N` makes a long run of N times as many cases: 70 are about three million random steps.

mod both;
mod corrupted;
mod every_word;
mod known_faults;
mod oracle;
mod random;
mod seeds;
mod small;
mod world;
