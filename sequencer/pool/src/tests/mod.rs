mod model;

use super::*;
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxLegacy};
use alloy_eips::{
    eip2718::Decodable2718,
    eip2930::{AccessList, AccessListItem},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use gainsay_types::{RecoveredTransaction, Transaction};
use op_alloy_consensus::OpTxEnvelope;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const CHAIN: u64 = 901;
const RULES: Rules = Rules { chain_id: CHAIN, block_gas_limit: 20_000_000, min_base_fee: 5, max_transaction_bytes: 90_000 };
const RICH: Account = Account { nonce: 0, balance: U256::MAX, is_contract: false };

fn key(who: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(who + 1)).expect("a valid key")
}

fn transfer(nonce: u64, fee: u128, tip: u128) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(Address::ZERO),
        ..Default::default()
    }
}

fn sign<T: SignableTransaction<alloy_primitives::Signature>>(who: u8, transaction: T) -> RecoveredTransaction
where
    OpTxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = key(who).sign_hash_sync(&transaction.signature_hash()).expect("signs");
    let envelope = OpTxEnvelope::from(transaction.into_signed(signature));
    Transaction::new(envelope).expect("a user type").recover().expect("a good signature")
}

fn candidate(who: u8, nonce: u64, fee: u128, tip: u128) -> Candidate {
    Candidate { transaction: sign(who, transfer(nonce, fee, tip)), account: RICH, l1_fee: U256::ZERO }
}

fn pool() -> Pool {
    Pool::new(RULES, Limits::default(), 10)
}

/// All that the pool hands out for a block, which is then given up.
fn order(pool: &mut Pool) -> Vec<(Address, u64)> {
    let taken = pool.take(usize::MAX);
    pool.reopen();
    taken.iter().map(|pooled| (pooled.sender(), pooled.nonce())).collect()
}

fn rejection(transaction: TxEip1559) -> String {
    let candidate = Candidate { transaction: sign(0, transaction), account: RICH, l1_fee: U256::ZERO };
    pool().insert(candidate).expect_err("is refused").to_string()
}

