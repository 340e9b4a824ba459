//! Random machines do the same step in both.

use crate::{both::Both, seeds::seeds, world::World};
use alloy::primitives::B256;
use gainsay_machine::{Instruction, KeyType, Machine, Op, StepProof, testing::words::PATTERNS};
use gainsay_trace::Preimage;
use gainsay_types::testing::cases;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// Machines of a world.
const MACHINES: u32 = 512;

#[test]
fn every_random_step_is_the_same_in_both() {
    let mut both = Both::new();
    let mut seen = Seen::default();
    let (start, mut steps) = (Instant::now(), 0_u64);
    for seed in seeds("every_random_step_is_the_same_in_both", cases(64)) {
        let mut world = World::new(seed);
        for number in 0..MACHINES {
            let case = format!("GAINSAY_SEED={seed}, machine {number}");
            let mut machine = world.machine();
            let before = machine.clone();
            let whole = number % 16 == 0;
            let step = if whole { Both::step } else { Both::step_hashed };
            let proof = step(&mut both, &mut machine, &mut world.oracle, &case);
            seen.add(&before, &machine, &proof);
            steps += 1;
            if !machine.hart.is_running() {
                stays(&mut both, &mut machine, &mut world, &case);
                steps += 1;
            }
        }
    }
    eprintln!("{steps} steps, {:.0} a second", steps as f64 / start.elapsed().as_secs_f64());
    seen.is_everything();
}

/// A machine that ended or trapped has a next state that can be proved: itself.
fn stays(both: &mut Both, machine: &mut Machine, world: &mut World, case: &str) {
    let before = machine.clone();
    let proof = both.step_hashed(machine, &mut world.oracle, &case);
    assert_eq!((&*machine, proof.memory.len(), proof.part), (&before, 0, None), "{case}: it goes on");
}

/// What the random steps came by, lest they agree on nothing but traps.
#[derive(Default)]
struct Seen {
    executed: BTreeMap<Op, u32>,
    syscalls: BTreeSet<u64>,
    ends: BTreeSet<u8>,
    parts: BTreeSet<Option<u8>>,
}

impl Seen {
    fn add(&mut self, before: &Machine, after: &Machine, proof: &StepProof) {
        if !before.hart.is_running() {
            return;
        }
        self.ends.insert(after.hart.status.0);
        let Some(fetched) = proof.memory.first() else { return };
        let place = before.hart.pc as usize % 128;
        let word = u32::from_le_bytes(fetched.leaf[place..place + 4].try_into().unwrap());
        let Some(Instruction { op, .. }) = Instruction::decode(word).filter(|_| after.hart.status.0 < 3) else { return };
        *self.executed.entry(op).or_default() += 1;
        if op == Op::Ecall {
            self.syscalls.insert(before.hart.registers[17]);
            if before.hart.registers[17] == 4 {
                self.parts.insert(KeyType::of(&before.hart.preimage_key).map(|kind| kind as u8));
            }
        }
    }

    fn is_everything(&self) {
        for pattern in PATTERNS {
            let times = self.executed.get(&pattern.op).copied().unwrap_or_default();
            assert!(times >= 10, "{:?} was executed {times} times only", pattern.op);
        }
        assert_eq!(self.syscalls, (1..=5).collect());
        assert_eq!(self.ends, (0..=6).collect());
        assert_eq!(self.parts, [None, Some(1), Some(2), Some(3)].into());
    }
}

/// Parts that are loaded in the oracle on L1 make the steps that ask for them provable to the entry that L1 calls; without, it refuses.
#[test]
fn random_steps_with_parts_from_the_oracle_are_the_same_in_both() {
    let mut both = Both::new();
    let (mut loaded, mut missing) = (0, 0);
    // Of all worlds: the oracle keeps what an earlier one loaded, and short data comes again.
    let mut keys = BTreeSet::new();
    for seed in seeds("random_steps_with_parts_from_the_oracle_are_the_same_in_both", cases(16)) {
        let mut world = World::new(seed);
        keys.extend(world.data.iter().skip(1).map(|preimage| load_whole(&mut both, preimage)));
        for number in 0..MACHINES {
            let case = format!("GAINSAY_SEED={seed}, machine {number}");
            let mut machine = world.machine();
            let proof = gainsay_machine::prove(&machine, &mut world.oracle).unwrap();
            machine.step(&mut world.oracle).unwrap();
            let key = proof.state.hart.preimage_key;
            // A blob's length, and what is beyond its end, need no loading.
            let beyond = key[0] == 2 && !(1..=4096).contains(&proof.state.hart.registers[11]);
            if proof.part.is_none() || keys.contains(&key) || beyond {
                both.same_hash(&proof, &machine.state(), &case);
                loaded += u32::from(proof.part.is_some());
            } else {
                let refused = both.solidity.step(&proof).expect_err("a part that is not loaded");
                assert!(refused.to_string().contains("PartNotLoaded"), "{case}: {refused}");
                missing += 1;
            }
        }
    }
    assert!(loaded >= 100 && missing >= 100, "{loaded} with a loaded part, {missing} without");
}

fn load_whole(both: &mut Both, preimage: &Preimage) -> B256 {
    let Preimage::Keccak { data } = preimage else { panic!("{preimage:?} is no data") };
    for index in 0..=data.len().div_ceil(32) as u64 {
        both.solidity.load(preimage, index).unwrap();
    }
    gainsay_machine::keccak_key(alloy::primitives::keccak256(data))
}
