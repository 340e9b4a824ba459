//! Both implementations, asked the same and compared.

use alloy::{primitives::B256, sol_types::SolInterface};
use gainsay_bindings::StepVerifier::StepVerifierErrors;
use gainsay_fault_vm::verifier::{SolidityVerifier, VerifierError};
use gainsay_machine::{Machine, MachineState, StepProof, prove, testing::Preimages};
use std::fmt::Display;

/// What L1 takes for a step, as bytes: right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) state: Vec<u8>,
    pub(crate) memory: Vec<u8>,
    pub(crate) part: Option<[u8; 32]>,
}

impl From<&StepProof> for Bytes {
    fn from(proof: &StepProof) -> Self {
        Self { state: proof.state.encode(), memory: proof.encode_memory(), part: proof.part.map(|part| part.0) }
    }
}

impl Bytes {
    /// The next state as Rust sees it.
    fn next_in_rust(&self) -> Option<Vec<u8>> {
        let proof = StepProof::decode(&self.state, &self.memory, self.part).ok()?;
        Some(proof.next().ok()?.encode())
    }
}

/// The contracts, deployed once for a whole test.
pub(crate) struct Both {
    pub(crate) solidity: SolidityVerifier,
}

impl Both {
    pub(crate) fn new() -> Self {
        Self { solidity: SolidityVerifier::new().unwrap() }
    }

    /// Proves the next step of a machine, and takes it: directly, from the proof in Rust, from the proof in Solidity. All agree on every byte
    /// of the next state.
    #[track_caller]
    pub(crate) fn step(&mut self, machine: &mut Machine, oracle: &mut Preimages, case: &dyn Display) -> StepProof {
        let proof = step_in_rust(machine, oracle, case);
        self.same_bytes(&proof, &machine.state(), case);
        proof
    }

    /// As [`Self::step`], by hashes: from the entry that L1 calls, where a step asks for no part.
    #[track_caller]
    pub(crate) fn step_hashed(&mut self, machine: &mut Machine, oracle: &mut Preimages, case: &dyn Display) -> StepProof {
        let proof = step_in_rust(machine, oracle, case);
        if proof.part.is_some() {
            self.same_bytes(&proof, &machine.state(), case);
        } else {
            self.same_hash(&proof, &machine.state(), case);
        }
        proof
    }

    #[track_caller]
    fn same_bytes(&mut self, proof: &StepProof, next: &MachineState, case: &dyn Display) {
        let encoded =
            self.solidity.next_state(proof).unwrap_or_else(|error| panic!("{case}: Solidity refuses a right proof: {error}\n{proof:?}"));
        let decoded = MachineState::decode(&encoded).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(decoded, *next, "{case}: Solidity's next state, then Rust's\n{proof:?}");
    }

    #[track_caller]
    pub(crate) fn same_hash(&mut self, proof: &StepProof, next: &MachineState, case: &dyn Display) {
        let hash = self.solidity.step(proof).unwrap_or_else(|error| panic!("{case}: Solidity refuses a right proof: {error}\n{proof:?}"));
        if hash != next.hash() {
            // Says which field.
            self.same_bytes(proof, next, case);
            panic!("{case}: the states are the same, but Solidity hashes the next one to {hash}, Rust to {}\n{next:?}", next.hash());
        }
    }

    /// What both make of any bytes: the next state, or nothing if they refuse. In Solidity, what is refused reverts with a declared error, never
    /// with a panic, without data or for want of gas.
    #[track_caller]
    pub(crate) fn verdict(&mut self, bytes: &Bytes, case: &dyn Display) -> Option<Vec<u8>> {
        let rust = bytes.next_in_rust();
        let part = bytes.part.map(|part| part.to_vec()).unwrap_or_default();
        let solidity = match self.solidity.next_state_of(bytes.state.clone().into(), bytes.memory.clone().into(), part.into()) {
            Ok(next) => Some(next.to_vec()),
            Err(VerifierError::Refused { output, .. }) if StepVerifierErrors::abi_decode(&output).is_ok() => None,
            Err(error) => panic!("{case}: {error}\n{bytes:?}"),
        };
        assert_eq!(rust, solidity, "{case}: Rust's verdict, then Solidity's\n{bytes:?}");
        rust
    }

    #[track_caller]
    pub(crate) fn both_refuse(&mut self, bytes: &Bytes, case: &dyn Display) {
        assert_eq!(self.verdict(bytes, case), None, "{case}: accepted\n{bytes:?}");
    }

    /// The hash of a state's bytes, the same in both.
    #[track_caller]
    pub(crate) fn hash(&mut self, state: &[u8], case: &dyn Display) -> B256 {
        let hash = MachineState::decode(state).unwrap().hash();
        let solidity = self.solidity.hash_state(state.to_vec().into()).unwrap();
        assert_eq!(hash, solidity, "{case}: Rust's hash of a state, then Solidity's");
        hash
    }
}

#[track_caller]
fn step_in_rust(machine: &mut Machine, oracle: &mut Preimages, case: &dyn Display) -> StepProof {
    let proof = prove(machine, oracle).unwrap_or_else(|error| panic!("{case}: {error}"));
    machine.step(oracle).unwrap_or_else(|error| panic!("{case}: {error}"));
    let replayed = proof.next().unwrap_or_else(|error| panic!("{case}: Rust refuses its own proof: {error}\n{proof:?}"));
    assert_eq!(replayed, machine.state(), "{case}: the state replayed from the proof, then that of the machine\n{proof:?}");
    proof
}
