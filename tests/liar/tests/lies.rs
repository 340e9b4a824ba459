#![allow(missing_docs)]

//! Lies about a real chain with real runs of the guest: true before they begin, consistent after, and false in the end.

#[path = "../../../sequencer/chain/tests/support/mod.rs"]
mod support;

use alloy_primitives::B256;
use gainsay_chain::Chain;
use gainsay_game::{
    assertions::Assertion,
    stretch::{RUN_STEPS, Stretch},
    truth::{Truth, opening_hash, run_says},
};
use gainsay_liar::{
    divergence::{Deed, Divergence},
    elsewhere::Elsewhere,
    lie::{Kind, Lie, Place},
    script::{Aim, Script},
    story::{Chronicle, Story},
    truth::{LieError, LyingTruth},
};
use gainsay_machine::{Instruction, Op};
use gainsay_play::truth::{StoreTruth, TraceLimits, Traces};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State, batch::BatchBlock, inputs_hash};
use std::sync::{Arc, LazyLock};
use support::{L1, Posted, call_contract, deposit, derive_all, follow, open, transfer, user_address};
use tokio_util::sync::CancellationToken;

const KINDS: [Kind; 7] = [Kind::Root, Kind::MoreBlocks, Kind::HugeBlocks, Kind::FewerBlocks, Kind::Cursor, Kind::Deposits, Kind::Behind];

/// One for all tests: the same runs are asked for again and again.
static TRACES: LazyLock<Arc<Traces>> = LazyLock::new(|| Arc::new(Traces::new(TraceLimits::default()).unwrap()));

/// Three batches: two blocks, a void one, and one block with a deposit.
fn chain(directory: &tempfile::TempDir) -> Chain {
    let (mut chain, mut l1) = (open(directory.path(), false), L1::with_real_blobs());
    let block = |deposits, transactions| BatchBlock { delay_ms: 0, deposits, transactions };
    let first = vec![transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 9)];
    l1.post(vec![block(0, first), block(0, vec![call_contract(1, 1, 2, 8)])], 0, Posted::Calldata);
    l1.post_bytes(b"this is no payload", 0, Posted::Calldata);
    l1.mine(vec![deposit(0, 5)]);
    l1.post(vec![block(1, vec![transfer(2, 0, user_address(9), 3)])], 1, Posted::Calldata);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    assert_eq!(chain.heads().batches, 3);
    chain
}

/// The first assertion, whose children claim up to batch `target`.
fn fork(chain: &Chain, target: u64) -> Assertion {
    let end = chain.store().step(0).unwrap().unwrap();
    let inputs_hash = inputs_hash(target, chain.store().batch_acc(target).unwrap());
    let (id, parent) = (B256::repeat_byte(1), B256::ZERO);
    Assertion { id, parent, end, target, inputs_hash, l1_number: 1, l1_time: 1, confirmed_in: None }
}

fn honest(chain: &Chain) -> StoreTruth {
    StoreTruth::new(chain.store().clone(), Arc::new(chain.config().clone()), TRACES.clone(), CancellationToken::new())
}

fn chronicle(chain: &Chain) -> Chronicle {
    let (config, genesis) = support::network();
    let elsewhere = Elsewhere::new(config, genesis, support::options(std::path::Path::new(""), false).l1_chain_id);
    Chronicle { store: chain.store().clone(), elsewhere: Some(Arc::new(elsewhere)) }
}

fn liar(chain: &Chain, fork: &Assertion, lie: Lie, divergence: Divergence) -> LyingTruth {
    let aim = Aim::default();
    aim.take(Some(fork.clone()));
    LyingTruth::new(honest(chain), Script::new(lie, divergence, aim, chronicle(chain)), None)
}

fn states(truth: &mut impl Truth, fork: &Assertion, steps: u64) -> Vec<State> {
    (0..=steps).map(|step| truth.state(fork, step).unwrap()).collect()
}

