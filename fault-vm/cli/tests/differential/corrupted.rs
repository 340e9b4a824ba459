//! Wrong proofs have the same verdict in both, and no wrong proof of a state's memory is accepted.

use crate::{
    both::{Both, Bytes},
    seeds::seeds,
    small::{DATA, PC, Small},
    world::World,
};
use gainsay_machine::{
    Op, StepProof, prove,
    testing::words::{b, i, jal, r, s, u},
};
use gainsay_types::testing::{Dice, cases};

/// Bytes of the proof of one access.
const ACCESS: usize = 928;

/// A step of every class, in a memory whose leaves differ.
fn steps() -> Vec<(&'static str, Small)> {
    let load = |op| Small::new(i(op, 5, 6, 8)).with(6, DATA);
    let mut steps = vec![
        ("arithmetic", Small::new(r(Op::Add, 5, 6, 7)).with(6, 1)),
        ("arithmetic on words", Small::new(r(Op::Subw, 5, 6, 7)).with(6, 1)),
        ("division", Small::new(r(Op::Divu, 5, 6, 7)).with(6, 1)),
        ("upper immediate", Small::new(u(Op::Auipc, 5, 0x80000))),
        ("branch", Small::new(b(Op::Bne, 5, 6, -64)).with(6, 1)),
        ("jump", Small::new(jal(1, 2048))),
        ("jump to a register", Small::new(i(Op::Jalr, 1, 6, 4)).with(6, DATA)),
        ("load", load(Op::Ld)),
        ("load of a byte", load(Op::Lb)),
        ("store", Small::new(s(Op::Sd, 6, 7, 8)).with(6, DATA).with(7, 1 << 40)),
        ("store of a byte", Small::new(s(Op::Sb, 6, 7, 9)).with(6, DATA).with(7, 3)),
        ("store into the instruction's own leaf", Small::new(s(Op::Sw, 6, 7, 12)).with(6, PC).with(7, 3)),
        ("fence", Small::new(0x0ff0_000f)),
        ("illegal instruction", Small::new(u32::MAX)),
        ("misaligned load", load(Op::Ld).with(6, DATA + 1)),
        ("store out of range", Small::new(s(Op::Sd, 6, 7, 0)).with(6, 1 << 32)),
        ("fetch out of range", Small::new(0).at(1 << 32)),
        ("misaligned fetch", Small::new(0).at(PC + 2)),
        ("a machine that has halted", Small::new(0).status(1)),
        ("a status that is none", Small::new(0).status(255)),
        ("HALT", Small::syscall(1, DATA, 0)),
        ("INPUT", Small::syscall(2, DATA + 32, 0)),
        ("KEY", Small::syscall(3, DATA + 64, 0)),
        ("LOG", Small::syscall(5, DATA, 8)),
        ("unknown syscall", Small::syscall(6, DATA, 8)),
        ("misaligned syscall", Small::syscall(1, DATA + 8, 8)),
        ("PREIMAGE of an unknown type", Small::syscall(4, DATA, 1)),
    ];
    let mut preimage = Small::syscall(4, DATA + 96, 1);
    let key = preimage.oracle.insert_data(b"a preimage of some forty bytes, of two parts");
    steps.push(("PREIMAGE", preimage.key(key)));
    let mut dice = Dice::new(20);
    let fill = |step: Small| step.write(DATA, &dice.bytes(128)).write(PC + 4, &dice.bytes(1000)).write(DATA + 128, &dice.bytes(8000));
    let (names, steps): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
    names.into_iter().zip(steps.into_iter().map(fill)).collect()
}

fn proof_of(step: &mut Small) -> StepProof {
    prove(&step.machine, &mut step.oracle).unwrap()
}

