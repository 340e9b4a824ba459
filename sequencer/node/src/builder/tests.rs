//! The builder's thread on a real chain.

use super::{Bell, Builder};
use crate::{
    administration::{BatcherControl, Desk, Sequencing},
    client::OwnPool,
    config::BuilderConfig,
    gate::Gate,
    mempool::SharedMempool,
    tests::{World, transfer},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256},
    providers::{Provider as _, RootProvider},
};
use gainsay_rpc::{AdminError, Administration as _, Backend, L1Progress, Limits, Preconfirmations, RpcServer, serve};
use gainsay_shell::{
    chain::ChainCore,
    follow::InboxView,
    owner::{self, own},
};
use gainsay_store::Store;
use std::{sync::Arc, time::Duration};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// A chain, its owner and a builder that run.
struct Running {
    store: Store,
    pool: SharedMempool,
    bell: Bell,
    gate: Gate,
    stop: CancellationToken,
    builder: tokio::task::JoinHandle<()>,
    owner: (CancellationToken, tokio::task::JoinHandle<()>),
    rpc: RpcServer,
    _inbox: watch::Sender<InboxView>,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start(block_time: Duration) -> Self {
        let World { core, progress, pool, folder, inclusions, .. } = World::new();
        let store = core.chain.store().clone();
        let network = Arc::new(core.chain.config().clone());
        let core_latest = core.latest();
        let (chain, jobs) = owner::channel();
        let stop_owner = CancellationToken::new();
        let owning = own(core, jobs, stop_owner.clone(), ChainCore::advance);
        let owning = tokio::spawn(async move { owning.await.expect("the chain") });
        let (_inbox, inbox) = watch::channel(InboxView { caught_up: true, ..InboxView::default() });
        let (bell, gate, stop) = (Bell::default(), Gate::default(), CancellationToken::new());
        let config = BuilderConfig {
            block_time: Some(block_time),
            empty_block_interval: None,
            confirmations: 1,
            stopped: false,
            block_bytes: 90_000,
        };
        let preconfirmations = Preconfirmations::default();
        let backend = Backend {
            store: store.clone(),
            config: network.clone(),
            client: Arc::new(OwnPool { pool: pool.clone(), bell: bell.clone() }),
            latest: core_latest,
            l1: Arc::new(L1Progress::default),
            pending: broadcast::channel(1).0,
            preconfirmations: preconfirmations.clone(),
            inclusions,
            version: String::new(),
        };
        let rpc = serve(([127, 0, 0, 1], 0).into(), backend, Limits::default()).await.expect("a free port");
        let builder = Builder {
            chain,
            store: store.clone(),
            network,
            pool: pool.clone(),
            bell: bell.clone(),
            gate: gate.clone(),
            progress,
            inbox,
            preconfirmations,
            config,
        };
        let token = stop.clone();
        let builder = tokio::spawn(async move { builder.run(token).await.expect("it builds") });
        Self { store, pool, bell, gate, stop, builder, owner: (stop_owner, owning), rpc, _inbox, _folder: folder }
    }

    fn send(&self, nonce: u64) -> B256 {
        let transaction = transfer(nonce);
        let hash = transaction.transaction().hash();
        self.pool.lock().submit(transaction).expect("a good transaction");
        self.bell.ring();
        hash
    }

