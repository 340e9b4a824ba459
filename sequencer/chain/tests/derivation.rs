//! Derivation against the unsafe chain, reorganisations of L1, and claims.

mod support;

use alloy_primitives::B256;
use gainsay_chain::{ChainError, Derived, Difference, FeedBlock, Imported, InboxEvent, L1Update};
use gainsay_derive::Ignored;
use gainsay_store::{BatchData, L1Block};
use gainsay_types::{BatchHeader, MessageBody, Millis, State, Transaction, UserDeposit, batch::BatchBlock};
use support::{
    BLOCK_TIME, L1, Posted, START, build, call_contract, deposit, derive_all, feed, fingerprint, follow, fresh, open, produce,
    transaction_in, transfer, user_address,
};

/// The transactions as a batch of one block each, at the earliest times.
fn blocks(transactions: &[&[Transaction]]) -> Vec<BatchBlock> {
    transactions.iter().map(|block| BatchBlock { delay_ms: 0, deposits: 0, transactions: block.to_vec() }).collect()
}

#[test]
fn a_derived_block_that_was_built_before_is_not_executed_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    let sent: Vec<_> = (0..3).map(|nonce| transfer(0, nonce, user_address(1), 5)).collect();
    for transaction in &sent {
        produce(&mut chain, 0, vec![], vec![transaction.clone()]);
    }
    l1.post(blocks(&[&sent[..1], &sent[1..2], &sent[2..]]), 0, Posted::Blobs);
    follow(&mut chain, &l1);
    let before = chain.heads();
    let steps = derive_all(&mut chain, &l1);
    assert!(steps.len() == 3 && steps.iter().all(|step| step.block.is_some_and(|block| block.known) && step.dropped.is_empty()));
    assert_eq!(chain.executions(), 0);
    assert_eq!(chain.heads().latest, before.latest);
    assert_eq!(chain.heads().safe_head(), before.latest);

    let other = tempfile::tempdir().unwrap();
    let mut follower = open(other.path(), false);
    follow(&mut follower, &l1);
    derive_all(&mut follower, &l1);
    assert_eq!(follower.executions(), 3);
    assert_eq!(follower.heads().latest, chain.heads().latest);
}

#[test]
fn a_derived_block_that_differs_replaces_the_unsafe_ones_and_their_transactions_come_back_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    let ours =
        [transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 9), transfer(0, 1, user_address(1), 2), call_contract(1, 1, 1, 0)];
    produce(&mut chain, 0, vec![], ours[..2].to_vec());
    produce(&mut chain, 0, vec![], ours[2..3].to_vec());
    produce(&mut chain, 0, vec![], ours[3..].to_vec());
    let theirs = transfer(2, 0, user_address(3), 7);
    l1.post(blocks(&[std::slice::from_ref(&theirs)]), 0, Posted::Calldata);
    follow(&mut chain, &l1);
    let steps = derive_all(&mut chain, &l1);
    let dropped = &steps[0].dropped;
    assert_eq!(dropped.transactions, ours);
    assert_eq!(dropped.blocks.iter().map(|id| id.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(chain.heads().latest, chain.heads().safe_head());
    for transaction in &ours {
        assert_eq!(chain.store().transaction(&transaction.hash()).unwrap(), None);
    }
    for id in &dropped.blocks {
        assert_eq!(chain.store().block_number(&id.hash).unwrap(), None);
    }
    assert_eq!(chain.store().transaction(&theirs.hash()).unwrap().map(|place| (place.block, place.index)), Some((1, 0)));
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}

#[test]
fn a_faulty_block_on_l1_does_not_cost_the_unsafe_chain() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    let ours = transfer(0, 0, user_address(1), 1);
    let tip = produce(&mut chain, 0, vec![], vec![ours.clone()]).header.hash();
    l1.post(blocks(&[&[transfer(0, 7, user_address(1), 1)]]), 0, Posted::Calldata);
    follow(&mut chain, &l1);
    let steps = derive_all(&mut chain, &l1);
    assert_eq!(steps[0].block, None);
    assert!(steps[0].ignored[0].to_string().contains("nonce too high"), "{:?}", steps[0].ignored);
    assert_eq!(chain.heads().latest.hash, tip);
    l1.post(blocks(&[&[ours]]), 0, Posted::Calldata);
    follow(&mut chain, &l1);
    assert!(derive_all(&mut chain, &l1)[0].block.unwrap().known);
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}

