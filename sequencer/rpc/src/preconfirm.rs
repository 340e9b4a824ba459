//! What the sequencer says of a block while it is still open.

use crate::ShownBlock;
use alloy::rpc::types::serde_helpers::quantity;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{Notify, broadcast, watch};

/// Announcements that a slow subscriber may be behind.
const CAPACITY: usize = 1024;
/// Bytes of them. Beyond that, those who are behind are dropped until it is less: a transaction's logs may have megabytes.
const MOST_BYTES: usize = 64 << 20;

/// An announcement of the builder. What it says of a block holds until that block is sealed or abandoned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Preconfirmation {
    /// Transactions were executed in the open block, in this order, after those announced before.
    Executed {
        /// Number of the block.
        #[serde(with = "quantity")]
        block_number: u64,
        /// Its time, milliseconds since the Unix epoch. It may lie ahead: the block is closed then.
        #[serde(with = "quantity")]
        timestamp_ms: u64,
        /// The transactions.
        transactions: Vec<PreconfirmedTransaction>,
    },
    /// The block is closed, durable, and the latest one.
    Sealed {
        /// Number of the block.
        #[serde(with = "quantity")]
        block_number: u64,
        /// Its hash.
        block_hash: B256,
        /// How many transactions are in it, deposits included.
        #[serde(with = "quantity")]
        transactions: u64,
    },
    /// The block was given up, because the chain moved to another tip: its transactions are back in the pool and will be executed again, in a block that may have the
    /// same number.
    Abandoned {
        /// Number of the block.
        #[serde(with = "quantity")]
        block_number: u64,
    },
}

/// A transaction that was executed in the open block: its receipt, as far as the block's hash is not needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreconfirmedTransaction {
    /// Transaction hash.
    pub hash: B256,
    /// Its place in the block.
    #[serde(with = "quantity")]
    pub transaction_index: u64,
    /// Sender.
    pub from: Address,
    /// Receiver; none for a creation.
    pub to: Option<Address>,
    /// 1 if its call succeeded, 0 if not.
    #[serde(with = "quantity")]
    pub status: u8,
    /// Gas used, refunds subtracted.
    #[serde(with = "quantity")]
    pub gas_used: u64,
    /// Wei per gas that it paid, 0 for a deposit.
    #[serde(with = "quantity")]
    pub effective_gas_price: u128,
    /// Wei that it paid for L1 data, 0 for a deposit.
    pub l1_fee: U256,
    /// The contract that it created.
    pub contract_address: Option<Address>,
    /// Its logs.
    pub logs: Vec<PreconfirmedLog>,
}

/// A log of a transaction in the open block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreconfirmedLog {
    /// The contract.
    pub address: Address,
    /// Up to four topics.
    pub topics: Vec<B256>,
    /// Data.
    pub data: Bytes,
    /// Its place among the block's logs.
    #[serde(with = "quantity")]
    pub log_index: u64,
}

/// Where preconfirmations are announced, and read by whoever subscribes. Each is turned into JSON once, however many read it.
#[derive(Clone, Debug)]
pub struct Preconfirmations {
    sender: broadcast::Sender<Arc<Announced>>,
    subscribed: Arc<Notify>,
    /// Bytes that were announced and that somebody has yet to read.
    unread: Arc<AtomicUsize>,
    /// Tells subscribers that it is too many.
    relief: watch::Sender<()>,
    open: ShownBlock,
}

/// An announcement, which counts as unread while it lives.
#[derive(Debug)]
pub(crate) struct Announced {
    json: Box<RawValue>,
    unread: Arc<AtomicUsize>,
}

impl Announced {
    pub(crate) fn copy(&self) -> Box<RawValue> {
        self.json.clone()
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.unread.fetch_sub(self.json.get().len(), Ordering::AcqRel);
    }
}

impl Default for Preconfirmations {
    fn default() -> Self {
        let sender = broadcast::Sender::new(CAPACITY);
        Self { sender, subscribed: Arc::default(), unread: Arc::default(), relief: watch::Sender::new(()), open: ShownBlock::default() }
    }
}

impl Preconfirmations {
    /// Whoever is not more than so many announcements behind is never dropped.
    pub(crate) const NEARLY_LAST: usize = 8;

    /// Bytes that somebody has yet to read.
    #[cfg(test)]
    pub(crate) fn unread(&self) -> usize {
        self.unread.load(Ordering::SeqCst)
    }

    /// The open block itself, for those who ask for what is pending.
    #[must_use]
    pub const fn shown_block(&self) -> &ShownBlock {
        &self.open
    }

    /// Whether anybody reads them. If not, there is no need to make them.
    #[must_use]
    pub fn are_wanted(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Tells all subscribers. Never waits for any.
    pub fn announce(&self, preconfirmation: &Preconfirmation) {
        match to_raw_value(preconfirmation) {
            Ok(json) => self.forward(json),
            // Numbers, hashes and lists have no other form.
            Err(error) => tracing::error!(%error, "a preconfirmation cannot be encoded"),
        }
    }

    /// Tells all subscribers what another node has announced.
    pub fn forward(&self, json: Box<RawValue>) {
        let bytes = json.get().len();
        let unread = self.unread.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes);
        // Nobody may be subscribed.
        let _ = self.sender.send(Arc::new(Announced { json, unread: self.unread.clone() }));
        if unread > MOST_BYTES {
            self.relief.send_replace(());
        }
    }

    /// Resolves once somebody reads them. For one who waits at a time.
    pub async fn wanted(&self) {
        while !self.are_wanted() {
            self.subscribed.notified().await;
        }
    }

    /// The announcements from now on; and a sign for all who are behind to give up, because too much is unread.
    pub(crate) fn subscribe(&self) -> (broadcast::Receiver<Arc<Announced>>, watch::Receiver<()>) {
        let receiver = self.sender.subscribe();
        self.subscribed.notify_one();
        (receiver, self.relief.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_announcement_reads_as_documented_and_back() {
        let executed = Preconfirmation::Executed {
            block_number: 5,
            timestamp_ms: 255,
            transactions: vec![PreconfirmedTransaction {
                hash: B256::repeat_byte(1),
                transaction_index: 2,
                from: Address::repeat_byte(3),
                to: None,
                status: 1,
                gas_used: 21_000,
                effective_gas_price: 7,
                l1_fee: U256::from(9),
                contract_address: Some(Address::repeat_byte(4)),
                logs: vec![PreconfirmedLog { address: Address::ZERO, topics: vec![B256::ZERO], data: Bytes::new(), log_index: 1 }],
            }],
        };
        let value = serde_json::to_value(&executed).unwrap();
        assert_eq!((&value["event"], &value["blockNumber"], &value["timestampMs"]), (&json!("executed"), &json!("0x5"), &json!("0xff")));
        let first = &value["transactions"][0];
        assert_eq!((&first["hash"], &first["status"], &first["gasUsed"]), (&json!(B256::repeat_byte(1)), &json!("0x1"), &json!("0x5208")));
        assert_eq!((&first["to"], &first["logs"][0]["logIndex"]), (&json!(null), &json!("0x1")));
        let sealed = Preconfirmation::Sealed { block_number: 5, block_hash: B256::ZERO, transactions: 3 };
        for announcement in [executed, sealed, Preconfirmation::Abandoned { block_number: 5 }] {
            let text = serde_json::to_string(&announcement).unwrap();
            assert_eq!(serde_json::from_str::<Preconfirmation>(&text).unwrap(), announcement);
        }
    }
}
