//! The program that a match runs on L1: the canonical guest of this version.

use alloy::primitives::B256;
use gainsay_machine::{Program, ProgramError};
use gainsay_program::GUEST_ELF;

/// A program that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The guest itself.
    #[error("the canonical guest cannot run: {source}")]
    Broken {
        /// The reason.
        #[from]
        source: ProgramError,
    },
    /// L1 would settle a match by another program.
    #[error("the chain's matches run the program {deployed}, but this version has {own}: use the version that the chain was deployed with")]
    Other {
        /// Root that the chain has.
        deployed: B256,
        /// Root of this version's guest.
        own: B256,
    },
}

/// Root of the canonical guest, computed from its file.
///
/// # Errors
/// When the file is no program.
pub fn root() -> Result<B256, GuestError> {
    Ok(Program::from_elf(GUEST_ELF)?.root())
}

/// Refuses a chain with another program: what a node finds true, and claims, L1 would judge by other rules.
///
/// # Errors
/// When the roots differ.
pub fn check(deployed: B256) -> Result<(), GuestError> {
    let own = root()?;
    if own == deployed { Ok(()) } else { Err(GuestError::Other { deployed, own }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_that_is_committed_beside_the_guest_is_accepted() {
        let committed: serde_json::Value =
            serde_json::from_str(include_str!("../../../fault-vm/program/guest.json")).expect("guest.json is JSON");
        let root: B256 = committed["programRoot"].as_str().expect("a string").parse().expect("a hash");
        check(root).expect("the canonical guest");
        let mut other = root;
        other.0[31] ^= 1;
        assert!(matches!(check(other), Err(GuestError::Other { deployed, own }) if deployed == other && own == root));
    }
}
