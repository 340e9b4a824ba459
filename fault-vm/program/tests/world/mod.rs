//! A chain in memory with its inbox, derived natively from flat state; and an oracle over all preimages that it made on the way.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod accounts;
mod host;

pub(crate) use accounts::{ETHER, Signer, TOKEN, alloc, delegation, deposit, eth_transfer, hashes_call, slots_call, token_transfer};
pub(crate) use host::{Host, guest, run};

use alloy_consensus::{Header, Sealed};
use alloy_primitives::{B256, Bytes, address, keccak256};
use alloy_rlp::Encodable;
use gainsay_derive::{Executed, Executor, Inbox, OpenBatch, Outcome, Payload, block_step, open_batch};
use gainsay_execute::{
    BlockError, ExecuteError, ExecutedBlock, Fault, execute_block,
    genesis::{GenesisAlloc, genesis_block},
    memory::MemoryState,
    trie::TrieNodes,
};
use gainsay_program::{Input, Oracle};
use gainsay_types::{
    Attributes, BatchHeader, BatchKind, BlockInput, ChainConfig, Message, MessageBody, Millis, State, Transaction, UserDeposit,
    batch::{Batch, BatchBlock},
    payload::envelope,
};
use std::{cell::RefCell, collections::BTreeMap, convert::Infallible, sync::Arc};

pub(crate) const CHAIN_ID: u64 = 42_069;
const GENESIS_TIME: Millis = Millis(1_700_000_000_250);

pub(crate) fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: CHAIN_ID,
        spec_id: 1,
        block_time_ms: 250,
        block_gas_limit: 60_000_000,
        gas_rate: 20_000_000,
        gas_target: 2_500_000,
        base_fee_denominator: 8,
        min_base_fee: 1_000,
        base_fee_scalar: 1_368,
        blob_base_fee_scalar: 810_949,
        portal: address!("000000000000000000000000000000000000f0f0"),
        genesis_hash: B256::ZERO,
    }
}

/// Preimages by their hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preimages {
    pub(crate) data: BTreeMap<B256, Bytes>,
    pub(crate) blobs: BTreeMap<B256, Bytes>,
    /// Hashes of the data that was asked for.
    pub(crate) asked: RefCell<Vec<B256>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no preimage of {0}")]
pub(crate) struct Missing(pub(crate) B256);

impl Preimages {
    fn add(&mut self, bytes: impl Into<Bytes>) -> B256 {
        let bytes = bytes.into();
        let hash = keccak256(&bytes);
        self.data.insert(hash, bytes);
        hash
    }
}

impl Oracle for Preimages {
    type Error = Missing;

