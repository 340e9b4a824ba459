use super::*;
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_consensus::{Header, Sealed, SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use gainsay_execute::{
    Fault, execute_block,
    genesis::{Genesis, GenesisAccount, GenesisAlloc, genesis_block},
    memory::MemoryState,
};
use gainsay_pool::{Account, Candidate, Pool, Pooled, Rules};
use gainsay_types::{
    BlockInput, ChainConfig, Message, MessageBody, Millis, Transaction, UserDeposit,
    predeploys::{L1_BLOCK, l1_block_slot},
};
use op_alloy_consensus::OpTxEnvelope;
use proptest::prelude::*;
use std::sync::Arc;

const START: Millis = Millis(1_700_000_000_000);
const ETHER: u128 = 1_000_000_000_000_000_000;
/// Keys 0 to 3 are funded, 4 is not.
const FUNDED: u8 = 4;

/// A chain at its genesis block, with a pool.
struct Scene {
    config: ChainConfig,
    parent: Sealed<Header>,
    state: MemoryState,
    pool: Pool,
    limits: Limits,
    deposits: Vec<Message>,
}

impl Scene {
    fn new() -> Self {
        let config = ChainConfig {
            l2_chain_id: 901,
            spec_id: 1,
            block_time_ms: 250,
            block_gas_limit: 30_000_000,
            gas_rate: 4_000_000,
            gas_target: 5_000_000,
            base_fee_denominator: 50,
            min_base_fee: 10,
            base_fee_scalar: 1_000_000,
            blob_base_fee_scalar: 0,
            portal: Address::repeat_byte(9),
            genesis_hash: B256::ZERO,
        };
        let rich = GenesisAccount { balance: U256::from(ETHER), ..GenesisAccount::default() };
        let mut accounts: GenesisAlloc = GenesisAlloc((0..FUNDED).map(|who| (key(who).address(), rich.clone())).collect());
        // One unit of L1 data costs 7 wei.
        let slots = [(l1_block_slot::BASE_FEE, 7u64), (l1_block_slot::SCALARS, 1_000_000)];
        let storage = slots.map(|(slot, value)| (U256::from(slot), U256::from(value))).into();
        accounts.0.insert(L1_BLOCK, GenesisAccount { nonce: U256::from(1), storage, ..GenesisAccount::default() });
        let Genesis { header, changes, nodes, .. } = genesis_block(&config, START, 10, &accounts).expect("a good genesis");
        let mut state = MemoryState::default();
        state.apply(&changes, nodes);
        let pool = Pool::new(Rules::new(&config), gainsay_pool::Limits::default(), 10);
        Self { config, parent: header, state, pool, limits: Limits::default(), deposits: Vec::new() }
    }

    /// Puts a transaction into the pool whose sender pretends to be rich.
    fn add(&mut self, who: u8, transaction: TxEip1559) -> B256 {
        let transaction = signed(who, transaction);
        let hash = transaction.hash();
        let account = Account { nonce: 0, balance: U256::MAX, is_contract: false };
        let transaction = transaction.recover().expect("a good signature");
        self.pool.insert(Candidate { transaction, account, l1_fee: U256::ZERO }).expect("the pool takes it");
        hash
    }

    fn job(&self, after_ms: u64) -> Job<'_, '_> {
        Job {
            config: &self.config,
            parent: &self.parent,
            parent_time: START,
            now: START.plus(after_ms),
            deposits: &self.deposits,
            limits: self.limits,
        }
    }

    fn opening_at(&self, after_ms: u64) -> Opening<'_, &MemoryState> {
        open(&self.job(after_ms), self.pool.peek().as_deref(), &self.state).expect("the state can be read")
    }

    /// An open block without transactions, and the pool to take them from.
    fn open_at(&mut self, after_ms: u64) -> (OpenBlock<'_, &MemoryState>, &mut Pool) {
        let Self { config, parent, state, pool, limits, deposits } = self;
        let now = START.plus(after_ms);
        let job = Job { config, parent, parent_time: START, now, deposits, limits: *limits };
        match open(&job, pool.peek().as_deref(), &*state).expect("the state can be read") {
            Opening::Open(block) => (*block, pool),
            other => panic!("no block: {other:?}"),
        }
    }

    /// A block of all that the pool gives, and its time after the start.
    fn closed_at(&mut self, after_ms: u64) -> (u64, Closed) {
        let (mut block, pool) = self.open_at(after_ms);
        offer_all(&mut block, pool);
        (block.time().since(START), block.close())
    }

    fn built_at(&mut self, after_ms: u64) -> Built {
        let built = self.closed_at(after_ms).1.built;
        self.pool.reopen();
        *built.expect("a block")
    }

    fn waits_until(&self, after_ms: u64) -> Option<u64> {
        match self.opening_at(after_ms) {
            Opening::Wait { until } => Some(until.since(START)),
            Opening::Idle => None,
            Opening::Open(block) => panic!("a block: {block:?}"),
        }
    }
}

