//! The oracle of both: every part of every kind of preimage, loaded on L1, is the part that Rust's runner answers with.

use crate::{
    both::Both,
    seeds::seeds,
    small::{DATA, Small},
};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_fault_vm::verifier::VerifierError;
use gainsay_machine::{MAX_DATA, blob_key, keccak_key, part_of};
use gainsay_trace::{ACCELERATED, PrecompileCall, Preimage, blob};
use gainsay_types::testing::{Dice, cases};

/// Indices beyond the end of everything, and those that only narrowing would put inside.
const BEYOND: [u64; 6] = [4097, 1 << 16, 1 << 32, (1 << 32) + 1, 1 << 63, u64::MAX];

/// Loads every part, and compares all of them, and those beyond the end.
#[track_caller]
fn same_parts(both: &mut Both, preimage: &Preimage, key: B256, bytes: &[u8]) {
    let parts = bytes.len().div_ceil(32) as u64;
    for index in 0..=parts {
        both.solidity.load(preimage, index).unwrap();
    }
    for index in (0..parts + 3).chain(BEYOND) {
        assert_eq!(both.solidity.part(key, index).unwrap(), part_of(bytes, index), "part {index} of {key}, {} bytes", bytes.len());
    }
}

/// A PREIMAGE step with a part that the contract has: the entry that L1 calls agrees, and the bytes stand in memory.
#[track_caller]
fn step_reads(both: &mut Both, key: B256, index: u64, part: [u8; 32]) {
    let mut small = Small::syscall(4, DATA, index).key(key).write(DATA, &[0xff; 128]);
    let mut proof = gainsay_machine::prove(&small.machine, &mut Answer(part)).unwrap();
    small.machine.step(&mut Answer(part)).unwrap();
    assert_eq!(small.read(DATA, 32), part);
    both.same_hash(&proof, &small.machine.state(), &format!("part {index} of {key}"));
    // What the caller says about the part is not heard.
    proof.part = Some([0xee; 32].into());
    both.same_hash(&proof, &small.machine.state(), &format!("part {index} of {key}"));
}

/// Answers whatever it is asked.
struct Answer([u8; 32]);

impl gainsay_machine::Oracle for Answer {
    type Error = std::convert::Infallible;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; 32], Self::Error> {
        Ok(self.0)
    }
}

#[test]
fn parts_of_data_are_the_same_in_both_at_every_length_and_beyond_the_end() {
    let (mut both, mut dice) = (Both::new(), Dice::new(30));
    for length in [0, 1, 2, 31, 32, 33, 63, 64, 65, 255, 256, 257] {
        let data = dice.bytes(length);
        let key = keccak_key(keccak256(&data));
        same_parts(&mut both, &Preimage::Keccak { data: data.clone().into() }, key, &data);
        for index in [0, 1, 2, 8, 9].into_iter().chain(BEYOND) {
            step_reads(&mut both, key, index, part_of(&data, index));
        }
    }
}

#[test]
fn data_of_nothing_but_zeroes_is_known_once_it_is_loaded() {
    let mut both = Both::new();
    let data = vec![0; 100];
    let key = keccak_key(keccak256(&data));
    assert!(both.solidity.part(key, 0).is_err());
    both.solidity.load(&Preimage::Keccak { data: data.clone().into() }, 0).unwrap();
    assert!(both.solidity.part(key, 1).is_err(), "inside, zero, and not loaded");
    same_parts(&mut both, &Preimage::Keccak { data: data.clone().into() }, key, &data);
}

#[test]
fn the_longest_data_is_loaded_and_longer_data_is_refused() {
    let (mut both, mut dice) = (Both::new(), Dice::new(31));
    let data = dice.bytes(MAX_DATA);
    let key = keccak_key(keccak256(&data));
    for index in [0, 1, 4095, 4096] {
        both.solidity.load(&Preimage::Keccak { data: data.clone().into() }, index).unwrap();
        assert_eq!(both.solidity.part(key, index).unwrap(), part_of(&data, index));
    }
    for index in BEYOND {
        assert_eq!(both.solidity.part(key, index).unwrap(), part_of(&data, index));
    }
    refused(both.solidity.load(&Preimage::Keccak { data: [&data[..], &[0]].concat().into() }, 0), "PreimageTooLarge");
}

#[test]
fn a_step_whose_part_is_not_loaded_is_refused_until_it_is() {
    let mut both = Both::new();
    let data = b"of two parts, since it has more bytes than one part has";
    let (key, preimage) = (keccak_key(keccak256(data)), Preimage::Keccak { data: data.into() });
    let small = Small::syscall(4, DATA, 2).key(key);
    let proof = gainsay_machine::prove(&small.machine, &mut Answer(part_of(data, 2))).unwrap();
    refused(both.solidity.step(&proof).map(drop), "PartNotLoaded");
    both.solidity.load(&preimage, 1).unwrap();
    refused(both.solidity.step(&proof).map(drop), "PartNotLoaded");
    both.solidity.load(&preimage, 2).unwrap();
    step_reads(&mut both, key, 2, part_of(data, 2));
}

