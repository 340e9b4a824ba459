//! Builder, batcher and pool on a real chain, with an L1 that is only its inbox.

use crate::{
    batcher::{Queue, append},
    builder::{BuilderError, Finished, Look, Sealed, Start, seal, start},
    config::BuilderConfig,
    mempool::{Mempool, SharedMempool, SubmitFailure},
    params::Params,
};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    network::TxSignerSync,
    primitives::{Address, B256, TxKind, U256},
    signers::local::PrivateKeySigner,
};
use gainsay_batch::{DataAvailability, L1Fees, PackedBatch, PackedPayload, Packer, PackerConfig};
use gainsay_chain::{Chain, History, InboxEvent, L1Update, Options, recover_senders};
use gainsay_l1::Contracts;
use gainsay_rpc::Inclusions;
use gainsay_shell::chain::{ChainCore, Progress};
use gainsay_store::{BatchData, L1Block};
use gainsay_types::{
    Attributes, BatchHeader, BatchKind, ChainConfig, Message, MessageBody, Millis, RecoveredTransaction, Transaction, UserDeposit,
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{broadcast, watch};

/// L1 time of block n: n seconds after this.
const START: u64 = 1_700_000_000;
const FEES: L1Fees = L1Fees { base_fee: 1, blob_base_fee: 1 };
/// The first account of the public test mnemonic, funded in the devnet preset.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

pub(crate) struct World {
    pub(crate) core: ChainCore,
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) pool: SharedMempool,
    pub(crate) inclusions: Inclusions,
    queue: Queue,
    l1: u64,
    now: Millis,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let params =
            Params::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/devnet.params.json")).expect("it is committed");
        let contracts = Contracts::of(Address::repeat_byte(0x77), B256::ZERO);
        let config = params.chain_config(contracts.portal);
        let genesis =
            params.genesis_file(Millis::from_secs(START), &contracts).map(|file| file.block(&config)).expect("accounts").expect("a block");
        let config = ChainConfig { genesis_hash: genesis.header.hash(), ..config };
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            path: folder.path().join("data"),
            l1_chain_id: 1,
            cache_bytes: 1 << 20,
            history: History::Archive,
            keep_unsafe: true,
        };
        let (chain, _) = Chain::open(&options, config.clone(), &genesis).expect("a new chain");
        let (core, progress) = ChainCore::new(chain);
        let inclusions = Inclusions::default();
        let pool =
            Mempool::new(core.chain.store().clone(), Arc::new(config), broadcast::channel(16).0, inclusions.clone()).expect("a pool");
        let pool = SharedMempool::new(pool);
        let packer = PackerConfig { max_age_ms: 1_000, ..PackerConfig::for_kind(DataAvailability::Calldata) };
        let queue = Queue::new(Packer::new(packer).expect("a valid configuration"));
        let mut world = Self { core, progress, pool, inclusions, queue, l1: 0, now: Millis::from_secs(START).plus(10_000), folder };
        world.extend(Vec::new());
        world
    }

    /// A new L1 block with these events, and everything that follows from it.
    fn extend(&mut self, events: Vec<InboxEvent>) {
        self.l1 += 1;
        let block = self.l1_block(self.l1);
        self.core.apply_l1(&L1Update::Extend { block, events }).expect("it follows");
        self.derive();
    }

    fn l1_block(&self, number: u64) -> L1Block {
        L1Block { number, hash: B256::from(U256::from(number)), parent_hash: B256::from(U256::from(number - 1)), timestamp: START + number }
    }

    fn derive(&mut self) {
        while self.core.advance().expect("it derives") {}
    }

    fn message(&self, body: MessageBody) -> InboxEvent {
        let heads = self.core.chain.heads();
        let before = self.core.chain.store().message(heads.messages).expect("the store").map_or(0, |record| record.message.user_ordinal);
        let user_ordinal = before + u64::from(matches!(body, MessageBody::User(_)));
        let message = Message { index: heads.messages + 1, user_ordinal, l1_number: self.l1 + 1, l1_time: START + self.l1 + 1, body };
        InboxEvent::Message { acc: message.accumulate(heads.deposit_acc), message, tx_hash: B256::ZERO }
    }

    /// The batch as the Inbox would append it in the next L1 block.
    fn batch(&self, payload: &[u8], m: u64) -> InboxEvent {
        let heads = self.core.chain.heads();
        let header = BatchHeader {
            kind: BatchKind::Calldata,
            payload_hash: alloy::primitives::keccak256(payload),
            deposit_count: m,
            deposit_acc: self.core.chain.store().deposit_acc(m).expect("a message"),
            l1_number: self.l1 + 1,
            l1_time: START + self.l1 + 1,
            l1_base_fee: U256::from(1),
            l1_blob_base_fee: U256::from(1),
            batch_index: heads.batches + 1,
        };
        InboxEvent::Batch { acc: header.accumulate(heads.batch_acc), header, data: BatchData::Calldata(payload.to_vec().into()) }
    }

    /// Builds a block a second later, if there is anything to put into it.
    pub(crate) fn build(&mut self) -> bool {
        let finished = self.open_and_close();
        let sealed = finished.is_some_and(|finished| self.seal(finished).is_ok());
        self.derive();
        sealed
    }

    /// A block of what the pool has, a second later.
    fn open_and_close(&mut self) -> Option<Finished> {
        self.now = self.now.plus(1_000);
        let choices = BuilderConfig { block_time: None, empty_block_interval: None, confirmations: 1, stopped: false, block_bytes: 90_000 };
        let config = self.core.chain.config().clone();
        let store = self.core.chain.store().clone();
        let Start::Open(mut round) = start(&store, &config, &self.pool, &choices, self.now).expect("it reads") else { return None };
        let later = Instant::now() + Duration::from_secs(60);
        while !matches!(round.look(&self.pool, later).expect("it executes"), Look::Dry | Look::Full) {}
        Some(round.close())
    }

    fn seal(&mut self, finished: Finished) -> Result<Sealed, BuilderError> {
        let Finished { built, rejected, times } = finished;
        let sealed = seal(&mut self.core, *built.expect("something is in it"), times)?;
        let mut pool = self.pool.lock();
        pool.on_block(&sealed.block).expect("the store");
        pool.reject(&rejected);
        pool.reopen();
        Ok(sealed)
    }

    fn pack(&mut self) -> Option<PackedBatch> {
        let store = self.core.chain.store().clone();
        let packer = self.queue.fill(&store, 0, self.core.chain.config().block_time_ms).expect("it fits");
        packer.take(self.now, FEES, true).expect("it packs")
    }

    fn latest(&self) -> u64 {
        self.core.chain.heads().latest.number
    }

    fn safe(&self) -> u64 {
        self.core.chain.heads().safe.l2_block_number
    }

    fn user_transactions(&self, number: u64) -> Vec<B256> {
        let block = self.core.chain.store().block(number).expect("the store").expect("the block");
        block.user_transactions().map(|transaction| transaction.tx_hash()).collect()
    }
}