/// Offers what the pool gives, three at a time, until it gives nothing more.
fn offer_all(block: &mut OpenBlock<'_, &MemoryState>, pool: &mut Pool) {
    loop {
        let taken = pool.take(3);
        if taken.is_empty() {
            return;
        }
        for pooled in taken {
            let (sender, nonce) = (pooled.sender(), pooled.nonce());
            if block.push(pooled).expect("the state can be read") != Pushed::Executed {
                pool.put_back(sender, nonce);
            }
        }
    }
}

fn hashes(included: &[Arc<Pooled>]) -> Vec<B256> {
    included.iter().map(|pooled| pooled.hash()).collect()
}

fn key(who: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(who + 1)).expect("a valid key")
}

fn transfer(nonce: u64, tip: u128) -> TxEip1559 {
    TxEip1559 {
        chain_id: 901,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 1_000,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(Address::repeat_byte(7)),
        value: U256::from(1),
        ..TxEip1559::default()
    }
}

/// A transfer of `bytes` bytes of calldata, with gas for them.
fn with_data(nonce: u64, tip: u128, bytes: usize) -> TxEip1559 {
    TxEip1559 { input: Bytes::from(vec![1; bytes]), gas_limit: 21_000 + 40 * bytes as u64, ..transfer(nonce, tip) }
}

fn signed(who: u8, transaction: TxEip1559) -> Transaction {
    let signature = key(who).sign_hash_sync(&transaction.signature_hash()).expect("signs");
    Transaction::new(OpTxEnvelope::from(transaction.into_signed(signature))).expect("a user type")
}

fn deposit(index: u64, gas_limit: u64) -> Message {
    let user = UserDeposit {
        from: Address::repeat_byte(5),
        to: Some(Address::repeat_byte(6)),
        mint: 1_000,
        value: 1,
        gas_limit,
        data: Bytes::new(),
    };
    Message { index, user_ordinal: index, l1_number: 1, l1_time: START.secs(), body: MessageBody::User(user) }
}

#[test]
fn nothing_to_do_opens_no_block() {
    let mut scene = Scene::new();
    assert_eq!(scene.waits_until(100_000), None);
    scene.limits.empty_block_interval_ms = Some(2_000);
    assert_eq!(scene.waits_until(1_999), Some(2_000));
    let built = scene.built_at(2_000);
    assert!(built.included.is_empty() && built.block.transactions.is_empty());
}

#[test]
fn a_block_opened_early_has_the_time_at_which_the_block_time_has_passed() {
    let mut scene = Scene::new();
    let hash = scene.add(0, transfer(0, 1));
    let (time, closed) = scene.closed_at(10);
    assert_eq!((time, hashes(&closed.built.expect("a block").included)), (250, vec![hash]));
    scene.pool.reopen();
    assert_eq!(scene.closed_at(251).0, 251);
}

#[test]
fn the_operators_block_time_counts_where_it_is_more_than_the_chains() {
    let mut scene = Scene::new();
    scene.add(0, transfer(0, 1));
    for (given, time) in [(100, 250), (400, 400)] {
        scene.limits.block_time_ms = given;
        assert_eq!(scene.closed_at(10).0, time);
        scene.pool.reopen();
    }
}

#[test]
fn the_best_transactions_come_first_and_all_fitting_ones_are_in() {
    let mut scene = Scene::new();
    let sent = [scene.add(0, transfer(0, 1)), scene.add(0, transfer(1, 9)), scene.add(1, transfer(0, 5))];
    let built = scene.built_at(250);
    assert_eq!(hashes(&built.included), [sent[2], sent[0], sent[1]]);
    assert_eq!(built.block.header.gas_used, 63_000);
}

#[test]
fn what_comes_while_the_block_is_open_is_executed_after_what_is_in_it() {
    let mut scene = Scene::new();
    let early = signed(0, transfer(0, 1)).hash();
    let late = signed(1, transfer(0, 99)).recover().unwrap();
    scene.add(0, transfer(0, 1));
    let (mut block, pool) = scene.open_at(10);
    offer_all(&mut block, pool);
    assert_eq!(block.executed(0).map(|executed| executed.hash).collect::<Vec<_>>(), [early]);
    let account = Account { nonce: 0, balance: U256::MAX, is_contract: false };
    pool.insert(Candidate { transaction: late.clone(), account, l1_fee: U256::ZERO }).expect("the pool takes it");
    offer_all(&mut block, pool);
    let news: Vec<_> = block.executed(1).map(|executed| (executed.index, executed.hash, executed.from, executed.to)).collect();
    assert_eq!(news, [(1, late.transaction().hash(), key(1).address(), Some(Address::repeat_byte(7)))]);
    assert_eq!(block.close().built.expect("a block").block.transactions.len(), 2);
}

