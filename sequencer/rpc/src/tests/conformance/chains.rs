//! Two chains with what the suite asks about.

use super::{
    super::node::{self, Node, Origin},
    suite::read_json,
};
use crate::{Client as _, Limits, RpcServer, serve};
use alloy_consensus::{Block, Header, Transaction as _, TxEnvelope, transaction::SignerRecoverable as _};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Decodable as _;
use gainsay_types::{ChainConfig, MessageBody, Millis, Transaction, UserDeposit, predeploys::SEQUENCER_FEE_VAULT};
use std::{fs, path::Path, sync::Arc};

/// Milliseconds between two blocks of the suite.
const PAUSE: u64 = 10_000;

/// Milliseconds after which a simulated block comes unless it says otherwise, as on Ethereum.
const BLOCK_TIME: u64 = 12_000;

/// A node with its RPC.
pub(super) struct Chain {
    pub(super) server: RpcServer,
    /// Hashes of blocks in the suite, and here.
    hashes: Vec<(String, String)>,
    /// Numbers beyond the latest block in the suite, and here.
    beyond: Vec<(String, String)>,
    _node: Arc<Node>,
}

impl Chain {
    /// With the hashes of the suite's blocks that this chain's blocks stand for, from the genesis on.
    async fn new(node: Arc<Node>, history: &History, theirs: Vec<B256>) -> Self {
        let store = node.store();
        let ours = (0..).map_while(|number| store.header(number).expect("reads")).map(|block| block.header.hash().to_string());
        let hashes = theirs.iter().map(B256::to_string).zip(ours).collect();
        let quoted = |number: u64| format!("\"0x{number:x}\"");
        let beyond = (1..4).map(|more| (quoted(history.0.len() as u64 + more), quoted(store.heads().latest.number + more))).collect();
        let mut backend = node.backend();
        backend.config = Arc::new(ChainConfig { block_time_ms: BLOCK_TIME, ..(*backend.config).clone() });
        let server = serve(([127, 0, 0, 1], 0).into(), backend, Limits::default()).await.expect("a free port");
        Self { server, hashes, beyond, _node: node }
    }

    /// The request about the same blocks of this chain.
    pub(super) fn translate(&self, request: &str) -> String {
        self.hashes.iter().chain(&self.beyond).fold(request.to_owned(), |request, (theirs, ours)| request.replace(theirs, ours))
    }

    /// The response as if it came from the suite's chain, where the fees go to the zero address.
    pub(super) fn translate_back(&self, response: &str) -> String {
        let without_vault = response.replace(&format!("{SEQUENCER_FEE_VAULT:x}"), &format!("{:x}", Address::ZERO));
        self.hashes.iter().fold(without_vault, |response, (theirs, ours)| response.replace(strip(ours), strip(theirs)))
    }
}

/// A hash may be part of what a call returns.
fn strip(hash: &str) -> &str {
    hash.trim_start_matches("0x")
}

/// The suite's blocks.
pub(super) struct History(Vec<Block<TxEnvelope>>);

impl History {
    pub(super) fn read(folder: &Path) -> Self {
        let bytes = fs::read(folder.join("execution-apis-tests/chain.rlp")).expect("the suite's blocks");
        let (mut rest, mut blocks) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            blocks.push(Block::decode(&mut rest).expect("a block"));
        }
        Self(blocks)
    }

    fn head(&self) -> &Header {
        &self.0.last().expect("blocks").header
    }

    /// Hashes from the genesis on.
    fn hashes(&self) -> impl Iterator<Item = B256> + '_ {
        let genesis = self.0.first().map(|block| block.header.parent_hash);
        genesis.into_iter().chain(self.0.iter().map(|block| block.header.hash_slow()))
    }
}

/// A chain whose genesis has the state after the suite's last block.
pub(super) async fn genesis(folder: &Path, history: &History) -> Chain {
    let head = history.head().hash_slow();
    Chain::new(with_head_state(folder, history), history, vec![head]).await
}

/// The same, at the same height and time as the suite's last block, and with its base fee.
pub(super) async fn head_state(folder: &Path, history: &History) -> Chain {
    let node = with_head_state(folder, history);
    for _ in &history.0 {
        node.mine_after(PAUSE);
    }
    node.set_mining(false);
    Chain::new(node, history, history.hashes().collect()).await
}

fn with_head_state(folder: &Path, history: &History) -> Arc<Node> {
    let head = history.head();
    start(&folder.join("headstate-genesis.json"), head.base_fee_per_gas.expect("a base fee"), head.gas_limit)
}

/// The suite's transactions, executed again by this chain's rules from the suite's genesis.
pub(super) async fn replayed(folder: &Path, history: &History) -> Chain {
    let node = start(&folder.join("execution-apis-tests/genesis.json"), 1, history.head().gas_limit);
    node.set_mining(false);
    for block in &history.0 {
        for transaction in &block.body.transactions {
            replay(&node, transaction).await;
        }
        node.mine_after(PAUSE);
    }
    Chain::new(node, history, history.hashes().collect()).await
}

fn start(genesis: &Path, base_fee: u64, gas_limit: u64) -> Arc<Node> {
    let genesis = read_json(genesis);
    let config = ChainConfig {
        l2_chain_id: genesis["config"]["chainId"].as_u64().expect("a chain id"),
        block_gas_limit: gas_limit,
        gas_rate: gas_limit,
        gas_target: gas_limit,
        min_base_fee: base_fee,
        ..node::config()
    };
    let alloc = serde_json::from_value(genesis["alloc"].clone()).expect("accounts");
    Node::from(Origin { config, start: Millis(0), base_fee, alloc, history: gainsay_store::History::Archive })
}

/// What this chain does not take leaves a gap in its sender's nonces: a deposit fills it.
async fn replay(node: &Arc<Node>, transaction: &TxEnvelope) {
    let sender = transaction.recover_signer().expect("a signature");
    let taken = match Transaction::decode(&transaction.encoded_2718()) {
        Ok(transaction) => node.submit(transaction).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(reason) = taken {
        println!("left out: transaction {} of {sender}, nonce {}: {reason}", transaction.tx_hash(), transaction.nonce());
        if node.pooled() > 0 {
            node.mine_after(PAUSE);
        }
        fill_nonce(node, sender);
    }
}

fn fill_nonce(node: &Node, from: Address) {
    let deposit = UserDeposit { from, to: Some(from), mint: 0, value: 0, gas_limit: 100_000, data: Bytes::new() };
    node.enqueue(MessageBody::User(deposit), B256::repeat_byte(7));
    node.mine_after(PAUSE);
}