pub(crate) fn transfer(nonce: u64) -> RecoveredTransaction {
    paying(nonce, 10_000_000_000)
}

/// A transfer with this fee cap, and a tenth of it as its tip cap.
pub(crate) fn paying(nonce: u64, fee: u128) -> RecoveredTransaction {
    let signer: PrivateKeySigner = KEY.parse().expect("a key");
    let mut unsigned = TxEip1559 {
        chain_id: 42026,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: fee / 10,
        to: TxKind::Call(Address::repeat_byte(5)),
        value: U256::from(1),
        ..TxEip1559::default()
    };
    let signature = signer.sign_transaction_sync(&mut unsigned).expect("it signs");
    let raw = TxEnvelope::from(unsigned.into_signed(signature)).encoded_2718();
    Transaction::decode(&raw).and_then(Transaction::recover).expect("a valid transaction")
}

fn calldata(batch: &PackedBatch) -> &[u8] {
    match &batch.payload {
        PackedPayload::Calldata(payload) => payload,
        PackedPayload::Blobs(_) => panic!("calldata was asked for"),
    }
}

fn deposit() -> MessageBody {
    let to = Some(Address::repeat_byte(9));
    MessageBody::User(UserDeposit { from: Address::repeat_byte(8), to, mint: 7, value: 7, gas_limit: 100_000, data: Default::default() })
}

fn attributes() -> MessageBody {
    MessageBody::Attributes(Attributes { base_fee: U256::from(1), blob_base_fee: U256::from(1), prev_randao: B256::ZERO })
}