#[test]
fn an_l1_reorganisation_that_puts_another_batch_in_the_place_of_the_first_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    let ours = transfer(0, 0, user_address(1), 1);
    produce(&mut chain, 0, vec![], vec![ours.clone()]);
    l1.mine(vec![]);
    l1.post(blocks(&[std::slice::from_ref(&ours)]), 0, Posted::Blobs);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    assert_eq!(chain.heads().safe.l2_block_number, 1);

    l1.reorganise(1);
    let theirs = transfer(1, 0, user_address(0), 3);
    l1.post(blocks(&[std::slice::from_ref(&theirs)]), 0, Posted::Blobs);
    let dropped = follow(&mut chain, &l1);
    assert!(dropped.is_empty(), "block 1 consumed no message: it stays, as an unsafe one");
    let heads = chain.heads();
    assert_eq!((heads.latest.number, heads.safe.l2_block_number, heads.steps, heads.batches), (1, 0, 0, 1));
    let steps = derive_all(&mut chain, &l1);
    assert_eq!(steps[0].dropped.transactions, [ours]);
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}

#[test]
fn blocks_that_consumed_a_message_which_l1_drops_are_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    l1.mine(vec![]);
    l1.mine(vec![deposit(5, 1)]);
    follow(&mut chain, &l1);
    let kept = transfer(0, 0, user_address(1), 1);
    let lost = [transfer(0, 1, user_address(1), 1), transfer(0, 2, user_address(1), 1)];
    produce(&mut chain, 0, vec![], vec![kept]);
    let deposits = chain.next_deposits(2, 10).unwrap();
    assert_eq!(deposits.len(), 1);
    produce(&mut chain, 0, deposits, vec![lost[0].clone()]);
    produce(&mut chain, 0, vec![], vec![lost[1].clone()]);
    assert!(chain.next_deposits(2, 10).unwrap().is_empty());
    l1.reorganise(1);
    l1.mine(vec![deposit(6, 1)]);
    let dropped = follow(&mut chain, &l1);
    assert_eq!(dropped.transactions, lost);
    assert_eq!(chain.heads().latest.number, 1);
    assert_eq!(chain.next_deposits(2, 10).unwrap().len(), 1);
    assert!(chain.next_deposits(1, 10).unwrap().is_empty(), "the message is not deep enough");
    assert!(chain.next_deposits(2, 0).unwrap().is_empty());
}

#[test]
fn a_node_that_trusts_l1_alone_keeps_no_block_that_l1_drops() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    l1.mine(vec![]);
    l1.post(blocks(&[&[transfer(0, 0, user_address(1), 1)]]), 0, Posted::Calldata);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    assert_eq!(chain.heads().latest.number, 1);
    l1.reorganise(1);
    follow(&mut chain, &l1);
    assert_eq!((chain.heads().latest.number, chain.heads().safe.l2_block_number), (0, 0));
}

#[test]
fn missing_blobs_are_named_and_pruned_ones_are_gone() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    // The same payload twice: both batches need the same blob.
    l1.post_bytes(b"garbage", 0, Posted::Blobs);
    l1.post_bytes(b"garbage", 0, Posted::Blobs);
    follow(&mut chain, &l1);
    let Derived::NeedsBlobs { header, hashes, l1_hash } = chain.derive_next().unwrap() else { panic!("the blob is not there") };
    assert_eq!((header.batch_index, hashes.len(), l1_hash), (1, 1, l1.block(1).hash));
    assert_eq!(chain.missing_blobs(10).unwrap().len(), 2);
    assert_eq!(chain.missing_blobs(1).unwrap()[0].1, hashes);
    chain.put_blob(&hashes[0], l1.blob(&hashes[0])).unwrap();
    assert!(chain.missing_blobs(10).unwrap().is_empty());
    chain.prune_blobs(9).unwrap();
    assert!(chain.store().blob(&hashes[0]).unwrap().is_some(), "no batch is derived yet");
    chain.derive_next().unwrap();
    chain.prune_blobs(9).unwrap();
    assert!(chain.store().blob(&hashes[0]).unwrap().is_some(), "batch 2 needs it");
    derive_all(&mut chain, &l1);
    chain.prune_blobs(9).unwrap();
    assert_eq!(chain.store().blob(&hashes[0]).unwrap(), None);

    l1.reorganise(1);
    l1.post_bytes(b"other garbage", 0, Posted::Blobs);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    let other = chain.store().batch(2).unwrap().unwrap().data;
    let BatchData::Blobs(hashes) = other else { panic!("a batch of blobs") };
    assert!(chain.store().has_blob(&hashes[0]).unwrap());
    chain.prune_blobs(2).unwrap();
    assert!(!chain.store().has_blob(&hashes[0]).unwrap(), "the batch in the place of a pruned one is pruned too");
}

