//! A user's connection to L1.

use crate::{BridgeError, logs_between};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{Filter, Log, TransactionReceipt},
    sol_types::SolCall,
};
use gainsay_l1::{BlockRef, L1Client, Network, RetryPolicy, SecretKey, SendPolicy, TransactionManager, TxRequest};
use serde::Serialize;
use std::{path::Path, time::Duration};

const GWEI: u128 = 1_000_000_000;

/// A mined transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// Its hash.
    pub hash: B256,
    /// Number of its block.
    pub block: u64,
}

impl Sent {
    pub(crate) fn of(receipt: &TransactionReceipt) -> Self {
        Self { hash: receipt.transaction_hash, block: receipt.block_number.unwrap_or_default() }
    }
}

/// The bridge as one reads it: the network's description, checked against L1.
#[derive(Clone, Debug)]
pub struct Bridge {
    network: Network,
    client: L1Client,
}

impl Bridge {
    /// Reads `addresses.json` in this folder and checks that L1 has these contracts.
    ///
    /// # Errors
    /// When they do not fit each other, or L1 cannot be reached.
    pub async fn open(folder: &Path, l1_rpc: &str) -> Result<Self, BridgeError> {
        let network = Network::load(&folder.join("addresses.json"))?;
        let client = L1Client::new(l1_rpc, RetryPolicy::default())?;
        network.verify_against_l1(&client).await?;
        Ok(Self { network, client })
    }

    /// The chain.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// L1.
    #[must_use]
    pub const fn client(&self) -> &L1Client {
        &self.client
    }

    /// Calls a view function at L1's newest block.
    ///
    /// # Errors
    /// When it reverts or L1 cannot be reached.
    pub async fn read<F: SolCall>(&self, to: Address, call: F) -> Result<F::Return, BridgeError> {
        Ok(self.client.read(to, call, BlockId::latest()).await?)
    }

    /// Logs since the deployment, in order.
    ///
    /// # Errors
    /// When L1 does not give them.
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, BridgeError> {
        let head = self.client.block(BlockRef::Latest).await?.number;
        Ok(logs_between(&self.client, filter, self.network.deployed_at_block, head).await?)
    }

    /// L1's time, seconds since the Unix epoch: what its contracts compare with.
    ///
    /// # Errors
    /// When L1 cannot be reached.
    pub async fn now(&self) -> Result<u64, BridgeError> {
        Ok(self.client.block(BlockRef::Latest).await?.timestamp)
    }
}

/// A user who sends to L1.
#[derive(Debug)]
pub struct L1Sender {
    bridge: Bridge,
    manager: TransactionManager,
}

impl L1Sender {
    /// Takes the key over. Transactions that it has pending are awaited first, and replaced after half a minute. `max_fee_gwei` is the most that is
    /// paid per gas.
    ///
    /// # Errors
    /// When L1 cannot be reached, or what is pending stays.
    pub async fn start(bridge: Bridge, key: SecretKey, max_fee_gwei: u64) -> Result<Self, BridgeError> {
        let policy = users_policy(max_fee_gwei);
        let manager = TransactionManager::start(bridge.client.clone(), key, policy).await?;
        Ok(Self { bridge, manager })
    }

    /// What it reads.
    #[must_use]
    pub const fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// The user's account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.manager.address()
    }

    /// Sends a transaction and waits until it is mined.
    ///
    /// # Errors
    /// When it has no effect.
    pub async fn send(&mut self, to: Address, value: U256, input: impl Into<Bytes>) -> Result<TransactionReceipt, BridgeError> {
        self.send_request(TxRequest { to, input: input.into(), value, ..TxRequest::default() }).await
    }

    /// Sends a transaction, with a gas limit of one's own perhaps, and waits until it is mined.
    ///
    /// # Errors
    /// When it has no effect.
    pub(crate) async fn send_request(&mut self, request: TxRequest) -> Result<TransactionReceipt, BridgeError> {
        Ok(self.manager.send(request).await?)
    }
}

/// How a person's transactions are sent: the first block will do, and it is looked for often.
pub(crate) fn users_policy(max_fee_gwei: u64) -> SendPolicy {
    SendPolicy { max_fee_cap: u128::from(max_fee_gwei) * GWEI, poll: Duration::from_millis(250), ..SendPolicy::default() }
}