#[test]
fn a_posted_batch_makes_the_built_blocks_safe_without_executing_them_again() {
    let mut world = World::new();
    for nonce in 0..3 {
        world.pool.lock().submit(transfer(nonce)).expect("a good transaction");
        assert!(world.build());
    }
    let batch = world.pack().expect("three blocks wait");
    assert_eq!((batch.first_block, batch.last_block, batch.transactions), (1, 3, 3));
    assert!(world.pack().is_none(), "what was taken is not taken twice");
    let executed = world.core.chain.executions();
    let event = world.batch(calldata(&batch), batch.deposit_count);
    world.extend(vec![event]);
    assert_eq!((world.safe(), world.latest(), world.core.chain.executions()), (3, 3, executed));
    assert!(world.pack().is_none(), "nothing is left");
}

#[test]
fn a_young_block_waits_for_more_unless_an_operator_wants_it_posted() {
    let mut world = World::new();
    world.pool.lock().submit(transfer(0)).expect("a good transaction");
    world.build();
    let (store, block_time) = (world.core.chain.store().clone(), world.core.chain.config().block_time_ms);
    let mut pack = |flush| world.queue.pack(&store, 0, block_time, world.now, FEES, flush).expect("it packs");
    assert!(pack(false).is_none(), "it is not a second old, and far from full");
    assert_eq!(pack(true).map(|batch| (batch.first_block, batch.last_block)), Some((1, 1)));
}

#[test]
fn a_batch_that_did_not_get_to_l1_is_packed_again() {
    let mut world = World::new();
    world.pool.lock().submit(transfer(0)).expect("a good transaction");
    world.build();
    let first = world.pack().expect("a block waits");
    world.queue.forget();
    assert_eq!(world.pack(), Some(first));
}

#[test]
fn a_foreign_batch_drops_unsafe_blocks_and_their_transactions_return() {
    let mut world = World::new();
    let deposited = world.message(deposit());
    world.extend(vec![deposited]);
    let sent = transfer(0);
    world.pool.lock().submit(sent.clone()).expect("a good transaction");
    assert!(world.build());
    assert_eq!(world.user_transactions(1), vec![sent.transaction().hash()]);
    // A batch of garbage that consumes the deposit: one closing block in place of the built one.
    let garbage = world.batch(b"garbage", 1);
    world.extend(vec![garbage]);
    assert_eq!((world.safe(), world.latest()), (1, 1));
    assert!(world.user_transactions(1).is_empty());
    let dropped = recover_senders(world.core.take_dropped()).expect("they were executed before");
    assert_eq!(dropped, vec![sent.clone()]);
    world.pool.lock().take_back(dropped).expect("the store");
    assert!(world.build());
    assert_eq!(world.user_transactions(2), vec![sent.transaction().hash()]);
    let next = world.pack().expect("the rebuilt block waits");
    assert_eq!((next.first_block, next.last_block), (2, 2));
}

#[test]
fn a_block_that_was_overtaken_loses_nothing() {
    let mut world = World::new();
    let deposited = world.message(deposit());
    world.extend(vec![deposited]);
    let sent = transfer(0);
    world.pool.lock().submit(sent.clone()).expect("a good transaction");
    let finished = world.open_and_close().expect("a block");
    assert_eq!(finished.built.as_ref().map(|built| built.included.len()), Some(1));
    // While it was open, L1 has said what comes next: a closing block with the deposit.
    let garbage = world.batch(b"garbage", 1);
    world.extend(vec![garbage]);
    assert!(world.seal(finished).is_err_and(|error| error.is_overtaken()));
    world.pool.lock().reopen();
    assert!(world.build());
    assert_eq!(world.user_transactions(2), vec![sent.transaction().hash()]);
}

#[test]
fn attributes_alone_make_no_block_and_a_deposit_does() {
    let mut world = World::new();
    let message = world.message(attributes());
    world.extend(vec![message]);
    world.extend(Vec::new());
    assert!(!world.build());
    let message = world.message(deposit());
    world.extend(vec![message]);
    assert!(!world.build(), "it has no block on top yet");
    world.extend(Vec::new());
    assert!(world.build());
    assert_eq!(world.core.chain.deposit_index().expect("the store"), 2);
}

