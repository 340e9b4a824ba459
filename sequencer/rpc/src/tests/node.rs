//! A node small enough for tests: a real store, pool and block builder, and a block for every transaction.

use super::breakable::Breakable;
use crate::{
    Answer, Backend, Client, Inclusions, L1Progress, Limits, OpenedBlock, PoolSize, Preconfirmations, RpcServer, SubmitError, serve,
};
use alloy::{
    network::EthereumWallet,
    providers::{DynProvider, Provider as _, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use gainsay_bindings::{GenesisParams, Predeploy, predeploys};
use gainsay_build::{Job, OpenBlock, Opening, Pushed, open};
use gainsay_execute::{
    L1FeeParameters,
    genesis::{GenesisAccount, GenesisAlloc, genesis_block},
    next_base_fee,
};
use gainsay_pool::{Account, Candidate, Content, Pool, Rules};
use gainsay_store::{BatchData, BatchRecord, BlockHeader, Commit, Databases, History, MessageRecord, StateReader, Store, Writer};
use gainsay_types::{
    Attributes, BatchHeader, BatchKind, ChainConfig, Message, MessageBody, Millis, RecoveredTransaction, State, Transaction,
    predeploys::{L1_BLOCK, l1_block_slot},
};
use std::sync::{Arc, Mutex, atomic::AtomicBool};
use tempfile::TempDir;
use tokio::sync::{broadcast, watch};

pub(super) const CHAIN_ID: u64 = 901;
pub(super) const ETHER: u128 = 1_000_000_000_000_000_000;
const GENESIS_PARAMS: GenesisParams = GenesisParams {
    base_fee_scalar: 1_000_000,
    blob_base_fee_scalar: 0,
    vault_recipient: Address::repeat_byte(0xa1),
    l1_messenger: Address::repeat_byte(0xa2),
    l1_bridge: Address::repeat_byte(0xa3),
};
const START: Millis = Millis(1_700_000_000_000);

/// The chain and the pool, owned by one lock.
pub(super) struct Node {
    config: ChainConfig,
    core: Mutex<Core>,
    latest: watch::Sender<alloy_eips::BlockNumHash>,
    pending: broadcast::Sender<B256>,
    pub(super) preconfirmations: Preconfirmations,
    pub(super) inclusions: Inclusions,
    /// Reading the database fails.
    pub(super) broken: Arc<AtomicBool>,
    _directory: TempDir,
}

struct Core {
    writer: Writer,
    pool: Pool,
    /// Whether each transaction gets its block at once.
    mining: bool,
    /// Transactions that readers of the open block know of.
    shown: usize,
}

pub(super) fn signer(who: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(who + 1)).expect("a valid key")
}

pub(super) fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: CHAIN_ID,
        spec_id: 1,
        block_time_ms: 250,
        block_gas_limit: 30_000_000,
        gas_rate: 15_000_000,
        gas_target: 5_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1_000,
        base_fee_scalar: 1_000_000,
        blob_base_fee_scalar: 0,
        portal: Address::repeat_byte(9),
        genesis_hash: B256::ZERO,
    }
}

/// What a node starts from.
pub(super) struct Origin {
    /// Everything but the genesis hash is used.
    pub(super) config: ChainConfig,
    pub(super) start: Millis,
    /// Wei per gas in the genesis, if the config's least is not more.
    pub(super) base_fee: u64,
    pub(super) alloc: GenesisAlloc,
    pub(super) history: History,
}

impl Node {
    pub(super) fn new() -> Arc<Self> {
        Self::with_history(History::Archive)
    }

    pub(super) fn with_history(history: History) -> Arc<Self> {
        let rich = GenesisAccount { balance: U256::from(10 * ETHER), ..GenesisAccount::default() };
        let mut alloc = GenesisAlloc((0..3).map(|who| (signer(who).address(), rich.clone())).collect());
        for predeploy in predeploys(&GENESIS_PARAMS) {
            let Predeploy { address, code, storage, .. } = predeploy;
            let storage = storage.into_iter().collect();
            alloc.0.insert(address, GenesisAccount { nonce: U256::from(1), code, storage, ..GenesisAccount::default() });
        }
        // As if a batch had told of L1's fees already.
        let l1_block = alloc.0.get_mut(&L1_BLOCK).expect("a predeploy");
        l1_block.storage.insert(U256::from(l1_block_slot::BASE_FEE), U256::from(7));
        Self::from(Origin { config: config(), start: START, base_fee: 1_000, alloc, history })
    }

