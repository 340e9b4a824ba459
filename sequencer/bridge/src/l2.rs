//! A user's connection to an L2 node: the sequencer's, a follower's, or the own one.

use crate::{L2Error, l1::users_policy, logs_between};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U64, U256},
    rpc::{
        json_rpc::{RpcRecv, RpcSend},
        types::{EIP1186AccountProofResponse, Filter, Log},
    },
    sol_types::SolCall,
};
use gainsay_l1::{BlockRef, L1Client, Network, RetryPolicy, SecretKey, TransactionManager, TxRequest};
use serde::Deserialize;

/// The most that is paid per gas on L2, gwei.
const MAX_L2_FEE_GWEI: u64 = 500;

/// Any node of the chain, over JSON-RPC.
#[derive(Clone, Debug)]
pub struct L2Node {
    // Ethereum's JSON-RPC is the same on both layers.
    client: L1Client,
}

/// A receipt on L2: of a deposit, or of a user's transaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L2Receipt {
    /// The transaction.
    pub transaction_hash: B256,
    /// Its block.
    pub block_hash: B256,
    block_number: U64,
    status: U64,
    /// Sender.
    pub from: Address,
    /// Callee; none where a contract was created.
    pub to: Option<Address>,
    /// The contract that was created.
    pub contract_address: Option<Address>,
    /// Events in order.
    pub logs: Vec<Log>,
}

impl L2Receipt {
    /// Number of its block.
    #[must_use]
    pub fn block(&self) -> u64 {
        self.block_number.to()
    }

    /// Whether the call did not revert.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == U64::from(1)
    }
}

/// A block of L2, as far as users need it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L2Block {
    number: U64,
    /// Its hash.
    pub hash: B256,
    timestamp: U64,
    /// Root of the state after it.
    pub state_root: B256,
}

impl L2Block {
    /// Height.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number.to()
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.timestamp.to()
    }
}

/// The output root of a block, and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputAtBlock {
    /// Hash of the block.
    #[serde(rename = "block", deserialize_with = "hash_of_block")]
    pub block_hash: B256,
    /// What assertions claim.
    pub output_root: B256,
    /// Root of the state.
    pub state_root: B256,
    /// Root of the message passer's storage.
    pub message_passer_storage_root: B256,
    deposit_index: U64,
}

impl OutputAtBlock {
    /// Messages consumed up to and including this block.
    #[must_use]
    pub fn deposit_index(&self) -> u64 {
        self.deposit_index.to()
    }
}

fn hash_of_block<'de, D: serde::Deserializer<'de>>(from: D) -> Result<B256, D::Error> {
    #[derive(Deserialize)]
    struct Named {
        hash: B256,
    }
    Ok(Named::deserialize(from)?.hash)
}

impl L2Node {
    /// Checks that the node is of this chain.
    ///
    /// # Errors
    /// When it is of another one, or cannot be reached.
    pub async fn open(url: &str, network: &Network) -> Result<Self, L2Error> {
        let node = Self { client: L1Client::new(url, RetryPolicy::default())? };
        node.client.check_chain(network.l2_chain_id).await?;
        let (expected, found) = (network.genesis.hash, node.block(BlockId::number(0)).await?.hash);
        if found != expected {
            let url = node.url().to_owned();
            return Err(L2Error::WrongChain { url, what: "genesis", expected: expected.to_string(), found: found.to_string() });
        }
        Ok(node)
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn url(&self) -> &str {
        self.client.url()
    }

    /// Any request.
    ///
    /// # Errors
    /// When the node refuses or cannot be reached.
    pub async fn request<P: RpcSend + Clone, R: RpcRecv>(&self, method: &'static str, params: P) -> Result<R, L2Error> {
        Ok(self.client.request(method, params).await?)
    }

    /// Calls a view function.
    ///
    /// # Errors
    /// When it reverts or the node cannot be reached.
    pub async fn read<F: SolCall>(&self, to: Address, call: F, at: BlockId) -> Result<F::Return, L2Error> {
        Ok(self.client.read(to, call, at).await?)
    }

    /// Code at the newest block; empty if there is none.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn code(&self, address: Address) -> Result<Bytes, L2Error> {
        Ok(self.client.code(address).await?)
    }

    /// Wei of an account at the newest block.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn balance(&self, address: Address) -> Result<U256, L2Error> {
        Ok(self.client.balance(address).await?)
    }

    /// A block.
    ///
    /// # Errors
    /// [`L2Error::NoBlock`], or when the node cannot be reached.
    pub async fn block(&self, at: BlockId) -> Result<L2Block, L2Error> {
        let found: Option<L2Block> = match at {
            BlockId::Hash(hash) => self.request("eth_getBlockByHash", (hash.block_hash, false)).await?,
            BlockId::Number(tag) => self.request("eth_getBlockByNumber", (tag, false)).await?,
        };
        found.ok_or_else(|| L2Error::NoBlock { url: self.url().to_owned(), block: at.to_string() })
    }

    /// The receipt of an executed transaction.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn receipt(&self, transaction: B256) -> Result<Option<L2Receipt>, L2Error> {
        self.request("eth_getTransactionReceipt", (transaction,)).await
    }

    /// Logs from genesis to the newest block, in order.
    ///
    /// # Errors
    /// When the node does not give them.
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, L2Error> {
        let head = self.client.block(BlockRef::Latest).await?.number;
        Ok(logs_between(&self.client, filter, 0, head).await?)
    }

    /// Proof of an account and of slots of its storage (EIP-1186).
    ///
    /// # Errors
    /// When the node no longer has that state, or cannot be reached.
    pub async fn proof(&self, address: Address, slots: Vec<B256>, at: BlockId) -> Result<EIP1186AccountProofResponse, L2Error> {
        self.request("eth_getProof", (address, slots, at)).await
    }

    /// What the node computed for a block that it has.
    ///
    /// # Errors
    /// When it does not have the block, or cannot be reached.
    pub async fn output(&self, block: u64) -> Result<OutputAtBlock, L2Error> {
        self.request("gainsay_outputAtBlock", (U64::from(block),)).await
    }
}

/// A user who sends on L2.
#[derive(Debug)]
pub struct L2Sender {
    node: L2Node,
    manager: TransactionManager,
}

impl L2Sender {
    /// Takes the key over on L2; transactions that it has pending are awaited first.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn start(node: L2Node, key: SecretKey) -> Result<Self, L2Error> {
        let manager = TransactionManager::start(node.client.clone(), key, users_policy(MAX_L2_FEE_GWEI)).await?;
        Ok(Self { node, manager })
    }

    /// What it reads.
    #[must_use]
    pub const fn node(&self) -> &L2Node {
        &self.node
    }

    /// The user's account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.manager.address()
    }

    /// Sends a transaction and waits until it is in a block of the node's newest chain.
    ///
    /// # Errors
    /// When it has no effect.
    pub async fn send(&mut self, request: TxRequest) -> Result<L2Receipt, L2Error> {
        let hash = self.manager.send(request).await?.transaction_hash;
        let missing = || L2Error::Malformed { url: self.node.url().to_owned(), reason: format!("the receipt of {hash} is gone") };
        self.node.receipt(hash).await?.ok_or_else(missing)
    }
}
