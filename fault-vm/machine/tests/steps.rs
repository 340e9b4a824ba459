//! Every instruction, at its edges and on random machines: the step equals an independent model, recorded and replayed steps equal direct
//! ones, and no wrong proof is accepted.

mod model;

use gainsay_machine::{
    Hart, Instruction, Machine, MachineState, Memory, ProofError, StepProof, prove,
    testing::{Preimages, arbitrary_machine, machine_with, words},
};
use gainsay_types::testing::{Dice, cases};
use model::Model;
use std::collections::BTreeSet;

/// Numbers at which something changes: signs, halves, words, the end of the address space.
fn edges() -> Vec<u64> {
    let powers = [0, 1, 7, 8, 15, 16, 31, 32, 62, 63].map(|bit| 1_u64 << bit);
    let near = powers.into_iter().flat_map(|power| [power - 1, power, power + 1]);
    let mut edges: Vec<u64> =
        near.flat_map(|number| [number, number.wrapping_neg()]).chain([0xaaaa_aaaa_5555_5555, 0x0123_4567_89ab_cdef]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The machine and its model do one step and agree.
fn agree(machine: &mut Machine, oracle: &mut Preimages, what: &str) {
    let mut model = Model::of(machine);
    machine.step(oracle).unwrap();
    model.step(oracle).unwrap();
    assert_eq!(Model::of(machine), model, "{what}");
}

#[test]
fn every_instruction_equals_the_model_on_all_pairs_of_edges() {
    let mut dice = Dice::new(10);
    let (edges, mut oracle) = (edges(), Preimages::new());
    for pattern in words::PATTERNS {
        for (a, b) in edges.iter().flat_map(|a| edges.iter().map(move |b| (*a, *b))) {
            let fields = 3 << 7 | 1 << 15 | 2 << 20 | dice.bits() as u32 & 0xfe00_0000;
            let word = pattern.bits | fields & !pattern.mask;
            let mut machine = Machine { memory: Memory::new(), hart: Hart::new(dice.word()) };
            machine.memory.write_bytes(0x10000, &word.to_le_bytes()).unwrap();
            (machine.hart.registers[1], machine.hart.registers[2]) = (a, b);
            agree(&mut machine, &mut oracle, &format!("{:?} {word:#010x} of {a:#x} and {b:#x}", pattern.op));
        }
    }
}

#[test]
fn every_instruction_equals_the_model_with_any_registers_and_immediates() {
    for seed in 0..u64::from(cases(400)) {
        for (number, pattern) in (0..).zip(words::PATTERNS) {
            let mut dice = Dice::new(seed << 8 | number);
            let word = pattern.bits | dice.bits() as u32 & !pattern.mask;
            let (mut machine, mut oracle) = machine_with(&mut dice, word);
            agree(&mut machine, &mut oracle, &format!("{:?} {word:#010x}, seed {seed}", pattern.op));
        }
    }
}

#[test]
fn random_machines_equal_the_model() {
    for seed in 0..u64::from(cases(10_000)) {
        let (mut machine, mut oracle) = arbitrary_machine(seed);
        for _ in 0..3 {
            if Model::of(&machine).clone().step(&mut oracle).is_ok() {
                agree(&mut machine, &mut oracle, &format!("seed {seed}"));
            }
        }
    }
}

#[test]
fn a_proven_step_equals_the_direct_one() {
    for seed in 0..u64::from(cases(3_000)) {
        let (mut machine, mut oracle) = arbitrary_machine(seed);
        let proof = prove(&machine, &mut oracle).unwrap();
        assert_eq!(proof.state, machine.state(), "seed {seed}");
        machine.step(&mut oracle).unwrap();
        assert_eq!(proof.next().unwrap(), machine.state(), "seed {seed}");
        let part = proof.part.map(|part| part.0);
        assert_eq!(StepProof::decode(&proof.state.encode(), &proof.encode_memory(), part).unwrap(), proof, "seed {seed}");
        let json = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<StepProof>(&json).unwrap(), proof, "seed {seed}: {json}");
    }
}

#[test]
fn no_byte_of_a_memory_proof_can_be_another() {
    let mut dice = Dice::new(11);
    for seed in 0..u64::from(cases(6)) {
        let (machine, mut oracle) = arbitrary_machine(seed);
        let proof = prove(&machine, &mut oracle).unwrap();
        let (state, memory) = (proof.state.encode(), proof.encode_memory());
        for at in 0..memory.len() {
            let mut wrong = memory.clone();
            wrong[at] ^= 1 << dice.below(8);
            let wrong = StepProof::decode(&state, &wrong, proof.part.map(|part| part.0)).unwrap();
            assert!(matches!(wrong.next(), Err(ProofError::WrongLeaf { .. })), "byte {at}, seed {seed}");
        }
    }
}

#[test]
fn missing_and_left_over_proofs_are_refused() {
    for seed in 0..u64::from(cases(500)) {
        let (machine, mut oracle) = arbitrary_machine(seed);
        let proof = prove(&machine, &mut oracle).unwrap();

        let mut longer = proof.clone();
        longer.memory.push(machine.memory.proof(0));
        assert_eq!(longer.next(), Err(ProofError::LeafLeftOver { count: 1 }), "seed {seed}");

        let mut shorter = proof.clone();
        if shorter.memory.pop().is_some() {
            assert!(matches!(shorter.next(), Err(ProofError::MissingLeaf { .. })), "seed {seed}");
        }

        let mut other = proof.clone();
        other.part = if proof.part.is_some() { None } else { Some([0; 32].into()) };
        match other.next() {
            Err(ProofError::MissingPart { .. }) => assert!(proof.part.is_some(), "seed {seed}"),
            Err(ProofError::PartLeftOver) => assert!(proof.part.is_none(), "seed {seed}"),
            next => panic!("seed {seed}: {next:?}"),
        }
    }
}

#[test]
fn the_proof_of_another_leaf_is_refused() {
    let mut refused = 0;
    for seed in 0..u64::from(cases(300)) {
        let (machine, mut oracle) = arbitrary_machine(seed);
        let mut proof = prove(&machine, &mut oracle).unwrap();
        let touched = machine.hart.pc as u32 / 128;
        let other = touched ^ 1 << (seed % 25);
        if proof.memory.is_empty() || machine.memory.leaf(touched) == machine.memory.leaf(other) {
            continue;
        }
        // Right for its own place.
        proof.memory[0] = machine.memory.proof(other);
        assert_eq!(proof.memory[0].root(other), proof.state.memory_root, "seed {seed}");
        assert!(matches!(proof.next(), Err(ProofError::WrongLeaf { .. })), "seed {seed}");
        refused += 1;
    }
    assert!(refused > 100, "only {refused} cases had another leaf");
}

#[test]
fn a_wrong_length_is_refused_with_a_reason() {
    let (machine, mut oracle) = arbitrary_machine(1);
    let proof = prove(&machine, &mut oracle).unwrap();
    let (state, memory) = (proof.state.encode(), proof.encode_memory());
    assert_eq!(state.len(), 401);
    for length in [0, 400, 402] {
        let state: Vec<u8> = state.iter().copied().chain([0]).take(length).collect();
        assert_eq!(MachineState::decode(&state).unwrap_err().length, length);
        assert!(matches!(StepProof::decode(&state, &memory, None), Err(ProofError::State(_))));
    }
    for length in [1, 927, 929] {
        assert_eq!(StepProof::decode(&state, &vec![0; length], None), Err(ProofError::MemoryLength { length }));
    }
}

#[test]
fn every_field_of_the_state_is_in_its_hash() {
    let (machine, _) = arbitrary_machine(3);
    let state = machine.state();
    let bytes = state.encode();
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1;
        let other = MachineState::decode(&other).unwrap();
        assert_ne!(other.hash(), state.hash(), "byte {at}");
    }
}