#[test]
fn every_kind_of_lie_is_true_before_it_begins_and_false_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 3);
    let steps = chain.heads().steps;
    let truth = states(&mut honest(&chain), &fork, steps + 2);
    for kind in KINDS {
        for place in [Place::First, Place::Last, Place::Random, Place::Idle, Place::Step(1)] {
            let lie = Lie { kind, place, seed: 5 };
            let Some(story) = Story::below(&chronicle(&chain), &fork.end, fork.target, lie).unwrap() else {
                assert!(kind == Kind::Behind && place == Place::Idle, "{lie:?} says nothing");
                continue;
            };
            let begins = story.begins() as usize;
            assert_eq!(Some(story.begins()), place.resolve(steps, 5));
            let mut liar = liar(&chain, &fork, lie, Divergence::First);
            let told = states(&mut liar, &fork, steps + 2);
            assert_eq!(told[..=begins], truth[..=begins], "{lie:?}");
            assert_ne!(told[begins + 1], truth[begins + 1], "{lie:?}");
            let claim = liar.state(&fork, BLOCK_STEPS_PER_ASSERTION).unwrap();
            assert_eq!(claim, story.end().unwrap());
            assert_ne!(claim, truth[truth.len() - 1], "{lie:?}");
            // What L1 checks of a claim.
            assert!(claim.batch_index <= fork.target && claim.l2_block_number >= fork.end.l2_block_number, "{lie:?}");
            let asked = [0, 1, steps, BLOCK_STEPS_PER_ASSERTION];
            let hashes = asked.map(|step| story.state(step).unwrap().hash());
            assert_eq!(liar.block_hashes(&fork, &asked).unwrap(), hashes, "{lie:?}");
        }
    }
}

#[test]
fn a_chain_without_one_batch_is_a_real_one_that_is_another_from_that_batch_on() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 3);
    let story = |place| {
        let lie = Lie { kind: Kind::Skip, place, seed: 1 };
        Story::below(&chronicle(&chain), &fork.end, fork.target, lie).unwrap()
    };
    // Both block steps of the first batch lead to the same other chain, and the void batch to no other one.
    let (first, second) = (story(Place::First).unwrap(), story(Place::Step(1)).unwrap());
    assert_eq!((first.begins(), second.begins()), (0, 0));
    assert!(story(Place::Step(2)).is_none());
    assert!(story(Place::Idle).is_none());
    let end = first.end().unwrap();
    assert_eq!(end, second.end().unwrap());
    let truth = first.truth(BLOCK_STEPS_PER_ASSERTION).unwrap();
    assert!(end != truth && end.batch_index == 3 && end.l2_block_number < truth.l2_block_number);
    // Its last batch is the true one: its deposit is consumed, on another parent.
    assert_eq!(end.deposit_index, truth.deposit_index);
    assert_ne!(end.output_root, fork.end.output_root);
    let last = story(Place::Last).unwrap();
    assert_eq!(last.state(last.begins()).unwrap(), last.truth(last.begins()).unwrap());
    assert_ne!(last.state(last.begins() + 1).unwrap(), last.truth(last.begins() + 1).unwrap());
    let lie = Lie { kind: Kind::Skip, place: Place::First, seed: 1 };
    let mut liar = liar(&chain, &fork, lie, Divergence::Random);
    let at = turn(&mut honest(&chain), &mut liar, &fork, 0);
    assert_ne!(honest(&chain).proof(&fork, 0, at).unwrap().next().unwrap().hash(), liar.run_hashes(&fork, 0, &[at + 1]).unwrap()[0]);
}

#[test]
fn each_seed_tells_another_lie_and_the_same_seed_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 3);
    let claim = |seed| {
        let lie = Lie { kind: Kind::Root, place: Place::Random, seed };
        Story::below(&chronicle(&chain), &fork.end, fork.target, lie).unwrap().unwrap().end().unwrap()
    };
    assert_eq!(claim(1), claim(1));
    let claims: std::collections::BTreeSet<B256> = (0..20).map(|seed| claim(seed).hash()).collect();
    assert_eq!(claims.len(), 20);
}