    fn keccak(&self, hash: &B256) -> Result<Bytes, Missing> {
        self.asked.borrow_mut().push(*hash);
        self.data.get(hash).cloned().ok_or(Missing(*hash))
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Bytes, Missing> {
        self.blobs.get(versioned_hash).cloned().ok_or(Missing(*versioned_hash))
    }
}

/// One block step as it happened natively.
pub(crate) struct Taken {
    pub(crate) input: B256,
    pub(crate) before: State,
    pub(crate) output: B256,
    pub(crate) state: State,
    pub(crate) block: Option<ExecutedBlock>,
    pub(crate) ignored: usize,
}

pub(crate) struct World {
    pub(crate) config: ChainConfig,
    pub(crate) preimages: Preimages,
    pub(crate) state: State,
    /// Gives blobs the hashes that they are asked for by. Mere names unless a test needs more: commitments are the host's business.
    pub(crate) versioned_hash: fn(&Bytes) -> B256,
    flat: MemoryState,
    parent: Sealed<Header>,
    messages: Vec<(Message, B256)>,
    batches: Vec<(BatchHeader, Payload, B256)>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&alloc())
    }

    pub(crate) fn with(alloc: &GenesisAlloc) -> Self {
        Self::of(config(), 1_000_000_000, alloc)
    }

    /// A chain whose genesis block has the base fee given.
    pub(crate) fn of(config: ChainConfig, base_fee: u64, alloc: &GenesisAlloc) -> Self {
        let genesis = genesis_block(&config, GENESIS_TIME, base_fee, alloc).unwrap();
        let mut flat = MemoryState::default();
        flat.apply(&genesis.changes, genesis.nodes.clone());
        flat.block_hashes.insert(0, genesis.header.hash());
        let mut world = Self {
            config: config.clone(),
            preimages: Preimages::default(),
            state: State::genesis(genesis.output_root),
            versioned_hash: |blob| B256::from(keccak256(blob).0.map(|byte| byte | 1)),
            flat,
            parent: genesis.header.clone(),
            messages: Vec::new(),
            batches: Vec::new(),
        };
        world.preimages.add(config.encode());
        for code in genesis.changes.codes.values() {
            world.preimages.add(code.clone());
        }
        world.note_block(&genesis.header, genesis.nodes);
        world
    }

    fn note_block(&mut self, header: &Sealed<Header>, nodes: TrieNodes) {
        let mut rlp = Vec::new();
        header.inner().encode(&mut rlp);
        assert_eq!(self.preimages.add(rlp), header.hash());
        let passer = header.withdrawals_root.unwrap();
        let root: Vec<u8> = [B256::ZERO, header.state_root, passer, header.hash()].concat();
        self.preimages.add(root);
        for (hash, node) in nodes {
            assert_eq!(self.preimages.add(node), hash);
        }
    }

    fn message(&mut self, body: MessageBody) {
        let previous = self.messages.last().map_or(B256::ZERO, |(_, acc)| *acc);
        let index = self.messages.len() as u64 + 1;
        let users = self.messages.iter().filter(|(message, _)| message.body.kind() == 0).count() as u64;
        let user_ordinal = users + u64::from(body.kind() == 0);
        let message = Message { index, user_ordinal, l1_number: 77, l1_time: 1_700_000_000, body };
        self.preimages.add(message.body.encode());
        let acc = self.preimages.add(message.link(previous).encode());
        assert_eq!(acc, message.accumulate(previous));
        self.messages.push((message, acc));
    }

    pub(crate) fn user_deposit(&mut self, deposit: UserDeposit) {
        self.message(MessageBody::User(deposit));
    }

    pub(crate) fn attributes(&mut self) {
        let attributes =
            Attributes { base_fee: "20000000000".parse().unwrap(), blob_base_fee: "3".parse().unwrap(), prev_randao: B256::repeat_byte(7) };
        self.message(MessageBody::Attributes(attributes));
    }

    /// Appends a batch that consumes all messages so far.
    pub(crate) fn append(&mut self, payload: Payload) {
        self.append_consuming(payload, self.messages.len());
    }

    /// Appends a batch that consumes the first so many messages.
    pub(crate) fn append_consuming(&mut self, payload: Payload, messages: usize) {
        let (kind, payload_hash) = match &payload {
            Payload::None => (BatchKind::Forced, B256::ZERO),
            Payload::Calldata(bytes) => (BatchKind::Calldata, self.preimages.add(bytes.clone())),
            Payload::Blobs(blobs) => {
                let hashes: Vec<B256> = blobs.iter().map(self.versioned_hash).collect();
                self.preimages.blobs.extend(hashes.iter().copied().zip(blobs.iter().cloned()));
                (BatchKind::Blobs, self.preimages.add(hashes.concat()))
            }
        };
        let header = BatchHeader {
            kind,
            payload_hash,
            deposit_count: messages as u64,
            deposit_acc: self.messages[..messages].last().map_or(B256::ZERO, |(_, acc)| *acc),
            l1_number: 80,
            l1_time: 1_700_000_000 + 12 * self.batches.len() as u64,
            l1_base_fee: "20000000000".parse().unwrap(),
            l1_blob_base_fee: "3".parse().unwrap(),
            batch_index: self.batches.len() as u64 + 1,
        };
        let previous = self.batches.last().map_or(B256::ZERO, |(_, _, acc)| *acc);
        let header_hash = self.preimages.add(header.encode().to_vec());
        let acc = self.preimages.add([previous, header_hash].concat());
        assert_eq!(acc, header.accumulate(previous));
        self.batches.push((header, payload, acc));
    }

    /// Takes the next step natively.
    pub(crate) fn step(&mut self) -> Taken {
        let before = self.state;
        let batch_acc = self.batches.get(before.batch_index as usize).map_or(B256::ZERO, |(_, _, acc)| *acc);
        let input = Input { batch_acc, state_hash: self.preimages.add(before.encode().to_vec()), config_hash: self.config.hash() };
        let input = self.preimages.add(input.encode().to_vec());
        let mut executor = Flat { world: self, block: None };
        let step = block_step(&self.config, &before, self.batches.len() as u64, &Archive(self), &mut executor).unwrap();
        let block = executor.block.take();
        let ignored = step.as_ref().map_or(0, |step| step.ignored.len());
        self.state = step.map_or(before, |step| step.state);
        let executed = block.map(|(block, nodes)| {
            self.flat.apply(&block.changes, nodes.clone());
            self.flat.block_hashes.insert(block.header.number, block.header.hash());
            self.preimages.data.extend(block.changes.codes.clone());
            self.note_block(&block.header, nodes);
            self.parent = block.header.clone();
            block
        });
        Taken { input, before, output: self.state.hash(), state: self.state, block: executed, ignored }
    }

    /// Takes all steps that are left, and has each of them checked.
    pub(crate) fn steps(&mut self, mut check: impl FnMut(&Self, &Taken)) -> usize {
        let mut count = 0;
        while self.state.batch_index < self.batches.len() as u64 {
            let taken = self.step();
            check(self, &taken);
            count += 1;
        }
        count
    }
}