#[test]
fn keys_of_unknown_types_have_zero_parts_in_both_without_loading() {
    let mut both = Both::new();
    for kind in (0..=255).filter(|kind| !(1..=3).contains(kind)) {
        let mut key = B256::repeat_byte(0x55);
        key.0[0] = kind;
        for index in [0, 1, u64::MAX] {
            assert_eq!(both.solidity.part(key, index).unwrap(), B256::ZERO);
            let small = Small::syscall(4, DATA + 32, index).key(key).write(DATA, &[0xff; 128]).step(&mut both);
            assert_eq!(small.read(DATA, 128), [[0xff; 32], [0; 32], [0xff; 32], [0xff; 32]].concat(), "type {kind}");
        }
    }
}

#[test]
fn parts_of_a_blob_are_the_same_in_both() {
    let mut both = Both::new();
    let mut dice = Dice::new(32);
    let mut bytes: Vec<u8> = (0..4096).flat_map(|_| [vec![0], dice.bytes(31)].concat()).collect();
    // Zero parts are kept as bits: one of a low number, one of a high.
    bytes[32..64].fill(0);
    bytes[32 * 455..32 * 456].fill(0);
    let versioned_hash = blob::versioned_hash(&bytes).unwrap();
    let (key, preimage) = (blob_key(versioned_hash), Preimage::Blob { versioned_hash, blob: bytes.clone().into() });
    for index in [1, 2, 3, 456, 2049, 4096] {
        refused(both.solidity.part(key, index).map(drop), "PartNotLoaded");
        both.solidity.load(&preimage, index).unwrap();
    }
    for index in [0, 1, 2, 3, 456, 2049, 4096].into_iter().chain(BEYOND) {
        assert_eq!(both.solidity.part(key, index).unwrap(), part_of(&bytes, index), "part {index}");
        step_reads(&mut both, key, index, part_of(&bytes, index));
    }
}

/// A call and its key, loaded and compared with what Rust's runner answers.
#[track_caller]
fn same_call(both: &mut Both, address: Address, required_gas: u64, input: Vec<u8>) -> Vec<u8> {
    let call = PrecompileCall { address, required_gas, input: input.into() };
    let (key, bytes) = (call.key(), call.run());
    same_parts(both, &Preimage::Precompile { call }, key, &bytes);
    bytes.to_vec()
}

#[test]
fn results_of_precompiles_are_the_same_in_both_for_any_input_and_gas() {
    let mut both = Both::new();
    for seed in seeds("results_of_precompiles_are_the_same_in_both_for_any_input_and_gas", cases(40)) {
        let mut dice = Dice::new(seed);
        for address in ACCELERATED {
            let length = [0, 1, 32, 64, 96, 128, 160, 192, 256, 288, 384, 512, dice.below(700)][dice.below(13) as usize];
            // Small numbers are more often points, lengths and signatures than random ones.
            let mut input = if dice.below(2) == 0 { dice.bytes(length as usize) } else { vec![0; length as usize] };
            for word in input.chunks_mut(32) {
                if dice.below(4) != 0 {
                    word.fill(0);
                    *word.last_mut().unwrap() = dice.below(65) as u8;
                }
            }
            let gas = [0, 1, dice.below(10_000), 100_000][dice.below(4) as usize];
            eprint_on_panic(seed, || same_call(&mut both, address, gas, input.clone()));
        }
    }
}

/// Names the seed when what it does panics.
fn eprint_on_panic<R>(seed: u64, run: impl FnOnce() -> R) -> R {
    struct Name(u64);
    impl Drop for Name {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("GAINSAY_SEED={} repeats this", self.0);
            }
        }
    }
    let _name = Name(seed);
    run()
}

/// ecrecover costs 3,000: with four times 750 it succeeds, with four times 749 it fails, and those are two keys.
#[test]
fn a_precompile_whose_required_gas_is_too_little_fails_in_both_and_never_for_want_of_the_callers_gas() {
    let mut both = Both::new();
    let ecrecover = Address::with_last_byte(1);
    assert_eq!(same_call(&mut both, ecrecover, 750, vec![0; 128]), [1]);
    assert_eq!(same_call(&mut both, ecrecover, 749, vec![0; 128]), [0]);
    assert_eq!(same_call(&mut both, ecrecover, 0, vec![0; 128]), [0]);
    for required_gas in [8_000_000, 1 << 61, 1 << 62, 1 << 63, u64::MAX] {
        let call = PrecompileCall { address: ecrecover, required_gas, input: vec![0; 128].into() };
        let key = call.key();
        refused(both.solidity.load(&Preimage::Precompile { call }, 0), "TooLittleGas");
        refused(both.solidity.part(key, 0).map(drop), "PartNotLoaded");
    }
}

#[test]
fn precompiles_that_are_not_accelerated_are_refused() {
    let mut both = Both::new();
    for number in (0..0x20).chain([0x101, 0x200]) {
        let address = Address::from_word(U256::from(number).into());
        if !ACCELERATED.contains(&address) {
            let call = PrecompileCall { address, required_gas: 1000, input: vec![1].into() };
            refused(both.solidity.load(&Preimage::Precompile { call }, 0), "NotAccelerated");
        }
    }
}

#[track_caller]
fn refused(answer: Result<(), VerifierError>, reason: &str) {
    match answer {
        Err(VerifierError::Refused { reason: given, .. }) => assert!(given.contains(reason), "{given}, not {reason}"),
        answer => panic!("{answer:?}, not {reason}"),
    }
}
