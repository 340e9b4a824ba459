//! Whatever happens to a node, it ends where a fresh derivation of the final inbox ends.

mod support;

use gainsay_chain::Chain;
use gainsay_types::{Transaction, batch::BatchBlock};
use proptest::prelude::*;
use std::path::Path;
use support::{
    BLOCK_TIME, L1, Posted, USERS, call_contract, deposit, derive, derive_all, fingerprint, follow, fresh, open, produce, transfer,
    user_address,
};

#[derive(Clone, Debug)]
enum Operation {
    /// L1 mines a block with so many deposits.
    Mine { deposits: u64 },
    /// The sequencer builds a block.
    Build { delay: u64, deposits: usize, transactions: Vec<(u8, u64, u64)> },
    /// The sequencer posts its unsafe blocks, at most so many, perhaps with a transaction left out or more messages consumed.
    Post { blocks: usize, more_messages: u64, leave_out: bool, posted: Posted },
    /// Somebody posts a batch of these bytes.
    Garbage { bytes: Vec<u8> },
    /// The node follows L1 to its tip.
    Follow,
    /// The node derives so many steps.
    Derive { steps: usize },
    /// L1 drops its newest blocks.
    Reorganise { depth: usize },
    /// The node is dropped and opened again.
    Restart,
    /// The node takes off some of its unsafe blocks.
    Unwind { blocks: u64 },
    /// L1's blocks but the newest become final.
    Finalise { depth: u64 },
}

fn operation() -> impl Strategy<Value = Operation> {
    let posted = prop_oneof![Just(Posted::Blobs), Just(Posted::Calldata), Just(Posted::Forced)];
    let transactions = prop::collection::vec((0..USERS, 0..3u64, 0..4u64), 0..4);
    prop_oneof![
        2 => (0..4u64).prop_map(|deposits| Operation::Mine { deposits }),
        6 => (0..2_000u64, 0..3usize, transactions)
            .prop_map(|(delay, deposits, transactions)| Operation::Build { delay, deposits, transactions }),
        3 => (1..6usize, 0..2u64, prop::bool::weighted(0.2), posted)
            .prop_map(|(blocks, more_messages, leave_out, posted)| Operation::Post { blocks, more_messages, leave_out, posted }),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Operation::Garbage { bytes }),
        2 => Just(Operation::Follow),
        2 => (1..8usize).prop_map(|steps| Operation::Derive { steps }),
        1 => (1..5usize).prop_map(|depth| Operation::Reorganise { depth }),
        1 => Just(Operation::Restart),
        1 => (1..4u64).prop_map(|blocks| Operation::Unwind { blocks }),
        1 => (1..5u64).prop_map(|depth| Operation::Finalise { depth }),
    ]
}

fn build(chain: &mut Chain, delay: u64, deposits: usize, wanted: &[(u8, u64, u64)]) {
    let state = chain.store().latest_state().unwrap();
    let mut nonces: Vec<u64> =
        (0..USERS).map(|user| state.account(user_address(user)).unwrap().map_or(0, |account| account.nonce)).collect();
    drop(state);
    let transactions = wanted.iter().map(|&(user, slot, value)| {
        let nonce = nonces[usize::from(user)];
        nonces[usize::from(user)] += 1;
        if slot == 0 { transfer(user, nonce, user_address((user + 1) % USERS), value) } else { call_contract(user, nonce, slot, value) }
    });
    let transactions: Vec<Transaction> = transactions.collect();
    let deposits = chain.next_deposits(u64::MAX, deposits).unwrap();
    produce(chain, delay, deposits, transactions);
}