#[test]
fn a_lie_with_nothing_to_be_about_and_a_chain_that_is_not_derived_give_no_story() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let lie = |kind, place| Lie { kind, place, seed: 1 };
    let story = |fork: &Assertion, lie| Story::below(&chronicle(&chain), &fork.end, fork.target, lie).unwrap().is_some();
    let nothing = Assertion { target: 0, ..fork(&chain, 3) };
    assert!(!story(&nothing, lie(Kind::Root, Place::First)));
    assert!(!story(&nothing, lie(Kind::Root, Place::Last)));
    assert!(story(&nothing, lie(Kind::Root, Place::Idle)));
    assert!(!story(&nothing, lie(Kind::FewerBlocks, Place::Idle)));
    let beyond = Assertion { target: 4, ..fork(&chain, 3) };
    assert!(!story(&beyond, lie(Kind::Root, Place::Last)));
    assert!(!story(&fork(&chain, 3), lie(Kind::Root, Place::Step(BLOCK_STEPS_PER_ASSERTION))));
}

#[test]
fn elsewhere_than_below_its_fork_a_liar_tells_the_truth() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let (fork, other) = (fork(&chain, 3), fork(&chain, 1));
    let lie = Lie { kind: Kind::Root, place: Place::First, seed: 1 };
    let mut liar = liar(&chain, &fork, lie, Divergence::First);
    assert_eq!(states(&mut liar, &other, 4), states(&mut honest(&chain), &other, 4));
    let same_place = Assertion { id: B256::repeat_byte(7), ..fork.clone() };
    assert_eq!(states(&mut liar, &same_place, 4), states(&mut honest(&chain), &fork, 4));
}

#[test]
fn a_run_is_true_up_to_its_turn_and_then_leads_to_the_claim() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 3);
    let mut honest = honest(&chain);
    let length = honest.run_end(&fork, 1).unwrap().step;
    let turns = [
        (Divergence::First, 0..1),
        (Divergence::Last, length - 1..length),
        (Divergence::Random, 0..length),
        (Divergence::Halted, length..length + 1),
        (Divergence::End, RUN_STEPS - 1..RUN_STEPS),
        (Divergence::Step(77), 77..78),
    ];
    for (divergence, expected) in turns {
        let lie = Lie { kind: Kind::Root, place: Place::Step(1), seed: 3 };
        let mut liar = liar(&chain, &fork, lie, divergence);
        let end = liar.run_end(&fork, 1).unwrap();
        assert_eq!(run_says(&liar.state(&fork, 1).unwrap(), &end), liar.state(&fork, 2).unwrap().hash());
        let at = turn(&mut honest, &mut liar, &fork, 1);
        assert!(expected.contains(&at), "{divergence:?} turns at {at}");
        let asked = [0, at, at + 1, RUN_STEPS];
        let (told, true_ones) = (liar.run_hashes(&fork, 1, &asked).unwrap(), honest.run_hashes(&fork, 1, &asked).unwrap());
        assert_eq!(told[..2], true_ones[..2], "{divergence:?}");
        assert!(told[2] != true_ones[2] && told[3] != true_ones[3], "{divergence:?}");
        assert_eq!(told[3], opening_hash(&end), "{divergence:?}");
        assert_eq!(liar.run_hashes(&fork, 1, &asked).unwrap(), told, "it says the same again");
        // The runs before it are true ones, those after it are none.
        assert_eq!(liar.run_hashes(&fork, 0, &asked).unwrap(), honest.run_hashes(&fork, 0, &asked).unwrap());
        assert!(matches!(liar.run_hashes(&fork, 2, &asked), Err(LieError::BeyondTheLie { block_step: 2 })));
    }
}

