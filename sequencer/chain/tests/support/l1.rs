//! L1 in memory: blocks with inbox events, accumulated as the contracts do it.

use super::START;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use gainsay_chain::{InboxEvent, L1Update};
use gainsay_store::{BatchData, L1Block};
use gainsay_types::{
    Attributes, BatchHeader, BatchKind, Message, MessageBody,
    batch::{Batch, BatchBlock},
    blob, payload,
};
use std::collections::BTreeMap;

/// What a batch is posted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    Blobs,
    Calldata,
    Forced,
}

pub struct L1 {
    blocks: Vec<(L1Block, Vec<InboxEvent>)>,
    blobs: BTreeMap<B256, Bytes>,
    /// Part of every block hash, so that blocks after a reorganisation differ.
    fork: u64,
    /// How versioned hashes are made: a Keccak is much quicker than a commitment.
    versioned_hash: fn(&Bytes) -> B256,
}

impl L1 {
    pub fn new() -> Self {
        let block = L1Block { number: 0, hash: B256::repeat_byte(1), parent_hash: B256::ZERO, timestamp: START };
        Self { blocks: vec![(block, Vec::new())], blobs: BTreeMap::new(), fork: 0, versioned_hash: |blob| keccak256(blob) }
    }

    /// With blobs that hash to what they are named by, as witnesses need them.
    pub fn with_real_blobs() -> Self {
        Self { versioned_hash: |blob| gainsay_trace::blob::versioned_hash(blob).expect("a blob"), ..Self::new() }
    }

    pub fn tip(&self) -> &L1Block {
        &self.blocks[self.blocks.len() - 1].0
    }

    pub fn block(&self, number: u64) -> &L1Block {
        &self.blocks[usize::try_from(number).unwrap()].0
    }

    pub fn update(&self, number: u64) -> L1Update {
        let (block, events) = &self.blocks[usize::try_from(number).unwrap()];
        L1Update::Extend { block: *block, events: events.clone() }
    }

    pub fn blob(&self, hash: &B256) -> &Bytes {
        &self.blobs[hash]
    }

    /// Index and accumulator of the newest batch.
    pub fn batches(&self) -> (u64, B256, u64) {
        let found = self.events().filter_map(|event| match event {
            InboxEvent::Batch { header, acc, .. } => Some((header.batch_index, *acc, header.deposit_count)),
            InboxEvent::Message { .. } => None,
        });
        found.last().unwrap_or_default()
    }

    /// Index, accumulator and user ordinal of the newest message.
    pub fn messages(&self) -> (u64, B256, u64) {
        let found = self.events().filter_map(|event| match event {
            InboxEvent::Message { message, acc, .. } => Some((message.index, *acc, message.user_ordinal)),
            InboxEvent::Batch { .. } => None,
        });
        found.last().unwrap_or_default()
    }

    /// Mines a block with deposits.
    pub fn mine(&mut self, deposits: Vec<MessageBody>) {
        self.push_block();
        for body in deposits {
            self.push_message(body);
        }
    }

    /// Mines a block with a batch that consumes messages up to `m`, and its attributes message.
    pub fn post(&mut self, blocks: Vec<BatchBlock>, m: u64, posted: Posted) {
        let payload = payload::envelope(&compress(&Batch { blocks }.encode())).expect("fits");
        self.post_bytes(&payload, m, posted);
    }

    pub fn post_bytes(&mut self, payload: &[u8], m: u64, posted: Posted) {
        self.push_block();
        let (kind, data, payload_hash) = match posted {
            Posted::Forced => (BatchKind::Forced, BatchData::None, B256::ZERO),
            Posted::Calldata => (BatchKind::Calldata, BatchData::Calldata(Bytes::copy_from_slice(payload)), keccak256(payload)),
            Posted::Blobs => {
                let blobs = blob::pack(payload).expect("fits");
                let hashes: Vec<B256> = blobs.iter().map(self.versioned_hash).collect();
                self.blobs.extend(hashes.iter().copied().zip(blobs));
                let joined: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
                (BatchKind::Blobs, BatchData::Blobs(hashes), keccak256(joined))
            }
        };
        let (index, acc, _) = self.batches();
        let tip = *self.tip();
        let header = BatchHeader {
            kind,
            payload_hash,
            deposit_count: m,
            deposit_acc: self.deposit_acc(m),
            l1_number: tip.number,
            l1_time: tip.timestamp,
            l1_base_fee: U256::from(7),
            l1_blob_base_fee: U256::from(1),
            batch_index: index + 1,
        };
        let acc = header.accumulate(acc);
        self.push_event(InboxEvent::Batch { header, acc, data });
        if kind != BatchKind::Forced {
            let prev_randao = keccak256(tip.hash);
            self.push_message(MessageBody::Attributes(Attributes { base_fee: U256::from(7), blob_base_fee: U256::from(1), prev_randao }));
        }
    }

    /// Drops the newest `depth` blocks; those mined from now on have other hashes.
    pub fn reorganise(&mut self, depth: usize) {
        let left = self.blocks.len().saturating_sub(depth).max(1);
        self.blocks.truncate(left);
        self.fork += 1;
    }

    fn deposit_acc(&self, index: u64) -> B256 {
        let found = self.events().find_map(|event| match event {
            InboxEvent::Message { message, acc, .. } if message.index == index => Some(*acc),
            _ => None,
        });
        found.unwrap_or_default()
    }

    fn events(&self) -> impl Iterator<Item = &InboxEvent> {
        self.blocks.iter().flat_map(|(_, events)| events)
    }

    fn push_block(&mut self) {
        let parent = *self.tip();
        let number = parent.number + 1;
        let hash = keccak256([parent.hash.as_slice(), &self.fork.to_be_bytes()].concat());
        let block = L1Block { number, hash, parent_hash: parent.hash, timestamp: parent.timestamp + 12 };
        self.blocks.push((block, Vec::new()));
    }

    fn push_event(&mut self, event: InboxEvent) {
        self.blocks.last_mut().expect("block 0").1.push(event);
    }

    fn push_message(&mut self, body: MessageBody) {
        let (index, acc, ordinal) = self.messages();
        let tip = *self.tip();
        let user_ordinal = ordinal + u64::from(matches!(body, MessageBody::User(_)));
        let message = Message { index: index + 1, user_ordinal, l1_number: tip.number, l1_time: tip.timestamp, body };
        let acc = message.accumulate(acc);
        self.push_event(InboxEvent::Message { message, acc, tx_hash: transaction_in(&tip) });
    }
}

/// Hash of the one transaction that enqueues all messages of an L1 block.
pub fn transaction_in(block: &L1Block) -> B256 {
    keccak256(block.hash)
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 22, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters).expect("compresses");
    out
}