#[test]
fn deposits_are_executed_when_the_block_is_opened() {
    let mut scene = Scene::new();
    scene.deposits = vec![deposit(1, 100_000)];
    let (block, _) = scene.open_at(250);
    let executed: Vec<_> = block.executed(0).map(|executed| (executed.from, executed.outcome.success, executed.hash)).collect();
    let built = block.close().built.expect("a block");
    assert_eq!(executed, [(Address::repeat_byte(5), true, built.block.transactions[0].tx_hash())]);
    assert_eq!(built.deposits, 1);
}

#[test]
fn the_best_transaction_decides_the_time_when_it_is_too_large_for_the_allowance() {
    let mut scene = Scene::new();
    // 4 gas a millisecond: 4,000,001 gas take 1,001 ms.
    let large = scene.add(0, TxEip1559 { gas_limit: 4_000_001, ..transfer(0, 9) });
    scene.add(1, transfer(0, 5));
    scene.deposits = vec![deposit(1, 100_000)];
    for after in [250, 1_000, 1_001] {
        let (time, closed) = scene.closed_at(after);
        let built = closed.built.expect("a block");
        assert_eq!((time, built.included[0].hash(), built.included.len(), built.deposits), (1_001, large, 2, 1));
        scene.pool.reopen();
    }
}

#[test]
fn a_stream_of_small_transactions_does_not_keep_a_large_one_out() {
    let mut scene = Scene::new();
    scene.add(1, transfer(0, 5));
    let (mut block, pool) = scene.open_at(250);
    offer_all(&mut block, pool);
    let large = signed(0, TxEip1559 { gas_limit: 4_000_001, ..transfer(0, 9) }).recover().unwrap();
    let account = Account { nonce: 0, balance: U256::MAX, is_contract: false };
    pool.insert(Candidate { transaction: large.clone(), account, l1_fee: U256::ZERO }).expect("the pool takes it");
    offer_all(&mut block, pool);
    assert_eq!(block.close().built.expect("a block").included.len(), 1, "it does not fit the block that was open when it came");
    // The next block is opened with it as the best, whatever else has come.
    scene.pool.on_block(10, [(key(1).address(), Account { nonce: 1, ..account })]);
    scene.pool.reopen();
    scene.add(2, transfer(0, 5));
    let (time, closed) = scene.closed_at(260);
    assert_eq!((time, closed.built.expect("a block").included[0].hash()), (1_001, large.transaction().hash()));
}

#[test]
fn a_large_transaction_that_is_not_the_best_does_not_hold_up_the_others() {
    let mut scene = Scene::new();
    scene.add(0, TxEip1559 { gas_limit: 4_000_001, ..transfer(0, 1) });
    let small = scene.add(1, transfer(0, 5));
    let (time, closed) = scene.closed_at(250);
    assert_eq!((time, hashes(&closed.built.expect("a block").included)), (250, vec![small]));
}

#[test]
fn a_transaction_that_can_never_fit_beside_the_deposits_does_not_hold_them_up() {
    let mut scene = Scene::new();
    scene.add(0, TxEip1559 { gas_limit: 16_000_000, ..transfer(0, 9) });
    scene.deposits = vec![deposit(1, 15_000_000)];
    let (time, closed) = scene.closed_at(250);
    let built = closed.built.expect("a block");
    assert_eq!((time, built.deposits, built.included.len()), (250, 1, 0));
}

#[test]
fn what_cannot_be_executed_is_rejected_with_its_sender_left_out() {
    let mut scene = Scene::new();
    let bad = scene.add(FUNDED, transfer(0, 9));
    scene.add(FUNDED, transfer(1, 9));
    let good = scene.add(0, transfer(0, 1));
    let closed = scene.closed_at(250).1;
    assert_eq!(closed.rejected.len(), 1);
    assert_eq!(closed.rejected[0].hash, bad);
    assert!(matches!(closed.rejected[0].fault, Fault::InsufficientFunds { .. }));
    assert_eq!(hashes(&closed.built.expect("a block").included), [good]);
}

#[test]
fn a_transaction_ahead_of_the_state_stays_in_the_pool() {
    let mut scene = Scene::new();
    let transaction = signed(0, transfer(1, 9)).recover().unwrap();
    let account = Account { nonce: 1, balance: U256::MAX, is_contract: false };
    scene.pool.insert(Candidate { transaction, account, l1_fee: U256::ZERO }).unwrap();
    let closed = scene.closed_at(250).1;
    assert!(closed.rejected.is_empty() && closed.built.is_none());
}

