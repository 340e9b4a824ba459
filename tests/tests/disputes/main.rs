//! Whoever claims what is false loses the bond, on a real L1, with real processes and real traces of the guest.

mod arena;
mod conduct;
mod interruptions;
mod lies;
mod many;
mod silence;
