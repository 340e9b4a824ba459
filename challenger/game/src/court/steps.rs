//! The StepVerifier: one step of the machine, from its state and what proves the memory that it touches.

use super::{Parts, Refusal};
use alloy::primitives::{B256, U256};
use gainsay_bindings::{
    PreimageOracle::{self, PreimageOracleErrors},
    StepVerifier::{self, StepVerifierErrors},
};
use gainsay_machine::{
    Instruction, KeyType, MachineState, Op, PART, ProofError, StepProof, alu::immediate, memory::Aligned, syscall::PREIMAGE,
};
use std::fmt::Debug;

/// Bytes of a leaf of the memory.
const LEAF: usize = 128;
/// Bytes that prove an access: the leaf and its 25 siblings.
const ACCESS: usize = LEAF + 25 * 32;
const ECALL: u32 = 0x73;
const A0: u8 = 10;
const A1: u8 = 11;
const A7: u8 = 17;

/// Checks steps.
pub trait StepCheck: Debug + Send + Sync {
    /// Hash of the state given, and of the one after the step. A part of a preimage comes from the oracle.
    ///
    /// # Errors
    /// If the bytes prove nothing, and if the oracle lacks the part that the step reads.
    fn step(&self, state: &[u8], proof: &[u8], oracle: &Parts) -> Result<(B256, B256), Refusal>;
}

/// The fault VM's own step, with what is wrong with a proof told in the contract's order and words.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineSteps;

impl StepCheck for MachineSteps {
    fn step(&self, state: &[u8], proof: &[u8], oracle: &Parts) -> Result<(B256, B256), Refusal> {
        let refused = |error| refusal(&error, proof.len());
        // What is left over of a proof is wrong with it only after all that comes before.
        let whole = proof.len() - proof.len() % ACCESS;
        let mut step = StepProof::decode(state, &proof[..whole], None).map_err(refused)?;
        if asks(&step.state, proof) {
            let (key, index) = (step.state.hart.preimage_key, step.state.hart.register(A1));
            step.part = Some(oracle.get(&key, index).ok_or_else(|| not_loaded(key, index))?.into());
        }
        let next = step.next().map_err(|error| match error {
            ProofError::WrongLeaf { .. } => wrong_leaf(touched(&step, proof)),
            other => refused(other),
        })?;
        if whole != proof.len() {
            return Err(refused(ProofError::MemoryLength { length: proof.len() }));
        }
        Ok((step.state.hash(), next.hash()))
    }
}

/// Whether the step from this state asks the oracle for a part. The instruction is not proven here: a wrong leaf leads to a wrong question only, and is
/// refuted where the step is taken.
fn asks(state: &MachineState, proof: &[u8]) -> bool {
    let hart = &state.hart;
    let asked = hart.is_running() && word(state, proof) == Some(ECALL) && hart.register(A7) == PREIMAGE;
    asked && Aligned::<PART>::new(hart.register(A0)).is_ok() && KeyType::of(&hart.preimage_key).is_some()
}

/// The instruction that the proof's first leaf says; none if there is none to fetch.
fn word(state: &MachineState, proof: &[u8]) -> Option<u32> {
    let pc = Aligned::<4>::new(state.hart.pc).ok()?;
    let leaf = proof.get(..ACCESS)?.as_chunks().0;
    leaf.get(pc.address() as usize % LEAF / 4).copied().map(u32::from_le_bytes)
}

/// The address whose leaf is wrong: the instruction's if it is not in the memory, else the one that the instruction touches.
fn touched(step: &StepProof, proof: &[u8]) -> u64 {
    let hart = &step.state.hart;
    let fetched = || {
        let index = Aligned::<4>::new(hart.pc).ok()?.leaf();
        let proven = step.memory.first().is_some_and(|leaf| leaf.root(index) == step.state.memory_root);
        Instruction::decode(word(&step.state, proof).filter(|_| proven)?)
    };
    match fetched() {
        None => hart.pc,
        Some(instruction) if instruction.op == Op::Ecall => hart.register(A0),
        Some(instruction) => hart.register(instruction.rs1).wrapping_add(immediate(instruction.imm)),
    }
}

fn wrong_leaf(address_: u64) -> Refusal {
    StepVerifierErrors::WrongMemoryProof(StepVerifier::WrongMemoryProof { address_ }).into()
}

fn not_loaded(key: B256, index: u64) -> Refusal {
    PreimageOracleErrors::PartNotLoaded(PreimageOracle::PartNotLoaded { key, index: U256::from(index) }).into()
}

