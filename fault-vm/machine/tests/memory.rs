//! The memory: its root is a naive Merkle tree's, any leaf is proven, and copies are independent.

use alloy_primitives::{B256, keccak256};
use gainsay_machine::{
    LeafProof, Memory, Trap,
    memory::{Aligned, HEIGHT, LEAF, PAGE, PAGES},
};
use gainsay_types::testing::{Dice, cases};
use std::collections::BTreeMap;

/// The root of a tree with these leaves, all others zero, level by level.
fn naive_root(leaves: &BTreeMap<u32, [u8; LEAF]>) -> B256 {
    let mut zero = keccak256([0; LEAF]);
    let mut level: BTreeMap<u32, B256> = leaves.iter().map(|(index, leaf)| (*index, keccak256(leaf))).collect();
    for _ in 0..HEIGHT {
        let at = |index| level.get(&index).copied().unwrap_or(zero);
        let parents = level.keys().map(|index| index / 2);
        let above = parents.map(|parent| (parent, keccak256([at(2 * parent).0, at(2 * parent + 1).0].concat()))).collect();
        zero = keccak256([zero.0, zero.0].concat());
        level = above;
    }
    level.get(&0).copied().unwrap_or(zero)
}

/// A leaf, often next to another or at an end.
fn index(dice: &mut Dice) -> u32 {
    match dice.below(4) {
        0 => dice.below(64) as u32,
        1 => (1 << HEIGHT) - 1 - dice.below(64) as u32,
        2 => 1 << dice.below(HEIGHT as u64),
        _ => dice.below(1 << HEIGHT) as u32,
    }
}

/// Random writes of all widths, in a memory and in a plain map of leaves.
fn write(memory: &mut Memory, leaves: &mut BTreeMap<u32, [u8; LEAF]>, dice: &mut Dice) {
    fn one<const N: usize>(memory: &mut Memory, leaves: &mut BTreeMap<u32, [u8; LEAF]>, dice: &mut Dice) {
        let (index, offset) = (index(dice), dice.below((LEAF / N) as u64) as usize * N);
        let bytes: [u8; N] = dice.bytes(N).try_into().unwrap();
        memory.write(Aligned::<N>::new(u64::from(index) * LEAF as u64 + offset as u64).unwrap(), bytes);
        leaves.entry(index).or_insert([0; LEAF])[offset..offset + N].copy_from_slice(&bytes);
    }
    match dice.below(5) {
        0 => one::<1>(memory, leaves, dice),
        1 => one::<2>(memory, leaves, dice),
        2 => one::<4>(memory, leaves, dice),
        3 => one::<8>(memory, leaves, dice),
        _ => one::<32>(memory, leaves, dice),
    }
}

#[test]
fn the_root_is_that_of_a_naive_tree_after_any_writes() {
    for seed in 0..u64::from(cases(40)) {
        let mut dice = Dice::new(seed);
        let (mut memory, mut leaves) = (Memory::new(), BTreeMap::new());
        assert_eq!(memory.root(), naive_root(&leaves));
        for _ in 0..20 {
            for _ in 0..dice.below(6) {
                write(&mut memory, &mut leaves, &mut dice);
            }
            assert_eq!(memory.root(), naive_root(&leaves), "seed {seed}");
        }
        for (index, leaf) in &leaves {
            assert_eq!(memory.leaf(*index), *leaf, "seed {seed}");
        }
    }
}

#[test]
fn any_leaf_is_proven_and_no_altered_proof_is() {
    for seed in 0..u64::from(cases(20)) {
        let mut dice = Dice::new(seed);
        let (mut memory, mut leaves) = (Memory::new(), BTreeMap::new());
        for _ in 0..30 {
            write(&mut memory, &mut leaves, &mut dice);
        }
        let (index, root) = (index(&mut dice), memory.root());
        let proof = memory.proof(index);
        assert_eq!(proof.leaf, memory.leaf(index));
        assert_eq!(proof.root(index), root, "seed {seed}");
        let bytes = proof.encode();
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << dice.below(8);
            assert_ne!(LeafProof::decode(&wrong.try_into().unwrap()).root(index), root, "byte {at}, seed {seed}");
        }
        for height in 0..HEIGHT {
            let elsewhere = index ^ 1 << height;
            assert!(proof.root(elsewhere) != root || memory.leaf(elsewhere) == memory.leaf(index), "height {height}, seed {seed}");
        }
    }
}