#[test]
fn a_run_turns_where_the_machine_does_what_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 3);
    let mut honest = honest(&chain);
    let deeds = [
        (Deed::Read, Some(4)),
        (Deed::Input, Some(2)),
        (Deed::Key, Some(3)),
        (Deed::Write, None),
        (Deed::Load, None),
        (Deed::Multiply, None),
        (Deed::Branch, None),
    ];
    for (deed, syscall) in deeds {
        let lie = Lie { kind: Kind::MoreBlocks, place: Place::Step(1), seed: 9 };
        let mut liar = liar(&chain, &fork, lie, Divergence::At(deed));
        let at = turn(&mut honest, &mut liar, &fork, 1);
        let proven = honest.proof(&fork, 1, at).unwrap();
        assert_eq!(proven.proof.part.is_some(), deed == Deed::Read);
        let word = honest.run(&fork, 1, |trace| trace.machine(at)).unwrap();
        let pc = gainsay_machine::memory::Aligned::<4>::new(word.hart.pc).unwrap();
        let Instruction { op, .. } = Instruction::decode(u32::from_le_bytes(word.memory.read(pc))).unwrap();
        match syscall {
            Some(number) => assert_eq!((op, word.hart.register(17)), (Op::Ecall, number), "{deed:?}"),
            None => assert!(expected_ops(deed).contains(&op), "{deed:?} is {op:?}"),
        }
        // What L1 computes differs from what the liar says comes next.
        assert_eq!(proven.before(), liar.run_hashes(&fork, 1, &[at]).unwrap()[0]);
        assert_ne!(proven.next().unwrap().hash(), liar.run_hashes(&fork, 1, &[at + 1]).unwrap()[0]);
    }
}

#[test]
fn noise_fits_itself_and_the_claim_within_a_move_and_is_another_in_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 3);
    let lie = Lie { kind: Kind::Root, place: Place::Last, seed: 1 };
    let aim = Aim::default();
    aim.take(Some(fork.clone()));
    let script = Script::new(lie, Divergence::Random, aim, chronicle(&chain));
    let claim = script.story(&fork.end, fork.target).unwrap().unwrap().end().unwrap().hash();
    let steps = Stretch::FORK.leaf_positions();
    let mut moves = [1, 2].map(|salt| LyingTruth::new(honest(&chain), script.clone(), Some(salt)));
    let told = moves.each_mut().map(|noise| noise.block_hashes(&fork, &steps).unwrap());
    assert!(told.iter().all(|hashes| hashes[31] == claim), "it stays with what it has claimed");
    let differing = told[0].iter().zip(&told[1]).filter(|(a, b)| a != b).count();
    assert_eq!(differing, 31);
    // The run that it shows says what it has just said of the block step, and starts where L1 says.
    let last = moves[0].run_end(&fork, 0).unwrap();
    assert_eq!(moves[0].block_hashes(&fork, &[1]).unwrap(), [run_says(&fork.end, &last)]);
    let hashes = moves[0].run_hashes(&fork, 0, &[0, 1 << 35, RUN_STEPS]).unwrap();
    assert_eq!((hashes[0], hashes[2]), (honest(&chain).run_hashes(&fork, 0, &[0]).unwrap()[0], opening_hash(&last)));
    assert_ne!(hashes[1], hashes[2]);
}

fn expected_ops(deed: Deed) -> &'static [Op] {
    match deed {
        Deed::Write => &[Op::Sb, Op::Sh, Op::Sw, Op::Sd],
        Deed::Load => &[Op::Lb, Op::Lh, Op::Lw, Op::Ld, Op::Lbu, Op::Lhu, Op::Lwu],
        Deed::Multiply => &[Op::Mul, Op::Mulh, Op::Mulhsu, Op::Mulhu, Op::Div, Op::Divu, Op::Rem, Op::Remu],
        Deed::Branch => &[Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu],
        Deed::Read | Deed::Input | Deed::Key | Deed::Log => &[Op::Ecall],
    }
}

/// The last machine step up to which both say the same, as a dissection finds it.
fn turn(honest: &mut StoreTruth, liar: &mut LyingTruth, fork: &Assertion, block_step: u64) -> u64 {
    let mut stretch = Stretch::Machine { block_step, from: 0, len: RUN_STEPS };
    while stretch.len() > 1 {
        let leaves = stretch.leaf_positions();
        let (true_ones, told) =
            (honest.run_hashes(fork, block_step, &leaves).unwrap(), liar.run_hashes(fork, block_step, &leaves).unwrap());
        let segment = true_ones.iter().zip(&told).position(|(a, b)| a != b).expect("they differ");
        stretch = stretch.narrowed(segment as u8);
    }
    stretch.from()
}