    pub(super) fn from(Origin { mut config, start, base_fee, alloc, history }: Origin) -> Arc<Self> {
        let genesis = genesis_block(&config, start, base_fee, &alloc).expect("a good genesis");
        config.genesis_hash = genesis.header.hash();
        let directory = TempDir::new().expect("a directory");
        let mut databases = Databases::open(directory.path(), 1 << 24).expect("databases");
        let broken = Arc::new(AtomicBool::new(false));
        databases.database = Box::new(Breakable { database: databases.database, broken: broken.clone() });
        let (writer, _) = Writer::over(databases, &genesis, history).expect("a store");
        let pool = Pool::new(Rules::new(&config), gainsay_pool::Limits::default(), base_fee_after(&config, &genesis.header));
        let core = Mutex::new(Core { writer, pool, mining: true, shown: 0 });
        let latest = watch::Sender::new(alloy_eips::BlockNumHash { number: 0, hash: genesis.header.hash() });
        Arc::new(Self {
            config,
            core,
            latest,
            pending: broadcast::Sender::new(64),
            preconfirmations: Preconfirmations::default(),
            inclusions: Inclusions::default(),
            broken,
            _directory: directory,
        })
    }

    pub(super) fn store(&self) -> Store {
        self.core.lock().unwrap().writer.store().clone()
    }

    pub(super) fn backend(self: &Arc<Self>) -> Backend {
        Backend {
            store: self.store(),
            config: Arc::new(self.config.clone()),
            client: self.clone(),
            latest: self.latest.subscribe(),
            l1: Arc::new(|| L1Progress { highest: Some(5), caught_up: true }),
            pending: self.pending.clone(),
            preconfirmations: self.preconfirmations.clone(),
            inclusions: self.inclusions.clone(),
            version: "gainsay/test".to_owned(),
        }
    }

    pub(super) async fn serve(self: &Arc<Self>, limits: Limits) -> RpcServer {
        serve("127.0.0.1:0".parse().unwrap(), self.backend(), limits).await.expect("a free port")
    }

    pub(super) fn set_mining(&self, mining: bool) {
        self.core.lock().unwrap().mining = mining;
    }

    /// Transactions in the pool.
    pub(super) fn pooled(&self) -> usize {
        self.core.lock().unwrap().pool.len()
    }

    /// Makes a block with an attributes message in it.
    pub(super) fn deposit(&self) {
        let attributes = Attributes { base_fee: U256::from(8), blob_base_fee: U256::from(1), prev_randao: B256::ZERO };
        self.enqueue(MessageBody::Attributes(attributes), B256::repeat_byte(6));
        self.mine();
    }

    /// Reads a message from L1, which `l1_transaction` enqueued: the next block consumes it.
    pub(super) fn enqueue(&self, body: MessageBody, l1_transaction: B256) {
        let mut core = self.core.lock().unwrap();
        let store = core.writer.store().clone();
        let heads = store.heads();
        let before = store.message(heads.messages).unwrap().map_or(0, |record| record.message.user_ordinal);
        let user_ordinal = before + u64::from(matches!(body, MessageBody::User(_)));
        let message = Message { index: heads.messages + 1, user_ordinal, l1_number: 5, l1_time: START.secs(), body };
        let acc = message.accumulate(heads.deposit_acc);
        let record = MessageRecord { message, acc, l1_hash: B256::repeat_byte(5), l1_transaction };
        let mut commit = Commit::new(&store);
        commit.push_message(&record).unwrap();
        core.writer.apply(commit).unwrap();
    }

    /// L1 drops the messages after the first `messages`; no block has consumed them.
    pub(super) fn drop_messages(&self, messages: u64) {
        let mut core = self.core.lock().unwrap();
        let mut commit = Commit::new(core.writer.store());
        commit.truncate_messages(messages).unwrap();
        core.writer.apply(commit).unwrap();
    }