#[test]
fn a_memory_proof_with_any_other_byte_is_refused_by_both() {
    let (mut both, mut dice) = (Both::new(), Dice::new(21));
    for (name, mut step) in steps() {
        let right = Bytes::from(&proof_of(&mut step));
        assert!(both.verdict(&right, &name).is_some(), "{name}: the right proof");
        for at in 0..right.memory.len() {
            let mut wrong = right.clone();
            wrong.memory[at] ^= 1 << dice.below(8);
            both.both_refuse(&wrong, &format!("{name}: byte {at} of the memory proof"));
        }
    }
}

#[test]
fn a_state_with_any_other_byte_has_another_hash_and_the_same_verdict_in_both() {
    let (mut both, mut dice) = (Both::new(), Dice::new(22));
    for (name, mut step) in steps() {
        let right = Bytes::from(&proof_of(&mut step));
        let hash = both.hash(&right.state, &name);
        for at in 0..right.state.len() {
            let case = format!("{name}: byte {at} of the state");
            let mut wrong = right.clone();
            wrong.state[at] ^= 1 << dice.below(8);
            assert_ne!(both.hash(&wrong.state, &case), hash, "{case}");
            let next = both.verdict(&wrong, &case);
            if at < 32 && !right.memory.is_empty() {
                assert_eq!(next, None, "{case}: the memory is not that of the root");
            }
        }
    }
}

#[test]
fn a_part_with_any_other_byte_leads_to_another_state_in_both() {
    let mut both = Both::new();
    let (name, mut step) = steps().pop().unwrap();
    let right = Bytes::from(&proof_of(&mut step));
    let next = both.verdict(&right, &name);
    for at in 0..32 {
        let mut wrong = right.clone();
        wrong.part.as_mut().unwrap()[at] ^= 1;
        let other = both.verdict(&wrong, &name);
        assert!(other.is_some() && other != next, "{name}: byte {at} of the part");
    }
}

#[test]
fn missing_left_over_and_swapped_bytes_are_refused_by_both() {
    let mut both = Both::new();
    for (name, mut step) in steps() {
        let right = Bytes::from(&proof_of(&mut step));
        let spare = step.machine.memory.proof(0).encode();
        let with = |memory: Vec<u8>| Bytes { memory, ..right.clone() };
        let mut wrong = vec![with([&right.memory[..], &spare].concat()), with([&right.memory[..], &[0]].concat())];
        wrong.extend([1, 31, 32, 800, 927].map(|more| with([&right.memory[..], &vec![0; more]].concat())));
        wrong.extend(
            [1, 32, 800, 927, 928, 929, 1856]
                .into_iter()
                .filter_map(|less| Some(with(right.memory[..right.memory.len().checked_sub(less)?].to_vec()))),
        );
        if !right.memory.is_empty() {
            wrong.push(with(right.memory[1..].to_vec()));
            wrong.push(with([&right.memory[..], &right.memory[..ACCESS]].concat()));
            wrong.push(with([&right.memory[..ACCESS], &right.memory].concat()));
        }
        if right.memory.len() == 2 * ACCESS {
            wrong.push(with([&right.memory[ACCESS..], &right.memory[..ACCESS]].concat()));
            wrong.push(with(right.memory[..ACCESS].repeat(2)));
            wrong.push(with(right.memory[ACCESS..].repeat(2)));
        }
        wrong.push(Bytes { part: if right.part.is_some() { None } else { Some([0; 32]) }, ..right.clone() });
        wrong.push(Bytes { part: if right.part.is_some() { None } else { Some([7; 32]) }, ..right.clone() });
        for length in [0, 1, 128, 400, 402, 802] {
            let state = right.state.iter().copied().cycle().take(length).collect();
            wrong.push(Bytes { state, ..right.clone() });
        }
        for (number, wrong) in wrong.into_iter().enumerate() {
            // A store into the instruction's own leaf touches this leaf twice.
            if wrong != right {
                both.both_refuse(&wrong, &format!("{name}: change {number}"));
            }
        }
    }
}

