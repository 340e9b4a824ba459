//! Whoever claims what is false loses the bond, on a real L1, with real processes and real traces of the guest.

mod arena;
mod interruptions;
mod many;
mod silence;