    /// Makes a block of what is in the pool, late enough for any transaction.
    pub(super) fn mine(&self) {
        self.mine_after(1_250);
    }

    /// The same, this many milliseconds after the latest block.
    pub(super) fn mine_after(&self, pause: u64) {
        let mut core = self.core.lock().unwrap();
        let (open, parent, deposits) = self.fill(&mut core, pause);
        let built = open.close().built.unwrap();
        let roots = core.writer.roots(parent.header.number, &built.block.changes).unwrap();
        let block = built.block.seal(roots);
        let mut commit = Commit::new(core.writer.store());
        commit.push_block(&block, parent.deposit_index + deposits.len() as u64).unwrap();
        core.writer.apply(commit).unwrap();
        self.after_change(&mut core);
    }

    /// Executes what is in the pool in a block that stays open, and shows it to readers as a builder does: what they know of it already is shown no more.
    pub(super) fn execute(&self, pause: u64) {
        let mut core = self.core.lock().unwrap();
        let (open, parent, deposits) = self.fill(&mut core, pause);
        let (shown, first) = (self.preconfirmations.shown_block(), core.shown);
        if first == 0 {
            let (header, parent) = (open.header().clone(), parent.header.hash());
            shown.open(OpenedBlock { parent, header, time: open.time(), deposits });
        }
        shown.push(&open.included()[first..]);
        core.shown = open.included().len();
        drop(open);
        core.pool.reopen();
    }

    /// A block that is open, what is below it, and the messages that it consumes.
    fn fill(&self, core: &mut Core, pause: u64) -> (OpenBlock<'_, StateReader>, BlockHeader, Vec<Message>) {
        let store = core.writer.store().clone();
        let parent = store.header(store.heads().latest.number).unwrap().unwrap();
        let waiting = parent.deposit_index + 1..=store.heads().messages;
        let deposits: Vec<_> = waiting.map(|index| store.message(index).unwrap().unwrap().message).collect();
        let job = Job {
            config: &self.config,
            parent: &parent.header,
            parent_time: parent.time(),
            now: parent.time().plus(pause),
            deposits: &deposits,
            limits: gainsay_build::Limits { empty_block_interval_ms: Some(1), ..gainsay_build::Limits::default() },
        };
        let best = core.pool.peek();
        let Opening::Open(mut open) = open(&job, best.as_deref(), store.latest_state().unwrap()).unwrap() else { panic!("no block") };
        for pooled in core.pool.take(usize::MAX) {
            assert_eq!(open.push(pooled).unwrap(), Pushed::Executed);
        }
        (*open, parent, deposits)
    }

    /// L1 has a batch with all blocks that are not safe yet, and they are derived from it.
    pub(super) fn derive(&self) -> State {
        let mut core = self.core.lock().unwrap();
        let store = core.writer.store().clone();
        let heads = store.heads();
        let (first, last) = (heads.safe.l2_block_number + 1, heads.latest.number);
        let tip = store.header(last).unwrap().unwrap();
        let header = BatchHeader {
            kind: BatchKind::Calldata,
            payload_hash: B256::repeat_byte(8),
            deposit_count: tip.deposit_index,
            deposit_acc: store.deposit_acc(tip.deposit_index).unwrap(),
            l1_number: 6,
            l1_time: START.secs() + 12,
            l1_base_fee: U256::from(7),
            l1_blob_base_fee: U256::from(1),
            batch_index: heads.batches + 1,
        };
        let data = BatchData::Calldata(Bytes::from_static(b"payload"));
        let batch = BatchRecord { acc: header.accumulate(heads.batch_acc), header, data, l1_hash: B256::repeat_byte(6) };
        let mut commit = Commit::new(&store);
        commit.push_batch(&batch).unwrap();
        let mut state = heads.safe;
        for number in first..=last {
            let block = store.header(number).unwrap().unwrap();
            let ended = u64::from(number == last);
            state = State {
                output_root: block.output_root,
                l2_block_number: number,
                batch_index: heads.batches + ended,
                batch_offset: (1 - ended) * (number + 1 - first),
                deposit_index: block.deposit_index,
            };
            commit.push_step(state, block.header.hash()).unwrap();
        }
        core.writer.apply(commit).unwrap();
        state
    }