#[test]
fn the_finalised_head_follows_finalised_l1_blocks_and_never_the_unsafe_chain() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    let sent: Vec<_> = (0..3).map(|nonce| transfer(0, nonce, user_address(1), 5)).collect();
    for transaction in &sent {
        produce(&mut chain, 0, vec![], vec![transaction.clone()]);
        l1.post(blocks(&[std::slice::from_ref(transaction)]), 0, Posted::Calldata);
    }
    follow(&mut chain, &l1);
    chain.set_l1_finalized(2).unwrap();
    assert_eq!(chain.heads().finalized_head().number, 0);
    derive_all(&mut chain, &l1);
    assert_eq!(chain.heads().finalized_head().number, 2);
    chain.set_l1_finalized(3).unwrap();
    assert_eq!(chain.heads().finalized_head(), chain.heads().safe_head());
    chain.set_l1_finalized(1).unwrap();
    assert_eq!(chain.heads().finalized_head().number, 3);
}

#[test]
fn l1_data_that_does_not_follow_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    l1.mine(vec![deposit(1, 1)]);
    l1.post(vec![], 1, Posted::Calldata);
    follow(&mut chain, &l1);
    let before = chain.heads();
    let refused = |update: &L1Update, chain: &mut gainsay_chain::Chain| {
        assert!(matches!(chain.apply_l1(update), Err(ChainError::L1Gap { .. })), "{update:?}");
        assert_eq!(chain.heads(), before);
    };
    refused(&l1.update(2), &mut chain);
    l1.mine(vec![deposit(2, 2)]);
    let L1Update::Extend { block, events } = l1.update(3) else { unreachable!() };
    refused(&L1Update::Extend { block: L1Block { parent_hash: block.hash, ..block }, events: events.clone() }, &mut chain);
    let InboxEvent::Message { message, acc, tx_hash } = &events[0] else { unreachable!() };
    let mut wrong = message.clone();
    wrong.l1_time += 1;
    refused(&L1Update::Extend { block, events: vec![InboxEvent::Message { message: wrong, acc: *acc, tx_hash: *tx_hash }] }, &mut chain);
    let mut skipped = message.clone();
    skipped.index += 1;
    refused(&L1Update::Extend { block, events: vec![InboxEvent::Message { message: skipped, acc: *acc, tx_hash: *tx_hash }] }, &mut chain);
    refused(&L1Update::Rewind { to: L1Block { hash: block.hash, ..*l1.block(1) } }, &mut chain);
    let L1Update::Extend { events: batch, .. } = l1.update(2) else { unreachable!() };
    let InboxEvent::Batch { header, acc, .. } = batch[0].clone() else { unreachable!() };
    refused(&L1Update::Extend { block, events: vec![InboxEvent::Batch { header, acc, data: BatchData::None }] }, &mut chain);
    chain.apply_l1(&l1.update(3)).unwrap();
}

#[test]
fn a_batch_under_another_accumulator_or_with_messages_that_do_not_exist_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    l1.mine(vec![deposit(1, 1)]);
    follow(&mut chain, &l1);
    l1.post(vec![], 1, Posted::Forced);
    let L1Update::Extend { block, events } = l1.update(2) else { unreachable!() };
    let InboxEvent::Batch { header, acc, data } = events[0].clone() else { unreachable!() };
    let before = chain.heads();
    let mut refused = |header: &BatchHeader, acc: B256, about: &str| {
        let events = vec![InboxEvent::Batch { header: header.clone(), acc, data: data.clone() }];
        let error = chain.apply_l1(&L1Update::Extend { block, events }).unwrap_err();
        assert!(matches!(error, ChainError::L1Gap { what, .. } if what == about), "{error:?}");
        assert_eq!(chain.heads(), before);
    };
    refused(&header, B256::repeat_byte(1), "batch accumulator");
    refused(&BatchHeader { deposit_count: 0, ..header.clone() }, acc, "batch accumulator");
    let beyond = BatchHeader { deposit_count: 2, ..header };
    refused(&beyond, beyond.accumulate(B256::ZERO), "the batch's message count");
    chain.apply_l1(&l1.update(2)).unwrap();
}