#[test]
fn transactions_after_a_gap_wait_until_it_is_closed() {
    let mut pool = pool();
    let first = pool.insert(candidate(0, 1, 100, 1)).unwrap();
    assert!(first.now_ready.is_empty());
    assert!(order(&mut pool).is_empty());
    let second = pool.insert(candidate(0, 0, 100, 1)).unwrap();
    assert_eq!(second.now_ready.iter().map(|pooled| pooled.nonce()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(pool.pending_nonce(&key(0).address()), Some(2));
}

#[test]
fn the_best_tip_comes_first_but_nonces_stay_in_order() {
    let mut pool = pool();
    for (who, nonce, tip) in [(0, 0, 5), (0, 1, 50), (1, 0, 20), (2, 0, 20)] {
        pool.insert(candidate(who, nonce, 100, tip)).unwrap();
    }
    let [a, b, c] = [0, 1, 2].map(|who| key(who).address());
    assert_eq!(order(&mut pool), [(b, 0), (c, 0), (a, 0), (a, 1)]);
    assert_eq!(pool.take(3).last().map(|last| last.sender()), Some(a));
    pool.put_back(a, 0);
    assert!(pool.peek().is_none() && pool.take(1).is_empty());
    pool.on_block(101, []);
    assert!(order(&mut pool).is_empty());
}

#[test]
fn what_is_handed_out_is_not_replaced_or_dropped_until_the_block_is_given_up() {
    let mut pool = Pool::new(RULES, Limits { transactions: 2, ..Limits::default() }, 10);
    pool.insert(candidate(0, 0, 100, 5)).unwrap();
    pool.insert(candidate(0, 1, 100, 5)).unwrap();
    assert_eq!(pool.take(1)[0].nonce(), 0);
    let sender = key(0).address();
    assert_eq!(pool.insert(candidate(0, 0, 200, 50)).unwrap_err(), Rejection::NonceTooLow { sender, nonce: 0, account: 1 });
    assert_eq!(pool.insert(candidate(1, 0, 100, 50)).unwrap().evicted[0].nonce(), 1);
    pool.insert(candidate(2, 0, 100, 60)).unwrap();
    assert_eq!(pool.insert(candidate(3, 0, 100, 60)).unwrap_err().to_string(), "transaction underpriced: needs more than 60 wei per gas");
    pool.reopen();
    assert_eq!(pool.insert(candidate(3, 0, 100, 61)).unwrap().evicted[0].sender(), sender);
}

#[test]
fn what_was_handed_out_and_removed_can_be_sent_again_for_the_same_block() {
    let mut pool = pool();
    pool.insert(candidate(0, 0, 100, 5)).unwrap();
    pool.insert(candidate(0, 1, 100, 5)).unwrap();
    let failed = pool.take(2)[0].hash();
    pool.remove(&failed);
    assert!(pool.peek().is_none(), "the second waits for another first one");
    pool.insert(candidate(0, 0, 100, 6)).unwrap();
    assert_eq!(pool.take(9).iter().map(|pooled| pooled.nonce()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_full_pool_refuses_before_it_is_known_who_signed() {
    let mut pool = Pool::new(RULES, Limits { transactions: 2, ..Limits::default() }, 10);
    for who in 0..2 {
        pool.insert(candidate(who, 0, 100, 20)).unwrap();
    }
    let screened = |pool: &Pool, fee, tip| pool.screen(candidate(2, 0, fee, tip).transaction.transaction()).err();
    assert_eq!(screened(&pool, 100, 20), None, "nothing had to go yet, so nothing was compared");
    pool.insert(candidate(2, 0, 100, 20)).unwrap_err();
    assert_eq!(screened(&pool, 100, 20), Some(Rejection::Underpriced { least: 20 }));
    assert_eq!(screened(&pool, 29, 29), Some(Rejection::Underpriced { least: 29 }));
    assert_eq!(screened(&pool, 31, 21), None);
    assert_eq!(screened(&pool, 4, 1), Some(Rejection::Underpriced { least: 4 }));
    pool.on_block(10, [(key(0).address(), Account { nonce: 1, ..RICH })]);
    assert_eq!(screened(&pool, 100, 20), None);
}

#[test]
fn a_replacement_has_to_raise_both_fees_by_a_tenth() {
    let mut pool = pool();
    pool.insert(candidate(0, 0, 100, 10)).unwrap();
    for (fee, tip) in [(109, 11), (110, 10), (200, 10)] {
        let error = pool.insert(candidate(0, 0, fee, tip)).unwrap_err().to_string();
        assert!(error.starts_with("replacement transaction underpriced"), "{error}");
    }
    let added = pool.insert(candidate(0, 0, 110, 11)).unwrap();
    assert_eq!(added.replaced.unwrap().max_fee(), 100);
    assert_eq!(pool.len(), 1);
    assert_eq!(pool.bytes(), added.pooled.size());
}

#[test]
fn refusals_carry_the_words_that_wallets_know() {
    let data = |byte, length| Bytes::from(vec![byte; length]);
    let cases = [
        (TxEip1559 { chain_id: 1, ..transfer(0, 9, 1) }, "invalid chain id for signer"),
        (TxEip1559 { gas_limit: 20_999, ..transfer(0, 9, 1) }, "intrinsic gas too low"),
        (TxEip1559 { gas_limit: 40_000, input: data(1, 1000), ..transfer(0, 9, 1) }, "insufficient gas for floor data gas cost"),
        (TxEip1559 { gas_limit: 20_000_001, ..transfer(0, 9, 1) }, "exceeds block gas limit"),
        (TxEip1559 { gas_limit: (1 << 24) + 1, ..transfer(0, 9, 1) }, "transaction gas limit too high"),
        (TxEip1559 { to: TxKind::Create, input: data(1, 49_153), gas_limit: 1 << 24, ..transfer(0, 9, 1) }, "max initcode size exceeded"),
        (TxEip1559 { input: data(1, 90_001), gas_limit: 1 << 24, ..transfer(0, 9, 1) }, "oversized data"),
        (transfer(0, 9, 10), "max priority fee per gas higher than max fee per gas"),
        (transfer(0, 4, 1), "transaction underpriced"),
        (transfer(u64::MAX, 9, 1), "nonce has max value"),
    ];
    for (transaction, words) in cases {
        let error = rejection(transaction);
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn the_account_has_to_allow_and_to_pay_for_the_transaction() {
    let mut pool = pool();
    let at = |account, l1_fee| Candidate { account, l1_fee: U256::from(l1_fee), ..candidate(0, 1, 100, 1) };
    let cost = 21_000 * 100 + 7;
    let exact = Account { nonce: 1, balance: U256::from(cost), is_contract: false };
    let error = pool.insert(at(Account { nonce: 2, ..exact }, 7)).unwrap_err().to_string();
    assert!(error.starts_with("nonce too low"), "{error}");
    let error = pool.insert(at(Account { is_contract: true, ..exact }, 7)).unwrap_err().to_string();
    assert!(error.starts_with("sender not an eoa"), "{error}");
    let error = pool.insert(at(exact, 8)).unwrap_err().to_string();
    assert!(error.starts_with("insufficient funds for gas * price + value"), "{error}");
    pool.insert(at(exact, 7)).unwrap();
    assert_eq!(pool.insert(at(exact, 7)).unwrap_err(), Rejection::AlreadyKnown);
    let error = pool.insert(Candidate { account: exact, ..candidate(0, 2, 100, 1) }).unwrap_err();
    assert!(matches!(error, Rejection::InsufficientFunds { queued, .. } if queued == U256::from(cost)), "{error}");
}

#[test]
fn a_full_pool_drops_the_tail_of_the_worst_queue() {
    let mut pool = Pool::new(RULES, Limits { transactions: 3, ..Limits::default() }, 10);
    for (who, nonce, tip) in [(0, 0, 9), (1, 0, 3), (1, 1, 30)] {
        pool.insert(candidate(who, nonce, 100, tip)).unwrap();
    }
    let error = pool.insert(candidate(2, 0, 100, 3)).unwrap_err().to_string();
    assert!(error.starts_with("transaction underpriced"), "{error}");
    assert_eq!(pool.insert(candidate(2, 7, 100, 50)).unwrap_err(), Rejection::Full);
    let added = pool.insert(candidate(2, 0, 100, 4)).unwrap();
    assert_eq!(added.evicted.iter().map(|gone| (gone.sender(), gone.nonce())).collect::<Vec<_>>(), [(key(1).address(), 1)]);
    assert_eq!(pool.len(), 3);
}

#[test]
fn a_sender_at_its_limit_can_still_close_a_gap() {
    let mut pool = Pool::new(RULES, Limits { per_sender: 2, ..Limits::default() }, 10);
    pool.insert(candidate(0, 1, 100, 1)).unwrap();
    pool.insert(candidate(0, 2, 100, 1)).unwrap();
    assert_eq!(pool.insert(candidate(0, 3, 100, 1)).unwrap_err(), Rejection::AccountLimit { limit: 2 });
    let added = pool.insert(candidate(0, 0, 100, 1)).unwrap();
    assert_eq!(added.evicted[0].nonce(), 2);
    assert_eq!(pool.pending_nonce(&key(0).address()), Some(2));
}

#[test]
fn a_block_drops_what_it_executed_and_what_is_no_longer_paid_for() {
    let mut pool = pool();
    for nonce in 0..3 {
        pool.insert(candidate(0, nonce, 100, 1)).unwrap();
    }
    let dropped = pool.on_block(11, [(key(0).address(), Account { nonce: 1, ..RICH }), (key(1).address(), RICH)]);
    assert_eq!(dropped.iter().map(|gone| gone.nonce()).collect::<Vec<_>>(), [0]);
    let dropped = pool.on_block(11, [(key(0).address(), Account { nonce: 1, balance: U256::from(5), is_contract: false })]);
    assert_eq!(dropped.len(), 2);
    assert!(pool.is_empty() && pool.bytes() == 0 && !pool.tracks(&key(0).address()));
}

#[test]
fn a_reorg_brings_transactions_back_in_front_of_the_later_ones() {
    let mut pool = pool();
    pool.insert(candidate(0, 0, 100, 1)).unwrap();
    pool.insert(candidate(0, 1, 100, 1)).unwrap();
    pool.on_block(10, [(key(0).address(), Account { nonce: 1, ..RICH })]);
    pool.on_block(10, [(key(0).address(), RICH)]);
    assert!(order(&mut pool).is_empty());
    let refused = pool.reinsert([candidate(0, 0, 100, 1), candidate(0, 1, 100, 1)]);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].1, Rejection::AlreadyKnown);
    assert_eq!(order(&mut pool), [(key(0).address(), 0), (key(0).address(), 1)]);
}

#[test]
fn legacy_transactions_without_a_chain_id_are_taken() {
    let legacy = TxLegacy { chain_id: None, gas_price: 50, gas_limit: 21_000, to: TxKind::Call(Address::ZERO), ..Default::default() };
    let added = pool().insert(Candidate { transaction: sign(0, legacy), account: RICH, l1_fee: U256::ZERO }).unwrap();
    assert_eq!((added.pooled.max_tip(), added.pooled.effective_tip(10)), (50, Some(40)));
    let bytes = added.pooled.transaction().transaction().encode();
    assert_eq!(added.pooled.size(), bytes.len());
    assert_eq!(OpTxEnvelope::decode_2718(&mut bytes.as_slice()).unwrap(), *added.pooled.transaction().envelope());
}

/// One thing that may happen to a pool.
#[derive(Clone, Debug)]
enum Event {
    Insert { who: u8, nonce: u64, fee: u128, tip: u128 },
    Block { who: u8, nonce: u64, balance: u64, base_fee: u64 },
    Remove { nth: usize },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0u8..4, 0u64..8, 5u128..60, 0u128..60)
            .prop_map(|(who, nonce, fee, tip)| Event::Insert { who, nonce, fee, tip: tip.min(fee) }),
        1 => (0u8..4, 0u64..6, 0u64..3_000_000, 5u64..40)
            .prop_map(|(who, nonce, balance, base_fee)| Event::Block { who, nonce, balance, base_fee }),
        1 => any::<usize>().prop_map(|nth| Event::Remove { nth }),
    ]
}

fn check_invariants(pool: &mut Pool, limits: &Limits, accounts: &BTreeMap<Address, Account>, base_fee: u64) {
    let content = pool.content();
    assert_eq!(pool.ready_len(), content.ready.values().map(Vec::len).sum::<usize>());
    for sender in accounts.keys() {
        let (own, list) = (pool.content_of(sender), |found: Option<&Vec<Arc<Pooled>>>| {
            found.into_iter().flatten().map(|pooled| pooled.hash()).collect::<Vec<_>>()
        });
        assert_eq!(list(own.ready.get(sender)), list(content.ready.get(sender)));
        assert_eq!(list(own.future.get(sender)), list(content.future.get(sender)));
        assert!(own.ready.len() <= 1 && own.future.len() <= 1, "of others");
    }
    let mut hashes = BTreeSet::new();
    let mut bytes = 0;
    for (sender, ready) in &content.ready {
        let account = accounts[sender];
        let nonces: Vec<u64> = ready.iter().map(|pooled| pooled.nonce()).collect();
        assert_eq!(nonces, (account.nonce..account.nonce + ready.len() as u64).collect::<Vec<_>>(), "a gap among the ready");
        assert_eq!(pool.pending_nonce(sender), Some(account.nonce + ready.len() as u64));
    }
    for (sender, future) in &content.future {
        let next = pool.pending_nonce(sender).unwrap();
        assert!(future.iter().all(|pooled| pooled.nonce() > next), "a ready one among the future");
        assert!(future.len() + content.ready.get(sender).map_or(0, Vec::len) <= limits.per_sender);
    }
    for pooled in content.ready.values().chain(content.future.values()).flatten() {
        assert!(pooled.cost() <= accounts[&pooled.sender()].balance);
        assert!(hashes.insert(pooled.hash()) && pool.get(&pooled.hash()).is_some());
        bytes += pooled.size();
    }
    assert_eq!((hashes.len(), bytes), (pool.len(), pool.bytes()));
    assert!(pool.len() <= limits.transactions && pool.bytes() <= limits.bytes);
    check_order(pool, base_fee);
}

/// Whatever is handed out is at that moment the best of all heads.
fn check_order(pool: &mut Pool, base_fee: u64) {
    let mut left = pool.content().ready;
    let tip_of = |queue: &Vec<Arc<Pooled>>| queue.first().and_then(|head| head.effective_tip(base_fee));
    while let Some(peeked) = pool.peek() {
        let pooled = pool.take(1).pop().expect("what was seen is handed out");
        assert_eq!(peeked.hash(), pooled.hash());
        assert_eq!(left.values().filter_map(tip_of).max(), pooled.effective_tip(base_fee));
        let queue = left.get_mut(&pooled.sender()).unwrap();
        assert_eq!(queue.remove(0).hash(), pooled.hash());
    }
    assert!(pool.take(1).is_empty(), "nothing was to be seen");
    assert!(left.values().all(|queue| tip_of(queue).is_none()), "an includable transaction was not handed out");
    pool.reopen();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(64)))]

    #[test]
    fn no_sequence_of_events_breaks_an_invariant(events in prop::collection::vec(event(), 1..80), transactions in 1usize..12, per_sender in 1usize..6) {
        let limits = Limits { transactions, per_sender, bytes: transactions * 115, replacement_percent: 10 };
        let mut base_fee = 10;
        let mut pool = Pool::new(RULES, limits, base_fee);
        let mut accounts: BTreeMap<_, _> = (0..4).map(|who| (key(who).address(), RICH)).collect();
        for event in events {
            match event {
                Event::Insert { who, nonce, fee, tip } => {
                    let account = accounts[&key(who).address()];
                    let before = pool.len();
                    match pool.insert(Candidate { account, ..candidate(who, nonce, fee, tip) }) {
                        Ok(added) => {
                            prop_assert!(pool.get(&added.pooled.hash()).is_some());
                            prop_assert_eq!(pool.len(), before + 1 - added.evicted.len() - usize::from(added.replaced.is_some()));
                        }
                        Err(_) => prop_assert_eq!(pool.len(), before),
                    }
                }
                Event::Block { who, nonce, balance, base_fee: next } => {
                    let account = Account { nonce, balance: U256::from(balance), is_contract: false };
                    accounts.insert(key(who).address(), account);
                    base_fee = next;
                    pool.on_block(next, [(key(who).address(), account)]);
                }
                Event::Remove { nth } => {
                    let all: Vec<B256> = pool.content().ready.into_values().flatten().map(|pooled| pooled.hash()).collect();
                    if let Some(hash) = all.get(nth % all.len().max(1)) {
                        prop_assert!(pool.remove(hash).is_some() && pool.get(hash).is_none());
                    }
                }
            }
            check_invariants(&mut pool, &limits, &accounts, base_fee);
        }
    }

    #[test]
    fn intrinsic_gas_is_what_the_evm_charges(input in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..400), create: bool, keys in prop::collection::vec(0usize..4, 0..4)) {
        use revm::{context_interface::cfg::gas::calculate_initial_tx_gas, primitives::hardfork::SpecId};
        let items = keys.iter().map(|count| AccessListItem { address: Address::ZERO, storage_keys: vec![B256::ZERO; *count] });
        let to = if create { TxKind::Create } else { TxKind::Call(Address::ZERO) };
        let list = TxEip2930 { chain_id: CHAIN, to, input: input.clone().into(), access_list: AccessList(items.collect()), ..Default::default() };
        let transaction = sign(0, list);
        let (addresses, slots) = (keys.len() as u64, keys.iter().sum::<usize>() as u64);
        let expected = calculate_initial_tx_gas(SpecId::OSAKA, &input, create, addresses, slots, 0, None);
        let found = intrinsic_gas(transaction.transaction());
        prop_assert_eq!((found.initial, found.floor), (expected.initial_regular_gas, expected.floor_gas));
    }
}

#[test]
fn what_a_reorganisation_gives_back_comes_before_what_its_sender_has_sent_since() {
    let mut pool = pool();
    let cost = U256::from(21_000u64 * 100);
    let account = |nonce, balance| Account { nonce, balance, ..RICH };
    // The first was executed at less than it might have cost; what it left pays for the second.
    let left = cost + cost / U256::from(2);
    let second = Candidate { account: account(1, left), ..candidate(0, 1, 150, 1) };
    pool.insert(second).expect("its sender can pay for it");
    pool.on_block(10, [(key(0).address(), account(0, cost + cost))]);
    assert_eq!(order(&mut pool), []);
    let first = || Candidate { account: account(0, cost + cost), ..candidate(0, 0, 100, 1) };
    assert!(matches!(pool.insert(first()), Err(Rejection::InsufficientFunds { .. })), "as a new one it would have to come with more");
    assert_eq!(pool.reinsert([first()]), []);
    assert_eq!(order(&mut pool), [(key(0).address(), 0), (key(0).address(), 1)]);
}