/// The part of a length that Rust's type cannot have.
#[test]
fn a_part_of_another_length_is_refused_by_solidity() {
    let mut both = Both::new();
    for (name, mut step) in steps() {
        let right = Bytes::from(&proof_of(&mut step));
        for length in [1, 31, 33, 64, 65] {
            let answer = both.solidity.next_state_of(right.state.clone().into(), right.memory.clone().into(), vec![0; length].into());
            let refused = answer.expect_err(name);
            assert!(refused.to_string().contains("WrongPartLength"), "{name}: {refused}");
        }
    }
}

#[test]
fn the_proof_of_a_right_leaf_at_another_place_is_refused_by_both() {
    let mut both = Both::new();
    for (name, mut step) in steps() {
        let proof = proof_of(&mut step);
        for access in 0..proof.memory.len() {
            let address = if access == 0 || name.contains("own leaf") { PC } else { DATA };
            let index = (address / 128) as u32;
            for bit in 0..25 {
                let mut wrong = proof.clone();
                wrong.memory[access] = step.machine.memory.proof(index ^ 1 << bit);
                both.both_refuse(&Bytes::from(&wrong), &format!("{name}: access {access}, the leaf {} away", 1 << bit));
                // The right leaf with the other's siblings.
                wrong.memory[access].leaf = proof.memory[access].leaf;
                both.both_refuse(&Bytes::from(&wrong), &format!("{name}: access {access}, the siblings {} away", 1 << bit));
            }
        }
    }
}

/// Random changes of random steps: the same verdict; and the state's own proof is the only one that is accepted.
#[test]
fn randomly_changed_proofs_have_the_same_verdict_in_both() {
    let mut both = Both::new();
    let (mut accepted, mut refused) = (0, 0);
    for seed in seeds("randomly_changed_proofs_have_the_same_verdict_in_both", cases(8)) {
        let mut world = World::new(seed);
        let mut before = None;
        for number in 0..512 {
            let case = format!("GAINSAY_SEED={seed}, machine {number}");
            let proof = prove(&world.machine(), &mut world.oracle).unwrap();
            let right = Bytes::from(&proof);
            let mut wrong = right.clone();
            change(&mut wrong, before.as_ref().unwrap_or(&right), &mut world.dice);
            let verdict = both.verdict(&wrong, &case);
            *(if verdict.is_some() { &mut accepted } else { &mut refused }) += 1;
            if wrong.state == right.state && (wrong.memory != right.memory || wrong.part.is_some() != right.part.is_some()) {
                assert_eq!(verdict, None, "{case}: another proof of the same step");
            }
            before = Some(right);
        }
    }
    assert!(accepted >= 100 && refused >= 100, "{accepted} accepted, {refused} refused");
}

/// Changes something in a proof, perhaps to what another one has.
fn change(bytes: &mut Bytes, other: &Bytes, dice: &mut Dice) {
    let memory = bytes.memory.len() as u64;
    match dice.below(12) {
        0 => bytes.state.clone_from(&other.state),
        1 => bytes.memory.clone_from(&other.memory),
        2 => bytes.part = if bytes.part.is_some() { None } else { Some(dice.word().0) },
        3 => bytes.memory.truncate(dice.below(memory + 1) as usize),
        4 => bytes.memory.extend(dice.bytes(1)),
        5 => bytes.memory.extend_from_slice(&other.memory),
        6 => bytes.memory.rotate_left(if memory == 0 { 0 } else { dice.below(memory) as usize }),
        7 if memory > 0 => bytes.memory[dice.below(memory) as usize] ^= 1 << dice.below(8),
        8 if bytes.part.is_some() => bytes.part = Some(dice.word().0),
        // Registers, pc, step and status: another state, of which the proof may be one as well.
        9 => bytes.state[400] = dice.below(8) as u8,
        10 => bytes.state[384 + dice.below(8) as usize] ^= 1 << dice.below(8),
        _ => bytes.state[dice.below(401) as usize] ^= 1 << dice.below(8),
    }
}
