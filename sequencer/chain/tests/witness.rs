#![allow(missing_docs)]

//! Witnesses of block steps, out of a node's store.

mod support;

use gainsay_chain::{
    Chain,
    witness::{WitnessError, idle_witness, step_of_block, witness},
};
use gainsay_trace::{RecordError, Witness, record};
use gainsay_types::{Transaction, batch::BatchBlock};
use support::{L1, Posted, call_contract, deposit, derive_all, follow, open, transfer, user_address};

const LIMIT: usize = 64 << 20;

fn block(deposits: u64, transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { delay_ms: 0, deposits, transactions }
}

/// Derives a chain with blobs, calldata, a forced batch, a batch that is void and one with a faulty block.
fn derived(directory: &tempfile::TempDir) -> Chain {
    let (mut chain, mut l1) = (open(directory.path(), false), L1::with_real_blobs());
    l1.mine(vec![deposit(0, 5), deposit(1, 6)]);
    let first = vec![transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 9)];
    l1.post(vec![block(1, first), block(0, vec![call_contract(1, 1, 2, 8)])], 2, Posted::Blobs);
    l1.mine(vec![deposit(2, 7)]);
    l1.post(vec![block(0, vec![call_contract(1, 2, 1, 0), transfer(2, 0, user_address(9), 3)])], 3, Posted::Calldata);
    l1.post_bytes(b"this is no payload", 3, Posted::Calldata);
    l1.mine(vec![deposit(3, 8)]);
    let (messages, ..) = l1.messages();
    l1.post_bytes(b"", messages, Posted::Forced);
    l1.post(vec![block(0, vec![transfer(0, 7, user_address(1), 1)])], messages, Posted::Calldata);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    chain
}

fn of_step(chain: &Chain, index: u64) -> Witness {
    witness(chain.store(), chain.config(), index, LIMIT).unwrap_or_else(|error| panic!("step {index}: {error}"))
}

#[test]
fn every_step_of_a_chain_has_a_witness_that_leads_to_the_chains_own_state() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    let steps = chain.heads().steps;
    let blocks = chain.heads().safe.l2_block_number;
    assert!(steps > blocks && blocks >= 5, "{steps} steps, {blocks} blocks");
    for index in 1..=steps {
        let witness = of_step(&chain, index);
        let step = *witness.step();
        assert_eq!(Some(step.before), chain.store().step(index - 1).unwrap());
        assert_eq!(Some(step.after), chain.store().step(index).unwrap());
        let blob_batch = step.before.batch_index == 0;
        assert_eq!(witness.blobs().len(), usize::from(blob_batch));
        // It is all that the program needs, and nothing besides.
        let again = record(&witness, witness.input(), step, witness.size()).unwrap();
        assert_eq!(again, witness);
    }
}

#[test]
fn over_an_exhausted_inbox_the_program_reads_its_input_alone_and_leaves_the_state_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    for state in [chain.store().step(1).unwrap().unwrap(), chain.heads().safe] {
        let witness = idle_witness(chain.config(), &state).unwrap();
        assert_eq!((witness.preimages().len(), witness.size()), (1, 96));
        // Recording runs the program, and refuses another end than the one in the step.
        assert_eq!(record(&witness, witness.input(), *witness.step(), 96).unwrap(), witness);
        assert_eq!((witness.step().before, witness.step().after), (state, state));
    }
}

#[test]
fn the_step_of_a_block_is_the_one_that_made_it() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    let safe = chain.heads().safe.l2_block_number;
    for number in 1..=safe {
        let step = *of_step(&chain, step_of_block(chain.store(), number).unwrap()).step();
        assert_eq!((step.before.l2_block_number, step.after.l2_block_number), (number - 1, number));
    }
    assert!(matches!(step_of_block(chain.store(), 0), Err(WitnessError::Genesis)));
    let beyond = step_of_block(chain.store(), safe + 1);
    assert!(matches!(beyond, Err(WitnessError::Block { number, safe: head }) if (number, head) == (safe + 1, safe)));
}

#[test]
fn steps_that_are_not_derived_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    let steps = chain.heads().steps;
    for index in [0, steps + 1, u64::MAX] {
        let refused = witness(chain.store(), chain.config(), index, LIMIT);
        assert!(matches!(refused, Err(WitnessError::Step { index: asked, steps: most }) if (asked, most) == (index, steps)), "{index}");
    }
}

#[test]
fn a_step_that_reads_more_than_the_limit_is_refused_and_one_that_reads_just_that_much_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    let size = of_step(&chain, 1).size();
    assert!(witness(chain.store(), chain.config(), 1, size).is_ok());
    let refused = witness(chain.store(), chain.config(), 1, size - 1);
    assert!(matches!(refused, Err(WitnessError::Record(RecordError::Limit { limit })) if limit == size - 1));
}

#[test]
fn leaving_out_any_preimage_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    let whole = of_step(&chain, 1);
    for (left_out, _) in whole.preimages() {
        let source = gainsay_trace::MemoryPreimages {
            preimages: whole.preimages().filter(|(hash, _)| *hash != left_out).map(|(hash, data)| (*hash, data.clone())).collect(),
            blobs: whole.blobs().map(|(hash, blob)| (*hash, blob.clone())).collect(),
        };
        let refused = record(&source, whole.input(), *whole.step(), LIMIT);
        assert!(matches!(refused, Err(RecordError::Missing { hash }) if hash == *left_out));
    }
}

#[test]
fn another_state_than_the_one_that_comes_out_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let chain = derived(&directory);
    let whole = of_step(&chain, 2);
    let mut step = *whole.step();
    step.after.deposit_index += 1;
    let refused = record(&whole, whole.input(), step, LIMIT);
    let found = whole.step().after.hash();
    assert!(matches!(refused, Err(RecordError::Result { claimed, found: out }) if claimed == step.after.hash() && out == found));
}