#[test]
fn the_hash_is_that_of_the_specified_layout() {
    let (machine, _) = arbitrary_machine(4);
    let (state, encoded) = (machine.state(), machine.state().encode());
    let registers = alloy_primitives::keccak256(&encoded[128..384]);
    let layout = [&encoded[..128], registers.as_slice(), &encoded[384..]].concat();
    assert_eq!(layout.len(), 177);
    assert_eq!(state.hash(), alloy_primitives::keccak256(layout));
    assert_eq!(encoded[..32], state.memory_root[..]);
    assert_eq!(encoded[128 + 8 * 5..][..8], state.hart.registers[5].to_be_bytes());
    assert_eq!(encoded[384..392], state.hart.pc.to_be_bytes());
}

#[test]
fn random_machines_reach_every_instruction_and_every_status() {
    let (mut done, mut statuses) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..10_000 {
        let (mut machine, mut oracle) = arbitrary_machine(seed);
        let before = machine.hart.clone();
        machine.step(&mut oracle).unwrap();
        if !before.is_running() {
            continue;
        }
        statuses.insert(machine.hart.status.0);
        if machine.hart.status.0 <= 2 {
            let word = machine.memory.read_bytes(before.pc, 4).unwrap();
            done.extend(Instruction::decode(u32::from_le_bytes(word.try_into().unwrap())).map(|instruction| instruction.op as u8));
        }
    }
    assert_eq!(statuses, (0..=6).collect());
    assert_eq!(done, words::PATTERNS.iter().map(|pattern| pattern.op as u8).collect());
}

#[test]
fn random_syscalls_ask_for_parts_of_every_kind_within_and_beyond_the_preimage() {
    let mut kinds = BTreeSet::new();
    for seed in 0..6_000 {
        let (machine, mut oracle) = machine_with(&mut Dice::new(seed), words::ECALL);
        let proof = prove(&machine, &mut oracle).unwrap();
        kinds.extend(proof.part.map(|part| (machine.hart.preimage_key[0], part.is_zero())));
    }
    assert_eq!(kinds, [1, 2, 3].into_iter().flat_map(|kind| [(kind, false), (kind, true)]).collect());
}