#[test]
fn a_closing_block_is_not_taken_for_a_payload_block_that_may_not_have_its_deposits() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    let MessageBody::User(small) = deposit(1, 1) else { unreachable!() };
    // Beyond the block gas limit, which only a closing block may be.
    l1.mine(vec![MessageBody::User(UserDeposit { gas_limit: chain.config().block_gas_limit + 1, ..small })]);
    l1.post(vec![], 1, Posted::Forced);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    let closing = chain.store().block(1).unwrap().unwrap().time();

    // After a reorganisation a payload names the same deposit at the same time, in a batch of a later L1 block.
    l1.reorganise(1);
    l1.mine(vec![]);
    let delay_ms = closing.since(Millis::from_secs(START)) - BLOCK_TIME;
    l1.post(vec![BatchBlock { delay_ms, deposits: 1, transactions: vec![] }], 1, Posted::Calldata);
    follow(&mut chain, &l1);
    assert_eq!(chain.heads().latest.number, 1, "the closing block is still there");
    let steps = derive_all(&mut chain, &l1);
    assert!(matches!(steps[0].ignored[..], [Ignored::Execution { block: 0, .. }]), "{:?}", steps[0].ignored);
    assert_ne!(chain.store().block(1).unwrap().unwrap().time(), closing);
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}

#[test]
fn a_follower_of_the_feed_has_the_sequencers_blocks() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut chain, mut follower, mut l1) = (open(first.path(), true), open(second.path(), true), L1::new());
    l1.mine(vec![deposit(5, 1)]);
    follow(&mut chain, &l1);
    let deposits = chain.next_deposits(1, 1).unwrap();
    produce(&mut chain, 3, deposits, vec![transfer(0, 0, user_address(1), 1)]);
    produce(&mut chain, 0, vec![], vec![call_contract(0, 1, 1, 0)]);
    let blocks = feed(&chain, 1, 2);
    assert_eq!(follower.import_feed(blocks[1].clone()).unwrap(), Imported::Gap { next: 1 });
    assert_eq!(follower.import_feed(blocks[0].clone()).unwrap(), Imported::NeedsMessages);
    follow(&mut follower, &l1);
    for block in &blocks {
        assert!(matches!(follower.import_feed(block.clone()).unwrap(), Imported::New(dropped) if dropped.is_empty()));
        assert_eq!(follower.import_feed(block.clone()).unwrap(), Imported::Known);
    }
    assert_eq!(follower.heads().latest, chain.heads().latest);
    follower.store().latest_state().unwrap().nodes().expect("its state has the root in the header");
    assert_eq!(follower.heads().safe.l2_block_number, 0);
}

#[test]
fn a_feed_block_that_is_not_what_it_says_is_refused_and_one_that_replaces_unsafe_blocks_is_taken() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut chain, mut follower, mut l1) = (open(first.path(), true), open(second.path(), true), L1::new());
    let sent = transfer(0, 0, user_address(1), 1);
    produce(&mut chain, 0, vec![], vec![sent.clone()]);
    let good = feed(&chain, 1, 1).remove(0);
    let wrong_time = FeedBlock { timestamp: good.timestamp.plus(1), ..good.clone() };
    let wrong_nonce = FeedBlock { transactions: vec![transfer(0, 1, user_address(1), 1)], ..good.clone() };
    for wrong in [wrong_time, wrong_nonce] {
        assert!(matches!(follower.import_feed(wrong), Err(ChainError::FeedBlock { number: 1, .. })));
        assert_eq!(follower.heads().latest.number, 0);
    }
    follower.import_feed(good.clone()).unwrap();
    chain.unwind_to(0).unwrap();
    produce(&mut chain, 0, vec![], vec![transfer(1, 0, user_address(0), 1)]);
    let replacing = feed(&chain, 1, 1).remove(0);
    assert!(matches!(follower.import_feed(replacing).unwrap(), Imported::New(dropped) if dropped.transactions == [sent]));
    l1.post(blocks(&[&[transfer(1, 0, user_address(0), 1)]]), 0, Posted::Calldata);
    follow(&mut follower, &l1);
    derive_all(&mut follower, &l1);
    assert_eq!(follower.import_feed(good).unwrap(), Imported::AgainstL1);
    assert!(matches!(follower.unwind_to(0), Err(ChainError::Safe { number: 0, safe: 1 })));
}

#[test]
fn a_built_block_that_is_not_on_the_tip_or_consumes_other_messages_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    l1.mine(vec![deposit(5, 1)]);
    follow(&mut chain, &l1);
    let late = build(&mut chain, 0, vec![], vec![transfer(0, 0, user_address(1), 1)]);
    produce(&mut chain, 0, vec![], vec![]);
    assert!(matches!(chain.import_built(&late), Err(ChainError::NotOnTip { .. })));
    let mut message = chain.next_deposits(1, 1).unwrap().remove(0);
    message.index = 2;
    let invented = build(&mut chain, 0, vec![message], vec![]);
    assert!(matches!(chain.import_built(&invented), Err(ChainError::Deposits { number: 2, .. })));
    assert_eq!(chain.heads().latest.number, 1);
}