/// The blocks after the safe head as a batch, with the messages consumed by the last.
fn batch(chain: &Chain, most: usize, leave_out: bool) -> (Vec<BatchBlock>, u64) {
    let heads = chain.heads();
    let mut parent = chain.store().block(heads.safe.l2_block_number).unwrap().unwrap();
    let mut blocks = Vec::new();
    while blocks.len() < most {
        let Some(block) = chain.store().block(parent.header.number + 1).unwrap() else { break };
        let delay_ms = block.time().since(parent.time()) - BLOCK_TIME;
        let mut transactions: Vec<_> = block.user_transactions().cloned().map(|envelope| Transaction::new(envelope).unwrap()).collect();
        if leave_out {
            transactions.pop();
        }
        blocks.push(BatchBlock { delay_ms, deposits: block.deposit_index - parent.deposit_index, transactions });
        parent = block;
    }
    (blocks, parent.deposit_index)
}

fn post(chain: &mut Chain, l1: &mut L1, blocks: usize, more_messages: u64, leave_out: bool, posted: Posted) {
    follow(chain, l1);
    derive_all(chain, l1);
    let (blocks, last) = batch(chain, blocks, leave_out);
    let m = (last + more_messages).min(l1.messages().0).max(l1.batches().2);
    l1.post(blocks, m, posted);
}

fn run(path: &Path, keep_unsafe: bool, operations: Vec<Operation>) {
    let mut l1 = L1::new();
    let mut chain = Some(open(path, keep_unsafe));
    for operation in operations {
        let node = chain.as_mut().expect("a node runs");
        match operation {
            Operation::Mine { deposits } => l1.mine((0..deposits).map(|slot| deposit(5 + slot, slot)).collect()),
            Operation::Build { delay, deposits, transactions } => build(node, delay, deposits, &transactions),
            Operation::Post { blocks, more_messages, leave_out, posted } => post(node, &mut l1, blocks, more_messages, leave_out, posted),
            Operation::Garbage { bytes } => l1.post_bytes(&bytes, l1.batches().2, Posted::Calldata),
            Operation::Follow => drop(follow(node, &l1)),
            Operation::Derive { steps } => drop(derive(node, &l1, steps)),
            Operation::Reorganise { depth } => l1.reorganise(depth),
            Operation::Restart => {
                drop(chain.take());
                chain = Some(open(path, keep_unsafe));
            }
            Operation::Unwind { blocks } => {
                let heads = node.heads();
                let to = heads.latest.number.saturating_sub(blocks).max(heads.safe.l2_block_number);
                node.unwind_to(to).unwrap();
            }
            Operation::Finalise { depth } => node.set_l1_finalized(l1.tip().number.saturating_sub(depth)).unwrap(),
        }
        check_heads(chain.as_ref().expect("a node runs"));
    }
    let mut chain = chain.expect("a node runs");
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}

/// Holds after every operation.
fn check_heads(chain: &Chain) {
    let heads = chain.heads();
    let store = chain.store();
    let hash = |number| store.header(number).unwrap().expect("is there").header.hash();
    assert_eq!(hash(heads.latest.number), heads.latest.hash);
    assert_eq!(hash(heads.safe.l2_block_number), heads.safe_hash);
    assert_eq!(hash(heads.finalized.l2_block_number), heads.finalized_hash);
    assert!(heads.finalized_steps <= heads.steps && heads.safe.l2_block_number <= heads.latest.number);
    assert_eq!(store.step(heads.steps).unwrap(), Some(heads.safe));
    assert_eq!(store.step(heads.steps + 1).unwrap(), None);
    assert_eq!(store.step(heads.finalized_steps).unwrap(), Some(heads.finalized));
    assert_eq!(store.step_of(&heads.safe).unwrap(), Some(heads.steps));
    let above = heads.latest.number + 1;
    assert!(store.header(above).unwrap().is_none() && store.block(above).unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 500, ..ProptestConfig::with_cases(gainsay_types::testing::cases(256)) })]

    #[test]
    fn every_history_ends_where_a_fresh_derivation_of_the_final_inbox_ends(keep_unsafe: bool, operations in prop::collection::vec(operation(), 1..40)) {
        let directory = tempfile::tempdir().unwrap();
        run(directory.path(), keep_unsafe, operations);
    }
}