#[test]
fn an_append_names_what_it_was_built_on_and_proves_the_first_user_deposit() {
    let mut world = World::new();
    for body in [attributes(), deposit(), deposit(), attributes()] {
        let message = world.message(body);
        world.extend(vec![message]);
    }
    let store = world.core.chain.store();
    let all = append(store, 0, 4).expect("the messages are there");
    assert_eq!((all.depositCount, all.firstUserIndex, all.firstUser.userOrdinal), (4, 2, 1));
    assert_eq!((all.last.kind, all.last.userOrdinal), (1, 2));
    assert_eq!(all.expectedDepositAcc, store.heads().deposit_acc);
    let none = append(store, 4, 4).expect("nothing to prove");
    assert_eq!((none.firstUserIndex, none.last.l1Number), (0, 0));
    assert!(append(store, 0, 5).is_err(), "there is no fifth message");
}

#[test]
fn the_pool_refuses_what_the_chain_has_executed() {
    let mut world = World::new();
    world.pool.lock().submit(transfer(0)).expect("a good transaction");
    world.build();
    assert!(matches!(world.pool.lock().submit(transfer(0)), Err(SubmitFailure::Rejected(_))));
    assert_eq!(world.pool.lock().pending_nonce(&transfer(0).sender()), None);
}

#[test]
fn transactions_that_come_in_while_blocks_are_made_are_each_in_one() {
    const COUNT: u64 = 120;
    let mut world = World::new();
    let pool = world.pool.clone();
    let mut included = Vec::new();
    let end = Instant::now() + Duration::from_secs(60);
    std::thread::scope(|scope| {
        for first in 0..4 {
            let pool = &pool;
            // Each sends every fourth nonce, so that there are gaps until the others have sent theirs.
            scope.spawn(move || {
                for nonce in (first..COUNT).step_by(4) {
                    pool.submit(transfer(nonce).into_transaction()).expect("a good transaction");
                }
            });
        }
        while (included.len() as u64) < COUNT && Instant::now() < end {
            if world.build() {
                included.extend(world.user_transactions(world.latest()));
            }
        }
    });
    let sent: Vec<_> = (0..COUNT).map(|nonce| transfer(nonce).transaction().hash()).collect();
    assert_eq!(included, sent);
    assert!(world.pool.lock().peek().is_none());
}

#[test]
fn blocks_too_far_ahead_of_l1s_time_wait_for_it() {
    let mut world = World::new();
    world.pool.lock().submit(transfer(0)).expect("a good transaction");
    assert!(world.build());
    world.now = Millis::from_secs(START + 700);
    world.pool.lock().submit(transfer(1)).expect("a good transaction");
    assert!(world.build());
    let batch = world.pack().expect("the first block waits");
    assert_eq!((batch.first_block, batch.last_block), (1, 1), "a batch in the next L1 block must not hold the second");
    world.queue.forget();
    // Block n of L1 is n seconds after the start, and the second L2 block 701.
    while world.l1 < 101 {
        assert_eq!(world.pack().map(|batch| batch.last_block), Some(1));
        world.queue.forget();
        world.extend(Vec::new());
    }
    let batch = world.pack().expect("both");
    assert_eq!(batch.last_block, 2);
    let event = world.batch(calldata(&batch), batch.deposit_count);
    world.extend(vec![event]);
    assert_eq!((world.safe(), world.latest()), (2, 2));
}

#[test]
fn while_more_waits_than_is_taken_at_a_time_the_builder_looks_again_at_once() {
    let world = World::new();
    for nonce in 0..100 {
        world.pool.lock().submit(transfer(nonce)).expect("a good transaction");
    }
    let choices = BuilderConfig { block_time: None, empty_block_interval: None, confirmations: 1, stopped: false, block_bytes: 90_000 };
    let (config, store) = (world.core.chain.config().clone(), world.core.chain.store().clone());
    let Start::Open(mut round) = start(&store, &config, &world.pool, &choices, world.now.plus(1_000)).expect("it reads") else { panic!() };
    let later = Instant::now() + Duration::from_secs(60);
    let looks: Vec<_> = (0..3).map(|_| round.look(&world.pool, later).expect("it executes")).collect();
    assert_eq!(looks, [Look::Plenty, Look::More, Look::Dry]);
}
