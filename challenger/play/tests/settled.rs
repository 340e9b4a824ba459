#![allow(missing_docs)]

//! What the own chain says to whoever makes claims.

#[path = "../../../sequencer/chain/tests/support/mod.rs"]
mod support;

use gainsay_game::decide::OwnChain;
use gainsay_play::own::Settled;
use gainsay_types::{batch::BatchBlock, inputs_hash};
use support::{L1, Posted, derive, derive_all, follow, open, transfer, user_address};

#[test]
fn results_are_told_once_they_are_derived_and_their_batch_is_deep_enough_in_l1() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    let genesis = chain.heads().safe;
    for nonce in 0..2 {
        let transactions = vec![transfer(0, nonce, user_address(1), 1)];
        l1.post(vec![BatchBlock { delay_ms: 0, deposits: 0, transactions }], 0, Posted::Calldata);
    }
    follow(&mut chain, &l1);
    let told = |chain: &gainsay_chain::Chain, confirmations| Settled { chain, confirmations }.end_state(&genesis, 2);
    assert_eq!(told(&chain, 0), None, "nothing is derived");
    derive(&mut chain, &l1, 1);
    assert_eq!(told(&chain, 0), None, "one block of two is derived");
    derive_all(&mut chain, &l1);
    let end = chain.heads().safe;
    assert_eq!(told(&chain, 0), Some(end));
    assert_eq!(told(&chain, 2), None, "no L1 block is on top");
    l1.mine(Vec::new());
    l1.mine(Vec::new());
    follow(&mut chain, &l1);
    assert_eq!((told(&chain, 2), told(&chain, 3)), (Some(end), None));

    let own = Settled { chain: &chain, confirmations: 3 };
    assert_eq!(own.batch_count(), 2);
    assert_eq!(own.inputs_hash(2), Some(inputs_hash(2, chain.store().batch_acc(2).unwrap())));
    assert_eq!(own.inputs_hash(3), None, "there is no such batch");
    // The first batch's result does not wait for the second's.
    assert!(own.end_state(&genesis, 0) == Some(genesis) && Settled { chain: &chain, confirmations: 2 }.end_state(&genesis, 1).is_some());
}
