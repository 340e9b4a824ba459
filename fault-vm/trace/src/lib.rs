#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod blob;
mod file;
mod host;
mod precompile;
mod record;
mod snapshots;
mod source;
mod step;
mod trace;
mod witness;

pub use file::FileError;
pub use host::{Host, HostError, Preimage};
pub use precompile::{ACCELERATED, CallError, GAS_FACTOR, PrecompileCall};
pub use record::{RecordError, record};
pub use source::{MemoryPreimages, Preimages};
pub use step::ProvenStep;
pub use trace::{MAX_STEPS, Options, Trace, TraceError};
pub use witness::{BlockStep, INPUT_BYTES, MAX_PREIMAGE, Witness, WitnessError};