#[test]
fn a_snapshot_does_not_see_what_is_written_later() {
    for seed in 0..u64::from(cases(20)) {
        let mut dice = Dice::new(seed);
        let (mut memory, mut leaves) = (Memory::new(), BTreeMap::new());
        let mut snapshots = Vec::new();
        for _ in 0..10 {
            snapshots.push((memory.clone(), leaves.clone()));
            write(&mut memory, &mut leaves, &mut dice);
        }
        // And the other way round: writing to a snapshot leaves the memory alone.
        let root = memory.root();
        let (mut early, mut early_leaves) = snapshots[2].clone();
        write(&mut early, &mut early_leaves, &mut dice);
        assert_eq!(memory.root(), root);
        snapshots.push((early, early_leaves));
        for (snapshot, leaves) in snapshots {
            assert_eq!(snapshot.root(), naive_root(&leaves), "seed {seed}");
        }
    }
}

#[test]
fn only_pages_that_were_written_since_a_snapshot_are_unshared() {
    let mut memory = Memory::new();
    for page in [0, 1, 40, 5000, PAGES - 1] {
        memory.set_page(page, &[7; PAGE]);
    }
    let snapshot = memory.clone();
    assert_eq!(memory.unshared(&snapshot), [0_u32; 0]);
    memory.write(Aligned::<1>::new(4096).unwrap(), [1]);
    memory.set_page(5000, &[8; PAGE]);
    memory.set_page(77, &[0; PAGE]);
    assert_eq!(memory.unshared(&snapshot), [1, 77, 5000]);
    assert_eq!(snapshot.unshared(&memory), [1, 77, 5000]);
    assert_eq!(memory.unshared(&Memory::new()), [0, 1, 40, 77, 5000, PAGES - 1]);
}

#[test]
fn pages_come_back_as_they_were_set() {
    let mut memory = Memory::new();
    let bytes: [u8; PAGE] = Dice::new(1).bytes(PAGE).try_into().unwrap();
    memory.set_page(PAGES - 1, &bytes);
    assert_eq!(memory.page(PAGES - 1), Some(&bytes));
    assert_eq!(memory.page(0), None);
    assert_eq!(memory.pages(), [(PAGES - 1, &bytes)]);
    assert_eq!(memory.read_bytes((1 << 32) - 100, 100).unwrap(), bytes[PAGE - 100..]);
}

#[test]
fn zeroes_that_were_written_hash_as_those_that_were_not() {
    let mut memory = Memory::new();
    memory.set_page(3, &[0; PAGE]);
    assert_eq!(memory.root(), Memory::new().root());
    assert_eq!(memory, Memory::new());
}

#[test]
fn bytes_are_copied_across_pages_and_never_beyond_the_end() {
    let mut memory = Memory::new();
    let bytes = Dice::new(2).bytes(3 * PAGE);
    memory.write_bytes(4000, &bytes).unwrap();
    assert_eq!(memory.read_bytes(4000, bytes.len()).unwrap(), bytes);
    assert_eq!(memory.read_bytes(3990, 20).unwrap(), [&[0; 10], &bytes[..10]].concat());

    let root = memory.root();
    assert!(memory.write_bytes((1 << 32) - 8, &[1; 9]).is_err());
    assert!(memory.write_bytes(u64::MAX, &[1]).is_err());
    assert!(memory.read_bytes(1 << 32, 1).is_err());
    assert_eq!(memory.read_bytes(1 << 32, 0), Ok(Vec::new()));
    assert_eq!(memory.root(), root);
    memory.write_bytes((1 << 32) - 8, &[1; 8]).unwrap();
    assert_eq!(memory.leaf((1 << HEIGHT) - 1)[LEAF - 8..], [1; 8]);
}

#[test]
fn an_address_is_checked_for_its_range_before_its_alignment() {
    assert_eq!(Aligned::<8>::new((1 << 32) - 8).map(Aligned::address), Ok(0xffff_fff8));
    assert_eq!(Aligned::<8>::new((1 << 32) - 4), Err(Trap::Misaligned));
    assert_eq!(Aligned::<8>::new((1 << 32) + 4), Err(Trap::OutOfRange));
    assert_eq!(Aligned::<1>::new(u64::MAX), Err(Trap::OutOfRange));
    assert_eq!(Aligned::<1>::new(u64::from(u32::MAX)).map(Aligned::leaf), Ok((1 << HEIGHT) - 1));
}