#[test]
fn a_block_of_rejected_transactions_only_is_not_made() {
    let mut scene = Scene::new();
    scene.add(FUNDED, transfer(0, 9));
    let closed = scene.closed_at(250).1;
    assert!(closed.rejected.len() == 1 && closed.built.is_none());
}

#[test]
fn the_bytes_of_a_block_are_bounded_but_one_large_transaction_is_taken_alone() {
    let mut scene = Scene::new();
    scene.limits.block_bytes = 1_000;
    let sent = [scene.add(0, with_data(0, 9, 600)), scene.add(1, with_data(0, 8, 600)), scene.add(2, transfer(0, 7))];
    assert_eq!(hashes(&scene.built_at(250).included), [sent[0], sent[2]]);
    scene.limits.block_bytes = 100;
    assert_eq!(hashes(&scene.built_at(250).included), [sent[0]]);
}

#[test]
fn a_block_is_full_when_neither_gas_nor_bytes_are_left_for_anything() {
    let mut scene = Scene::new();
    scene.limits.block_bytes = 150;
    scene.add(0, transfer(0, 1));
    let (mut block, pool) = scene.open_at(250);
    assert!(!block.is_full());
    offer_all(&mut block, pool);
    assert!(block.is_full(), "bytes");
    // 4 gas a millisecond: a block after 250 ms has room for 1,000,000.
    let mut scene = Scene::new();
    scene.add(0, TxEip1559 { input: Bytes::from_static(&[0xfe]), to: TxKind::Create, gas_limit: 990_000, ..transfer(0, 1) });
    let (mut block, pool) = scene.open_at(250);
    offer_all(&mut block, pool);
    assert!(block.is_full(), "gas");
}

#[test]
fn deposits_fill_a_block_up_to_its_gas_limit_and_up_to_a_batch() {
    let mut scene = Scene::new();
    scene.deposits = (1..=4).map(|index| deposit(index, 10_000_000)).collect();
    assert_eq!(scene.closed_at(0).0, 250);
    assert_eq!(scene.built_at(250).deposits, 3);
    scene.deposits = (1..=600).map(|index| deposit(index, 21_000)).collect();
    assert_eq!(scene.built_at(250).deposits, 512);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(48)))]

    /// What the sequencer builds is what everybody else derives from it.
    #[test]
    fn a_built_block_is_valid_and_executes_to_the_same_header(
        senders in prop::collection::vec((0u8..5, 0u64..3, 1u128..900, 0usize..300), 0..12),
        deposits in prop::collection::vec(21_000u64..9_000_000, 0..5),
        after_ms in 0u64..3_000,
        block_bytes in 100usize..2_000,
    ) {
        let mut scene = Scene::new();
        scene.limits.block_bytes = block_bytes;
        scene.deposits = (1..).zip(deposits).map(|(index, gas)| deposit(index, gas)).collect();
        for (who, nonce, tip, bytes) in senders {
            let transaction = signed(who, with_data(nonce, tip, bytes)).recover().unwrap();
            let account = Account { nonce: 0, balance: U256::MAX, is_contract: false };
            let _ = scene.pool.insert(Candidate { transaction, account, l1_fee: U256::ZERO });
        }
        if scene.pool.peek().is_none() && scene.deposits.is_empty() {
            prop_assert_eq!(scene.waits_until(after_ms), None);
            return Ok(());
        }
        let (time, closed) = scene.closed_at(after_ms);
        if let Some(built) = closed.built {
            prop_assert!(time >= scene.config.block_time_ms.max(after_ms));
            let users = &built.block.transactions[built.deposits..];
            prop_assert_eq!(users.iter().map(OpTxEnvelope::tx_hash).collect::<Vec<_>>(), hashes(&built.included));
            let input = BlockInput {
                timestamp: START.plus(time),
                deposits: scene.deposits[..built.deposits].to_vec(),
                transactions: users.iter().map(|envelope| Transaction::new(envelope.clone()).unwrap()).collect(),
                closing: false,
            };
            let bytes: usize = input.transactions.iter().map(|transaction| transaction.encode().len()).sum();
            prop_assert!(bytes <= block_bytes || users.len() == 1);
            let (executed, _) = execute_block(&scene.config, &scene.parent, input, &scene.state, &scene.state).unwrap();
            prop_assert_eq!(executed.header.transactions_root, built.block.header.transactions_root);
            prop_assert_eq!(executed.header.receipts_root, built.block.header.receipts_root);
            prop_assert_eq!(executed.changes, built.block.changes);
        }
    }
}