    /// Waits until a transaction is in a block, and says in which.
    async fn included(&self, hash: B256) -> u64 {
        let search = async {
            loop {
                if let Some(location) = self.store.transaction(&hash).expect("the store") {
                    return location.block;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), search).await.expect("it is included")
    }

    async fn end(self) -> Store {
        self.stop.cancel();
        self.builder.await.expect("no panic");
        self.owner.0.cancel();
        self.owner.1.await.expect("no panic");
        self.store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_an_idle_chain_a_transaction_does_not_wait_for_the_block_time() {
    let running = Running::start(Duration::from_secs(3_600)).await;
    let hash = running.send(0);
    assert_eq!(running.included(hash).await, 1);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_process_stops_the_open_block_is_closed_at_once() {
    let running = Running::start(Duration::from_secs(3_600)).await;
    let first = running.send(0);
    running.included(first).await;
    let second = running.send(1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(running.store.transaction(&second).expect("the store").is_none(), "its block is open for an hour");
    let store = running.end().await;
    let header = |number| store.header(number).expect("the store").expect("the block");
    assert_eq!(store.transaction(&second).expect("the store").map(|location| location.block), Some(2));
    assert_eq!(header(2).time().since(header(1).time()), 3_600_000, "the time that everybody was told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_executed_can_be_read_at_pending_while_its_block_is_open() {
    let running = Running::start(Duration::from_secs(3_600)).await;
    let first = running.send(0);
    running.included(first).await;
    let node: RootProvider = RootProvider::new_http(format!("http://{}", running.rpc.address()).parse().expect("a URL"));
    let payee = Address::repeat_byte(5);
    let balance = async |tag: BlockId| node.get_balance(payee).block_id(tag).await.expect("it reads").to::<u64>();
    for nonce in 1..4 {
        running.send(nonce);
        let executed = async {
            while balance(BlockId::pending()).await <= nonce {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), executed).await.expect("it is executed");
        let pending = node.get_block(BlockId::pending()).await.expect("it reads").expect("a block");
        assert_eq!((pending.header.number, pending.transactions.len() as u64), (2, nonce));
        assert_eq!((balance(BlockId::pending()).await, balance(BlockId::latest()).await), (nonce + 1, 1));
    }
    let told = node.get_block(BlockId::pending()).full().await.expect("it reads").expect("a block");
    let store = running.end().await;
    let sealed = store.header(2).expect("the store").expect("closed at the end");
    assert_eq!(told.header.state_root, sealed.header.state_root);
    assert_eq!(told.transactions.txns().next().and_then(|transaction| transaction.block_hash), Some(sealed.header.hash()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_blocks_keep_the_pace_and_hold_everything_in_order() {
    let running = Running::start(Duration::from_millis(300)).await;
    let mut last = B256::ZERO;
    for nonce in 0..150 {
        last = running.send(nonce);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let blocks = running.included(last).await;
    let store = running.end().await;
    let times: Vec<_> = (1..=blocks).map(|number| store.header(number).expect("the store").expect("the block").time()).collect();
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(gaps.len() >= 4 && gaps.iter().all(|gap| *gap >= 300), "{gaps:?}");
    assert!(gaps.iter().filter(|gap| **gap == 300).count() * 2 > gaps.len(), "the pace is not kept: {gaps:?}");
    let count: usize = (1..=blocks).map(|number| store.block(number).expect("the store").expect("it").user_transactions().count()).sum();
    assert_eq!(count, 150);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_builder_whose_chain_is_gone_stops_when_it_is_told_to() {
    let running = Running::start(Duration::from_millis(300)).await;
    running.owner.0.cancel();
    running.owner.1.await.expect("no panic");
    // It sleeps now, and nobody has anything for it any more.
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running.builder).await.expect("it stops").expect("no panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_stops_the_building_of_blocks_and_starts_it_again_on_the_same_head() {
    let running = Running::start(Duration::from_secs(3_600)).await;
    let (store, builder, bell) = (running.store.clone(), running.gate.clone(), running.bell.clone());
    let desk = Desk(Some(Sequencing { store: store.clone(), builder, bell, batcher: BatcherControl::default() }));
    let first = running.send(0);
    running.included(first).await;
    let second = running.send(1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(desk.sequencer_active() && store.transaction(&second).expect("the store").is_none(), "its block is open for an hour");
    let head = desk.stop_sequencer().await.expect("it stops");
    assert_eq!(store.transaction(&second).expect("the store").map(|location| location.block), Some(2), "the open block is closed");
    assert_eq!((head, desk.sequencer_active()), (store.heads().latest.hash, false));
    assert_eq!(desk.stop_sequencer().await, Err(AdminError::SequencerStopped));
    let third = running.send(2);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(store.heads().latest.number == 2 && store.transaction(&third).expect("the store").is_none(), "nothing is built");
    assert_eq!(desk.start_sequencer(first).await, Err(AdminError::OtherHead { head, given: first }));
    desk.start_sequencer(head).await.expect("it starts");
    assert_eq!(desk.start_sequencer(head).await, Err(AdminError::SequencerRunning));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let store = running.end().await;
    assert_eq!(store.transaction(&third).expect("the store").map(|location| location.block), Some(3), "what came meanwhile waited");
}

#[tokio::test]
async fn a_follower_has_nothing_to_stop() {
    let desk = Desk(None);
    assert!(!desk.sequencer_active() && !desk.batcher_active());
    assert_eq!(desk.stop_sequencer().await, Err(AdminError::NotSequencer));
    assert_eq!(desk.start_batcher().await, Err(AdminError::NotSequencer));
    assert_eq!(desk.flush_batcher().await, Err(AdminError::NotSequencer));
}