#[test]
fn the_end_of_an_assertion_is_the_state_at_its_target() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    for nonce in 0..4 {
        let pair = [transfer(0, 2 * nonce, user_address(1), 1), transfer(0, 2 * nonce + 1, user_address(1), 1)];
        l1.post(blocks(&[&pair[..1], &pair[1..]]), 0, Posted::Calldata);
    }
    follow(&mut chain, &l1);
    let genesis = chain.heads().safe;
    assert_eq!(chain.end_state(&genesis, 1).unwrap(), None);
    derive_all(&mut chain, &l1);
    let end = chain.end_state(&genesis, 2).unwrap().unwrap();
    assert_eq!((end.batch_index, end.l2_block_number, end.batch_offset), (2, 4, 0));
    assert_eq!(chain.state_at_batch(2).unwrap(), Some(end));
    assert_eq!(chain.state_at_block(4).unwrap(), Some(end));
    let middle = chain.state_at_block(3).unwrap().unwrap();
    assert_eq!((middle.batch_index, middle.batch_offset), (1, 1));
    assert_eq!(chain.end_state(&middle, 1).unwrap(), Some(middle), "beyond the target the state stays");
    assert_eq!(chain.end_state(&end, 2).unwrap(), Some(end));
    assert_eq!(chain.end_state(&end, 9).unwrap(), None);
    let false_parent = State { output_root: genesis.output_root, ..end };
    assert!(matches!(chain.end_state(&false_parent, 4), Err(ChainError::UnknownState { .. })));

    let wrong = |state: State| chain.difference(&genesis, &end, &state).unwrap();
    let at = |last_agreed, first_wrong| Some(Difference { ours: end, last_agreed, first_wrong });
    assert_eq!(wrong(end), None);
    assert_eq!(wrong(State { l2_block_number: 5, ..end }), at(4, Some(5)));
    assert_eq!(wrong(middle), at(3, Some(4)));
    assert_eq!(wrong(State { output_root: genesis.output_root, ..end }), at(0, Some(4)));
    assert_eq!(wrong(State { deposit_index: 1, ..end }), at(4, None));
}

#[test]
fn an_old_blocks_state_stays_readable() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path(), true);
    for (nonce, value) in [5, 0, 8].into_iter().enumerate() {
        produce(&mut chain, 0, vec![], vec![call_contract(0, nonce as u64, 1, value)]);
    }
    let slot = alloy_primitives::U256::from(1);
    let values =
        (0..=3).map(|number| chain.store().state_at(number).unwrap().unwrap().storage(support::CONTRACT, slot).unwrap().to::<u64>());
    assert_eq!(values.collect::<Vec<_>>(), [0, 5, 0, 8]);
    assert!(chain.store().state_at(4).unwrap().is_none());
    let held = chain.store().latest_state().unwrap();
    produce(&mut chain, 0, vec![], vec![call_contract(0, 3, 1, 6)]);
    assert_eq!(held.storage(support::CONTRACT, slot).unwrap().to::<u64>(), 8, "a reader keeps its block");
    assert_eq!(held.account(user_address(0)).unwrap().unwrap().nonce, 3);
}

#[test]
fn messages_are_found_by_the_transaction_that_enqueued_them_until_l1_drops_it() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    l1.mine(vec![deposit(1, 1), deposit(2, 2)]);
    l1.mine(vec![deposit(3, 3)]);
    let [first, second] = [1, 2].map(|number| transaction_in(l1.block(number)));
    follow(&mut chain, &l1);
    let of = |chain: &gainsay_chain::Chain, hash: &B256| chain.store().messages_of_l1_transaction(hash).unwrap();
    assert_eq!((of(&chain, &first), of(&chain, &second), of(&chain, &B256::ZERO)), (vec![1, 2], vec![3], vec![]));
    l1.reorganise(1);
    l1.mine(vec![]);
    l1.mine(vec![deposit(4, 4)]);
    follow(&mut chain, &l1);
    let third = transaction_in(l1.tip());
    assert_eq!((of(&chain, &first), of(&chain, &second), of(&chain, &third)), (vec![1, 2], vec![], vec![3]));
    drop(chain);
    let chain = open(directory.path(), true);
    assert_eq!((of(&chain, &first), of(&chain, &third)), (vec![1, 2], vec![3]), "also after a restart");
}