fn refusal(error: &ProofError, length: usize) -> Refusal {
    match error {
        ProofError::WrongLeaf { index, .. } => wrong_leaf(u64::from(*index) * LEAF as u64),
        ProofError::MissingPart { key, index } => not_loaded(*key, *index),
        ProofError::State(state) => {
            StepVerifierErrors::WrongStateLength(StepVerifier::WrongStateLength { length: U256::from(state.length) }).into()
        }
        ProofError::MissingLeaf { .. } | ProofError::LeafLeftOver { .. } | ProofError::PartLeftOver | ProofError::MemoryLength { .. } => {
            StepVerifierErrors::WrongProofLength(StepVerifier::WrongProofLength { length: U256::from(length) }).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::Load;
    use alloy::primitives::{Bytes, keccak256};
    use gainsay_machine::{ENTRY, Hart, Machine, Memory, Oracle, keccak_key, part_of, prove, syscall};

    /// Answers from one text, whatever the key.
    struct Text(Bytes);

    impl Oracle for Text {
        type Error = std::convert::Infallible;

        fn part(&mut self, _: &B256, index: u64) -> Result<[u8; PART], Self::Error> {
            Ok(part_of(&self.0, index))
        }
    }

    /// A machine that is about to read part 1 of a text.
    fn asking(text: &Bytes) -> Machine {
        let mut memory = Memory::new();
        memory.write_bytes(ENTRY, &ECALL.to_le_bytes()).expect("it fits");
        let mut hart = Hart::new(B256::ZERO);
        hart.preimage_key = keccak_key(keccak256(text));
        for (register, value) in [(A0, 0x2_0000), (A1, 1), (A7, syscall::PREIMAGE)] {
            hart.set_register(register, value);
        }
        Machine { memory, hart }
    }

    #[test]
    fn a_wrong_leaf_is_named_by_the_address_that_the_step_wants_there() {
        // sd a1, 8(a0), and ECALL.
        for (code, address) in [(0x23 | 3 << 12 | 10 << 15 | 11 << 20 | 8 << 7, 0x2_0008), (ECALL, 0x2_0000)] {
            let mut machine = asking(&Bytes::new());
            machine.memory.write_bytes(ENTRY, &u32::to_le_bytes(code)).expect("it fits");
            machine.hart.set_register(A7, syscall::KEY);
            let proven = prove(&machine, &mut Text(Bytes::new())).expect("no part is read");
            for (at, expected) in [(300, ENTRY), (ACCESS + 300, address)] {
                let mut proof = proven.encode_memory();
                proof[at] ^= 1;
                let refusal = MachineSteps.step(&proven.state.encode(), &proof, &Parts::default());
                assert_eq!(refusal, Err(wrong_leaf(expected)));
            }
        }
    }

    fn name(result: Result<(B256, B256), Refusal>) -> &'static str {
        result.expect_err("it is refused").name()
    }

    #[test]
    fn a_step_that_reads_a_part_waits_until_it_is_loaded() {
        let text = Bytes::from_static(b"what the program asks for");
        let machine = asking(&text);
        let proven = prove(&machine, &mut Text(text.clone())).expect("the part is there");
        let (state, proof) = (proven.state.encode(), proven.encode_memory());
        let mut oracle = Parts::default();
        assert_eq!(name(MachineSteps.step(&state, &proof, &oracle)), "PartNotLoaded");
        oracle.load(&Load::Keccak { data: text, index: 1 }).expect("short enough");
        // The contract asks before it looks at the proof, but not without an instruction.
        let mut wrong = proof.clone();
        wrong[900] ^= 1;
        assert_eq!(name(MachineSteps.step(&state, &wrong, &Parts::default())), "PartNotLoaded");
        assert_eq!(name(MachineSteps.step(&state, &wrong, &oracle)), "WrongMemoryProof");
        assert_eq!(name(MachineSteps.step(&state, &proof[..927], &Parts::default())), "WrongProofLength");
        let (before, next) = MachineSteps.step(&state, &proof, &oracle).expect("the part is loaded");
        assert_eq!((before, next), (machine.hash(), proven.next().expect("a proof").hash()));
    }

    #[test]
    fn what_proves_nothing_is_refused_as_the_contract_does() {
        let text = Bytes::from_static(b"text");
        let mut machine = asking(&text);
        machine.hart.set_register(A7, syscall::KEY);
        let proven = prove(&machine, &mut Text(text)).expect("no part is read");
        let (state, proof) = (proven.state.encode(), proven.encode_memory());
        let oracle = Parts::default();
        assert!(MachineSteps.step(&state, &proof, &oracle).is_ok());
        assert_eq!(name(MachineSteps.step(&state[1..], &proof, &oracle)), "WrongStateLength");
        let long = [&proof[..], &proof[..928]].concat();
        for wrong in [&proof[..proof.len() - 1], &proof[..928], &[], &long] {
            assert_eq!(name(MachineSteps.step(&state, wrong, &oracle)), "WrongProofLength", "{} bytes", wrong.len());
        }
        for at in (0..proof.len()).step_by(97) {
            let mut wrong = proof.clone();
            wrong[at] ^= 1;
            assert_eq!(name(MachineSteps.step(&state, &wrong, &oracle)), "WrongMemoryProof", "byte {at}");
            wrong.push(0);
            assert_eq!(name(MachineSteps.step(&state, &wrong, &oracle)), "WrongMemoryProof", "byte {at}");
        }
    }
}
