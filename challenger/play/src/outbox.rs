//! Sending what is ready, all of it at once.

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
    rpc::types::TransactionReceipt,
};
use gainsay_bindings::PreimageOracle;
use gainsay_game::act::{Act, Contract, Load};
use gainsay_l1::{BlockRef, L1Client, L1Error, SendError, TransactionManager, TxRequest};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Acts that are sent at once at most: nodes hold only so many pending transactions of an account for sure.
pub(crate) const AT_ONCE: usize = 16;
/// Wait after a failure of L1.
const RETRY: Duration = Duration::from_secs(2);
/// Looks at L1 in a row that find earlier transactions undone, until it is believed that they stay so.
const LOOKS: u32 = 2;

/// Where acts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// The Rollup.
    pub(crate) rollup: Address,
    /// Matches.
    pub(crate) matches: Address,
    /// The PreimageOracle.
    pub(crate) oracle: Address,
    /// Games.
    pub(crate) games: Address,
}

impl Addresses {
    const fn of(&self, contract: Contract) -> Address {
        match contract {
            Contract::Rollup => self.rollup,
            Contract::Matches => self.matches,
            Contract::Oracle => self.oracle,
            Contract::Games => self.games,
        }
    }
}

/// An act that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Hash of its calldata: what it is known by.
    pub(crate) key: B256,
    /// The act.
    pub(crate) act: Act,
}

/// What became of an order. Where a part of a preimage was missing, `act` is its loading, and the step is still to be sent.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) order: Order,
    pub(crate) result: Result<TransactionReceipt, SendError>,
}

/// The end of sending.
pub(crate) struct Delivery {
    pub(crate) manager: TransactionManager,
    pub(crate) delivered: Vec<Delivered>,
    /// L1 must be read up to this block before anything is decided again.
    pub(crate) read_from: u64,
}

/// Sends with one key.
pub(crate) struct Outbox {
    pub(crate) client: L1Client,
    pub(crate) manager: TransactionManager,
    pub(crate) addresses: Addresses,
    pub(crate) bond: U256,
}

impl Outbox {
    /// Sends all, most urgent first, and waits until the fate of each is known. A step whose part of a preimage is not on L1 is replaced by the loading
    /// of it.
    pub(crate) async fn send(mut self, orders: Vec<Order>) -> Delivery {
        let stay = CancellationToken::new();
        let nonce = self.client.nonce(self.manager.address(), BlockId::latest()).await;
        if !self.is_clear(&nonce).await {
            // After a reorganisation L1's pool may hold what was sent before: it is settled, and what follows from it is decided on first.
            self.manager.send_all(Vec::new(), &stay).await;
            return self.nothing().await;
        }
        let mut ready = Vec::with_capacity(orders.len());
        let mut delivered = Vec::with_capacity(orders.len());
        for order in orders {
            match self.with_its_part(order).await {
                Ok(order) => ready.push(order),
                Err((order, error)) => delivered.push(Delivered { order, result: Err(error) }),
            }
        }
        let requests = ready.iter().map(|order| self.request(&order.act)).collect();
        let (client, me) = (self.client.clone(), self.manager.address());
        let results = tokio::select! {
            results = self.manager.send_all(requests, &stay) => results,
            () = gap_below(&client, me, nonce) => return self.nothing().await,
        };
        delivered.extend(ready.into_iter().zip(results).map(|(order, result)| Delivered { order, result }));
        let read_from = self.newest(&delivered).await;
        Delivery { manager: self.manager, delivered, read_from }
    }

    /// Nothing is known to have taken effect: L1 says what has.
    async fn nothing(self) -> Delivery {
        let read_from = newest_block(&self.client).await;
        Delivery { manager: self.manager, delivered: Vec::new(), read_from }
    }

    /// Whether nothing of this key is pending. An L1 that does not answer says so when it is sent to.
    async fn is_clear(&self, mined: &Result<u64, L1Error>) -> bool {
        let pending = self.client.nonce(self.manager.address(), BlockId::pending()).await;
        !matches!((mined, pending), (Ok(mined), Ok(pending)) if *mined < pending)
    }

    fn request(&self, act: &Act) -> TxRequest {
        TxRequest { to: self.addresses.of(act.to()), input: act.input(), value: act.value(self.bond), ..TxRequest::default() }
    }

    async fn with_its_part(&self, mut order: Order) -> Result<Order, (Order, SendError)> {
        match self.load(&order.act).await {
            Ok(None) => Ok(order),
            Ok(Some(load)) => {
                order.act = Act::Load(load);
                Ok(order)
            }
            Err(error) => Err((order, error)),
        }
    }

    /// What must be loaded before this act; none for any but a step that reads a part which is not there.
    async fn load(&self, act: &Act) -> Result<Option<Load>, SendError> {
        let Act::Step { part: Some((key, index)), preimage: Some(preimage), .. } = act else { return Ok(None) };
        let call = PreimageOracle::isLoadedCall { key: *key, index: U256::from(*index) };
        if self.client.read(self.addresses.oracle, call, BlockId::latest()).await? {
            return Ok(None);
        }
        let (preimage, index) = (preimage.clone(), *index);
        let proved = tokio::task::spawn_blocking(move || Load::of(&preimage, index)).await;
        // Fails only when the runtime shuts down.
        let proved = proved.map_err(|_| SendError::Cancelled)?;
        proved.map_err(|error| SendError::Blob { reason: error.to_string() })
    }

    /// The newest block that may hold something of this key. A failure may be one of L1's node alone, so that is not before L1's newest block.
    async fn newest(&self, delivered: &[Delivered]) -> u64 {
        let mined = delivered.iter().filter_map(|one| one.result.as_ref().ok()?.block_number).max().unwrap_or_default();
        newest_block(&self.client).await.max(mined)
    }
}

/// Returns once a reorganisation has undone transactions before `nonce`, and L1 does not include them again: what was sent after them would wait for ever.
async fn gap_below(client: &L1Client, me: Address, nonce: Result<u64, L1Error>) {
    let Ok(nonce) = nonce else { return std::future::pending().await };
    let mut looks = 0;
    while looks < LOOKS {
        tokio::time::sleep(RETRY).await;
        looks = match client.nonce(me, BlockId::latest()).await {
            Ok(mined) if mined < nonce => looks + 1,
            Ok(_) => 0,
            Err(_) => looks,
        };
    }
    tracing::warn!(nonce, "a reorganisation of L1 undid earlier transactions of this key, deciding again");
}

/// Number of L1's newest block; waits for an L1 that does not answer.
pub(crate) async fn newest_block(client: &L1Client) -> u64 {
    loop {
        match client.block(BlockRef::Latest).await {
            Ok(block) => return block.number,
            Err(error) => warn(&error),
        }
        tokio::time::sleep(RETRY).await;
    }
}

fn warn(error: &L1Error) {
    tracing::warn!(%error, "L1 does not say its newest block, trying again");
}
