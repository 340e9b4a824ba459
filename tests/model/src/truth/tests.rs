use super::*;
use alloy::primitives::keccak256;

fn fork(batch_index: u64, target: u64) -> Assertion {
    let end = State { batch_index, ..State::genesis(B256::repeat_byte(1)) };
    Assertion {
        id: B256::repeat_byte(2),
        parent: B256::ZERO,
        end,
        target,
        inputs_hash: B256::ZERO,
        l1_number: 1,
        l1_time: 1,
        confirmed_in: None,
    }
}

fn batches(count: u64) -> Vec<B256> {
    (0..=count).map(|index| if index == 0 { B256::ZERO } else { keccak256(index.to_be_bytes()) }).collect()
}

#[test]
fn each_block_step_is_what_the_run_over_it_says() {
    let (runs, batches, fork) = (Runs::new().expect("loads"), batches(5), fork(1, 4));
    let mut truth = Story { chain: Derived { runs: &runs, batches: &batches, config_hash: B256::ZERO }, lie: None };
    for step in (0..6).chain([BLOCK_STEPS_PER_ASSERTION - 1]) {
        let (from, next) = (truth.at(&fork, step), truth.at(&fork, step + 1));
        let last = truth.run_end(&fork, step).expect("it runs");
        assert_eq!(run_says(&from, &last), next.hash(), "block step {step}");
        assert_eq!(truth.run_hashes(&fork, step, &[MAX_STEPS]).expect("it runs"), [opening_hash(&last)]);
    }
    assert_eq!(truth.claim(&fork).batch_index, 4);
}

#[test]
fn a_lie_is_true_up_to_where_it_begins_and_consistent_from_there() {
    let (runs, batches, fork) = (Runs::new().expect("loads"), batches(5), fork(1, 4));
    let chain = Derived { runs: &runs, batches: &batches, config_hash: B256::ZERO };
    for twist in [Twist::Root, Twist::Blocks, Twist::Deposits, Twist::Offset, Twist::Behind] {
        for (block_step, forgery) in [(0, Forgery::Jump), (2, Forgery::Noise)] {
            let lie = Lie { seed: 7, block_step, twist, machine_step: 9, forgery };
            let (mut truth, mut liar) = (Story { chain, lie: None }, Story { chain, lie: Some(lie) });
            assert_ne!(truth.claim(&fork), liar.claim(&fork), "{lie:?}");
            for step in 0..6 {
                let same = truth.at(&fork, step) == liar.at(&fork, step);
                assert_eq!(same, step <= block_step, "{lie:?} at {step}");
                let last = liar.run_end(&fork, step).expect("it runs");
                assert_eq!(run_says(&liar.at(&fork, step), &last), liar.at(&fork, step + 1).hash(), "{lie:?} at {step}");
                assert_eq!(liar.run_hashes(&fork, step, &[MAX_STEPS]).expect("it runs"), [opening_hash(&last)]);
            }
            let hashes = |story: &mut Story<'_>, step| story.run_hashes(&fork, block_step, &[step]).expect("it runs");
            assert_eq!(hashes(&mut truth, 9), hashes(&mut liar, 9));
            assert_ne!(hashes(&mut truth, 10), hashes(&mut liar, 10));
        }
    }
}

#[test]
fn a_batch_that_is_not_in_the_inbox_is_named() {
    let (runs, batches, fork) = (Runs::new().expect("loads"), batches(2), fork(1, 9));
    let mut truth = Story { chain: Derived { runs: &runs, batches: &batches, config_hash: B256::ZERO }, lie: None };
    assert!(matches!(truth.run_end(&fork, 1), Err(TruthError::Batch { index: 3 })));
    assert_eq!(truth.chain.end_state(&fork.end, 3), None);
    assert_eq!(truth.chain.inputs_hash(3), None);
}
