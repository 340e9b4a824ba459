//! Transfers as fast as the node takes them, and a witness of what it announces meanwhile.

use crate::{Node, accounts};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, TxKind, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use eyre::{OptionExt, ensure};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// Transactions in one request.
const BATCH: u64 = 50;
/// Transactions of one sender that may be on their way; the node keeps 1,024.
const AHEAD: u64 = 800;
/// After a refusal, or when enough is on its way.
const PAUSE: Duration = Duration::from_millis(20);
/// Receipts asked for at once.
const RECEIPTS: usize = 500;
const GWEI: u128 = 1_000_000_000;

/// Senders that never run out. The transaction of a sender and a nonce is always the same one.
#[derive(Debug)]
pub struct Load {
    chain_id: u64,
    senders: Vec<PrivateKeySigner>,
}

/// What a node has said of its chain, by number: as `latest`, or as a block below it.
#[derive(Debug, Default)]
pub struct Announced(Mutex<BTreeMap<u64, Block>>);

/// Announced it counts, with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    hash: B256,
    transactions: Vec<B256>,
}

impl Load {
    /// All free accounts but the last.
    ///
    /// # Errors
    /// Never.
    pub fn new(chain_id: u64) -> eyre::Result<Self> {
        Ok(Self { chain_id, senders: (0..accounts::USERS - 1).map(accounts::signer).collect::<Result<_, _>>()? })
    }

    /// Sends until `end` is over, whatever becomes of the node meanwhile.
    ///
    /// # Errors
    /// What `end` says, and when signing fails.
    pub async fn during<T>(&self, node: &Node, end: impl Future<Output = eyre::Result<T>>) -> eyre::Result<T> {
        let all = futures(self.senders.iter().map(|sender| self.send(node, sender)));
        tokio::select! {
            ended = end => ended,
            failed = all => Err(failed),
        }
    }

    /// Never ends well: only with an error that is not the node's.
    async fn send(&self, node: &Node, sender: &PrivateKeySigner) -> eyre::Report {
        let mut next = 0;
        loop {
            // The node may be away, and may have lost what was in its pool.
            let Ok(mined) = node.nonce(sender.address(), "latest").await else {
                next = 0;
                sleep(PAUSE).await;
                continue;
            };
            next = next.max(mined);
            if next >= mined + AHEAD {
                sleep(PAUSE).await;
                continue;
            }
            let signed = (next..next + BATCH).map(|nonce| self.transfer(sender, nonce)).collect::<eyre::Result<Vec<_>>>();
            let signed = match signed {
                Ok(signed) => signed,
                Err(error) => return error,
            };
            match node.call_many("eth_sendRawTransaction", &signed).await {
                Ok(answers) if answers.iter().all(Result::is_ok) => next += BATCH,
                // Known already, no room, or no node: from the chain's nonce again.
                _ => {
                    next = 0;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn transfer(&self, sender: &PrivateKeySigner, nonce: u64) -> eyre::Result<Value> {
        let to = Address::left_padding_from(&(nonce % 1_000 + 0x1000).to_be_bytes());
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: 1_000 * GWEI,
            max_priority_fee_per_gas: GWEI,
            to: TxKind::Call(to),
            value: U256::from(1),
            ..TxEip1559::default()
        };
        let signature = sender.sign_hash_sync(&transaction.signature_hash())?;
        let signed = TxEnvelope::Eip1559(transaction.into_signed(signature)).encoded_2718();
        Ok(json!([alloy::primitives::Bytes::from(signed)]))
    }
}

/// The first to end.
async fn futures(all: impl Iterator<Item = impl Future<Output = eyre::Report>>) -> eyre::Report {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        let ended = all.iter_mut().find_map(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(error) => Some(error),
            std::task::Poll::Pending => None,
        });
        ended.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
    })
    .await
}

impl Announced {
    /// Asks for the latest block, and for those before it that were not seen yet, for ever. A node that does not answer is asked again.
    ///
    /// # Errors
    /// When an announced block becomes another one.
    pub async fn watch(&self, node: &Node) -> eyre::Result<()> {
        loop {
            if let Ok(latest) = block(node, "latest").await {
                self.see(node, latest).await?;
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn see(&self, node: &Node, (number, latest): (u64, Block)) -> eyre::Result<()> {
        self.insert(number, latest)?;
        for missed in self.newest_below(number).map_or(0, |newest| newest + 1)..number {
            // Away again: what is below the latest it will be asked for later.
            let Ok((_, found)) = block(node, &format!("0x{missed:x}")).await else { return Ok(()) };
            self.insert(missed, found)?;
        }
        Ok(())
    }

    fn insert(&self, number: u64, block: Block) -> eyre::Result<()> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = blocks.entry(number).or_insert_with(|| block.clone());
        ensure!(*known == block, "block {number} was announced as {}, and then as {}", known.hash, block.hash);
        Ok(())
    }

    /// The newest block of an unbroken row from the first on that ends below `number`.
    fn newest_below(&self, number: u64) -> Option<u64> {
        let blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.keys().zip(0..number).take_while(|(known, expected)| **known == *expected).last().map(|(known, _)| *known)
    }

    /// The newest block.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().last().copied().unwrap_or_default()
    }

    /// Transactions in all blocks.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().map(|block| block.transactions.len()).sum()
    }

    /// A node has every block from `first` to `last` that was announced, and finds every transaction in it.
    ///
    /// # Errors
    /// Names what it lacks.
    pub async fn check(&self, node: &Node, first: u64, last: u64) -> eyre::Result<()> {
        let blocks: Vec<_> = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.range(first..=last).map(|(number, block)| (*number, block.clone())).collect()
        };
        for (number, announced) in blocks {
            let (_, found) = block(node, &format!("0x{number:x}")).await?;
            ensure!(found == announced, "block {number} was announced as {}, {} has {}", announced.hash, node.name(), found.hash);
            for hashes in announced.transactions.chunks(RECEIPTS) {
                let asked: Vec<_> = hashes.iter().map(|hash| json!([hash])).collect();
                for (hash, receipt) in hashes.iter().zip(node.call_many("eth_getTransactionReceipt", &asked).await?) {
                    let place: Option<B256> = serde_json::from_value(receipt?["blockHash"].clone())?;
                    ensure!(place == Some(announced.hash), "transaction {hash} of block {number} is in {place:?} on {}", node.name());
                }
            }
        }
        Ok(())
    }
}

async fn block(node: &Node, tag: &str) -> eyre::Result<(u64, Block)> {
    let found = node.call_raw("eth_getBlockByNumber", json!([tag, false])).await?;
    let number = found["number"].as_str().ok_or_eyre("no such block")?;
    let number = u64::from_str_radix(number.trim_start_matches("0x"), 16)?;
    let (hash, transactions) = (found["hash"].clone(), found["transactions"].clone());
    Ok((number, Block { hash: serde_json::from_value(hash)?, transactions: serde_json::from_value(transactions)? }))
}