/// A payload of blocks, each a second after its parent.
pub(crate) fn calldata(blocks: Vec<(u64, Vec<Transaction>)>) -> Payload {
    Payload::Calldata(compressed(blocks).into())
}

pub(crate) fn compressed(blocks: Vec<(u64, Vec<Transaction>)>) -> Vec<u8> {
    let blocks = blocks.into_iter().map(|(deposits, transactions)| BatchBlock { delay_ms: 750, deposits, transactions }).collect();
    let mut stream = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut Batch { blocks }.encode().as_slice(), &mut stream, &parameters).unwrap();
    envelope(&stream).unwrap()
}

struct Archive<'a>(&'a World);

impl Inbox for Archive<'_> {
    type Error = Infallible;

    fn batch(&self, index: u64) -> Result<Arc<OpenBatch>, Infallible> {
        let (header, payload, _) = &self.0.batches[index as usize - 1];
        Ok(Arc::new(open_batch(&self.0.config, header, payload)))
    }

    fn message(&self, index: u64) -> Result<Message, Infallible> {
        Ok(self.0.messages[index as usize - 1].0.clone())
    }
}

struct Flat<'a> {
    world: &'a World,
    block: Option<(ExecutedBlock, TrieNodes)>,
}

impl Executor for Flat<'_> {
    type Block = ();
    type Fault = Fault;
    type Error = Infallible;

    fn parent_time(&self) -> Millis {
        let parent = &self.world.parent;
        let extra: [u8; 2] = parent.extra_data.as_ref().try_into().unwrap();
        Millis::from_header(parent.timestamp, u16::from_be_bytes(extra))
    }

    fn execute(&mut self, input: BlockInput) -> Result<Outcome<(), Fault>, Infallible> {
        let World { config, parent, flat, .. } = self.world;
        match execute_block(config, parent, input, flat, flat) {
            Ok((block, nodes)) => {
                let output_root = block.output_root;
                self.block = Some((block, nodes));
                Ok(Outcome::Valid(Executed { output_root, block: () }))
            }
            Err(BlockError::Execute(ExecuteError::Fault(fault))) => Ok(Outcome::Fault(fault)),
            Err(other) => panic!("{other}"),
        }
    }
}