    /// All that is derived is final.
    pub(super) fn finalize(&self) {
        let mut core = self.core.lock().unwrap();
        let mut commit = Commit::new(core.writer.store());
        commit.set_finalized(core.writer.store().heads().steps).unwrap();
        core.writer.apply(commit).unwrap();
    }

    /// Takes the latest blocks off.
    pub(super) fn roll_back(&self, blocks: usize) {
        let mut core = self.core.lock().unwrap();
        for _ in 0..blocks {
            let mut commit = Commit::new(core.writer.store());
            commit.pop_block().unwrap();
            core.writer.apply(commit).unwrap();
        }
        self.after_change(&mut core);
    }

    fn after_change(&self, core: &mut Core) {
        core.shown = 0;
        let store = core.writer.store().clone();
        let senders: Vec<Address> = core.pool.senders().copied().collect();
        let latest = store.header(store.heads().latest.number).unwrap().unwrap();
        core.pool
            .on_block(base_fee_after(&self.config, &latest.header), senders.into_iter().map(|sender| (sender, account(&store, sender))));
        core.pool.reopen();
        self.latest.send_replace(store.heads().latest);
    }
}

fn base_fee_after(config: &ChainConfig, header: &alloy_consensus::Header) -> u64 {
    next_base_fee(config, header.gas_used, header.base_fee_per_gas.unwrap_or_default())
}

fn account(store: &Store, address: Address) -> Account {
    let account = store.latest_state().unwrap().account(address).unwrap().unwrap_or_default();
    Account { nonce: account.nonce, balance: account.balance, is_contract: false }
}

impl Client for Node {
    fn submit(&self, transaction: Transaction) -> Answer<'_, Result<(), SubmitError>> {
        Box::pin(async move {
            let transaction = transaction.recover()?;
            let mining = {
                let mut core = self.core.lock().unwrap();
                let account = account(core.writer.store(), transaction.sender());
                let l1 = L1FeeParameters { base_fee: U256::from(7), base_fee_scalar: 1_000_000, ..L1FeeParameters::default() };
                let l1_fee = l1.fee(&transaction.transaction().encode());
                let added = core.pool.insert(Candidate { transaction, account, l1_fee })?;
                for ready in added.now_ready {
                    let _ = self.pending.send(ready.hash());
                }
                core.mining
            };
            if mining {
                self.mine();
            }
            Ok(())
        })
    }

    fn pending_nonce(&self, address: Address) -> Answer<'_, Option<u64>> {
        Box::pin(async move { self.core.lock().unwrap().pool.pending_nonce(&address) })
    }

    fn pooled(&self, hash: B256) -> Answer<'_, Option<RecoveredTransaction>> {
        Box::pin(async move { self.core.lock().unwrap().pool.get(&hash).map(|pooled| pooled.transaction().clone()) })
    }

    fn pool_size(&self) -> Answer<'_, PoolSize> {
        Box::pin(async move { PoolSize::of(&self.core.lock().unwrap().pool) })
    }

    fn pool_content(&self, of: Option<Address>) -> Answer<'_, Content> {
        Box::pin(async move {
            let core = self.core.lock().unwrap();
            of.map_or_else(|| core.pool.content(), |sender| core.pool.content_of(&sender))
        })
    }
}

/// A wallet of signer `who` behind HTTP.
pub(super) fn wallet(server: &RpcServer, who: u8) -> DynProvider {
    let wallet = EthereumWallet::from(signer(who));
    let url = format!("http://{}", server.address()).parse().expect("a url");
    ProviderBuilder::new().wallet(wallet).connect_http(url).erased()
}

/// Init code of a contract that stores the first word of its calldata, logs it under topic 1 and returns it; when the first byte is 0xff, it
/// reverts with `0xdeadbeef`.
pub(super) fn echo() -> Bytes {
    alloy_primitives::hex!(
        "60278060095f395ff3"
        "5f35805f55805f1a60ff14601a575f5260016020" "5fa160205ff3"
        "5b63deadbeef5f526004601cfd"
    )
    .into()
}
