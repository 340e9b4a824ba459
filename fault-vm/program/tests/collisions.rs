//! Keys that all have one hash under the seed that hash maps would have by themselves cost no more than others.

mod world;

use alloy_primitives::{B256, U256};
use gainsay_machine::{Machine, Status};
use gainsay_types::testing::Dice;
use world::{Host, Signer, Taken, World, calldata, guest, slots_call};

/// foldhash's seed: six words.
type Seeds = [u64; 6];
/// Slots that the block reads. A map of them takes their number squared in steps if all have one hash.
const SLOTS: usize = 2_500;

/// What foldhash makes of a seed of 64 bits.
fn seeds_from(seed: u64) -> Seeds {
    let mix = |word: u64| {
        let product = u128::from(word) * 0xbe54_66cf_34e9_0c6c;
        product as u64 ^ (product >> 64) as u64
    };
    let mut word = seed;
    std::array::from_fn(|_| {
        word = mix(mix(mix(word)));
        word | 1 << 63 | 1 << 31 | 1
    })
}

fn bytes_of(seeds: Seeds) -> Vec<u8> {
    seeds.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Runs the program until its hash maps are seeded from `input`; gives the machine there, where the seed is, and the seed that was
/// there before.
fn seeded(world: &World, input: B256) -> (Machine, u64, Vec<u8>) {
    let program = guest();
    let expected = bytes_of(seeds_from(u64::from_be_bytes(*input.first_chunk().unwrap())));
    let mut machine = Machine::new(&program, input);
    let mut host = Host::new(&world.preimages);
    let start = program.text().end.next_multiple_of(8);
    let place = loop {
        machine.run_to(machine.hart.step + 500, &mut host).unwrap();
        assert!(machine.hart.step < 100_000 && machine.hart.is_running(), "the seed of the input is nowhere");
        let data = machine.memory.read_bytes(start, 1 << 20).unwrap();
        if let Some(at) = data.chunks(8).collect::<Vec<_>>().windows(6).position(|words| words.concat() == expected) {
            break start + 8 * at as u64;
        }
    };
    let mut before = Machine::new(&program, input);
    let read = |machine: &Machine| machine.memory.read_bytes(place, 48).unwrap();
    while read(&before).chunks(8).any(|word| word.iter().all(|byte| *byte == 0)) {
        before.step(&mut host).unwrap();
    }
    let own = read(&before);
    assert_ne!(own, expected);
    (machine, place, own)
}

/// A block that reads slots of which only the first word differs; `second` is their second word.
fn block(seed: u64, second: u64) -> (World, Taken) {
    let mut dice = Dice::new(seed);
    let slots: Vec<B256> = (0..SLOTS).map(|_| U256::from_limbs([dice.bits(), second, 7, 8]).into()).collect();
    let mut world = World::new();
    world.append(calldata(vec![(0, vec![slots_call(&Signer::new(0), 0, &slots)])]));
    let taken = world.step();
    let receipts = &taken.block.as_ref().unwrap().receipts;
    assert!(receipts.len() == 1 && receipts[0].status(), "all slots are read");
    (world, taken)
}

fn finish(world: &World, taken: &Taken, mut machine: Machine) -> u64 {
    machine.run_to(20_000_000_000, &mut Host::new(&world.preimages)).unwrap();
    assert_eq!((machine.hart.status, machine.hart.output), (Status::HALTED, taken.output));
    machine.hart.step
}

#[test]
fn keys_that_collide_under_the_maps_own_seed_cost_what_others_cost() {
    let (world, taken) = block(1, 0x1234_5678_9abc_def0);
    let (machine, _, own) = seeded(&world, taken.input);
    let usual = finish(&world, &taken, machine);
    let (other, other_taken) = block(2, 5);
    assert_eq!(seeded(&other, other_taken.input).2, own, "by itself the seed is the same in every run");

    // foldhash multiplies the second word, xor the first word of the seed, with what came before: zero makes all keys alike.
    let zeroing = u64::from_le_bytes(*own.first_chunk().unwrap());
    let (world, taken) = block(1, zeroing);
    let (machine, place, _) = seeded(&world, taken.input);
    let mut unseeded = machine.clone();
    unseeded.memory.write_bytes(place, &own).unwrap();
    let colliding = finish(&world, &taken, machine);
    let attacked = finish(&world, &taken, unseeded);
    eprintln!("{SLOTS} slots: {usual} steps; colliding {colliding}, and {attacked} without the seed of the input");
    assert!(attacked > 2 * usual, "the keys do not collide: {attacked} steps, others {usual}");
    assert!(colliding < usual + usual / 20, "colliding keys cost {colliding} steps, others {usual}");
}
