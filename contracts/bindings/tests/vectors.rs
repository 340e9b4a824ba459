//! `tests/vectors/protocol.json`, as `gainsay-types` computes it. The Foundry test `Vectors.t.sol` plays the same steps against the real
//! contracts and compares. `GAINSAY_WRITE_VECTORS=1` writes the file instead of comparing it.

use alloy::{
    eips::eip4844::fake_exponential,
    primitives::{Address, B256, Bytes, U256, address, keccak256},
};
use gainsay_types::{
    Attributes, BatchHeader, BatchKind, CLOSING, Message, MessageBody, State, UserDeposit, assertion_id, inputs_hash, output_root,
};
use serde_json::{Value, json};
use std::path::PathBuf;

const PORTAL: Address = address!("00000000000000000000000000000000000b0a7a");
/// By which forge turns excess blob gas into the fee.
const PRAGUE_BLOB_FEE_FRACTION: u128 = 5_007_716;
const START: u64 = 1_800_000_000;

/// The Inbox as `docs/protocol.md` describes it, beside the steps that lead there.
#[derive(Default)]
struct Model {
    number: u64,
    time: u64,
    base_fee: U256,
    blob_base_fee: U256,
    prev_randao: B256,
    message_accs: Vec<B256>,
    users: u64,
    batch_accs: Vec<B256>,
    steps: Vec<Value>,
}

impl Model {
    fn new() -> Self {
        Self { message_accs: vec![B256::ZERO], batch_accs: vec![B256::ZERO], ..Self::default() }
    }

    /// The L1 block of the next steps.
    fn block(&mut self, number: u64, seconds: u64, seed: u8) {
        self.number = number;
        self.time = START + seconds;
        self.base_fee = U256::from(seed) * U256::from(1_000_000_007u64);
        let excess = u128::from(seed) * 47_000_000;
        self.blob_base_fee = U256::from(fake_exponential(1, excess, PRAGUE_BLOB_FEE_FRACTION));
        self.prev_randao = keccak256([seed]);
        self.steps.push(json!({
            "op": "block", "number": number, "time": self.time, "baseFee": self.base_fee.to_string(),
            "excessBlobGas": excess.to_string(), "blobBaseFee": self.blob_base_fee.to_string(), "prevRandao": self.prev_randao,
        }));
    }

    fn enqueue(&mut self, body: MessageBody) -> Message {
        if matches!(body, MessageBody::User(_)) {
            self.users += 1;
        }
        let index = self.message_accs.len() as u64;
        let message = Message { index, user_ordinal: self.users, l1_number: self.number, l1_time: self.time, body };
        self.message_accs.push(message.accumulate(*self.message_accs.last().expect("acc[0]")));
        message
    }

    /// `sender` is who calls the Portal on L1, `alias` whether it is a contract.
    fn deposit(&mut self, sender: Address, alias: bool, deposit: UserDeposit) {
        let (to, mint, value, data) = (deposit.to, deposit.mint, deposit.value, deposit.data.clone());
        let (from, gas_limit) = (deposit.from, deposit.gas_limit);
        let message = self.enqueue(MessageBody::User(deposit));
        self.steps.push(json!({
            "op": "deposit", "sender": sender, "contract": u8::from(alias), "from": from, "to": to.unwrap_or_default(),
            "creation": u8::from(to.is_none()), "mint": mint.to_string(), "value": value.to_string(), "gasLimit": gas_limit,
            "data": data, "index": message.index, "depositAcc": self.message_accs[message.index as usize],
            "sourceHash": message.transaction(PORTAL).source_hash,
        }));
    }

    fn batch(&mut self, kind: BatchKind, payload: &[u8], m: u64) {
        let payload_hash = if kind == BatchKind::Forced { B256::ZERO } else { keccak256(payload) };
        let header = BatchHeader {
            kind,
            payload_hash,
            deposit_count: m,
            deposit_acc: self.message_accs[m as usize],
            l1_number: self.number,
            l1_time: self.time,
            l1_base_fee: self.base_fee,
            l1_blob_base_fee: self.blob_base_fee,
            batch_index: self.batch_accs.len() as u64,
        };
        let acc = header.accumulate(*self.batch_accs.last().expect("acc[0]"));
        self.batch_accs.push(acc);
        let op = ["blobs", "calldata", "forced"][kind as usize];
        let mut step = json!({
            "op": op, "payload": Bytes::copy_from_slice(payload), "m": m, "header": Bytes::from(header.encode()), "batchAcc": acc,
        });
        if kind != BatchKind::Forced {
            let (base_fee, blob_base_fee, prev_randao) = (self.base_fee, self.blob_base_fee, self.prev_randao);
            let message = self.enqueue(MessageBody::Attributes(Attributes { base_fee, blob_base_fee, prev_randao }));
            step["attributesAcc"] = json!(self.message_accs[message.index as usize]);
            step["attributesSourceHash"] = json!(message.transaction(PORTAL).source_hash);
        }
        self.steps.push(step);
    }
}

fn aliased(sender: Address) -> Address {
    let offset = address!("1111000000000000000000000000000000001111");
    let sum = U256::from_be_bytes(sender.into_word().0) + U256::from_be_bytes(offset.into_word().0);
    Address::from_word(sum.into())
}

fn inbox() -> Vec<Value> {
    let alice = address!("00000000000000000000000000000000000a11ce");
    let contract = address!("fffffffffffffffffffffffffffffffffffffff0");
    let call = |from, to, mint, value, gas_limit, data: &[u8]| UserDeposit {
        from,
        to,
        mint,
        value,
        gas_limit,
        data: Bytes::copy_from_slice(data),
    };
    let mut model = Model::new();
    model.block(20_000_001, 12, 1);
    model.batch(BatchKind::Calldata, b"", 0);
    model.deposit(alice, false, call(alice, Some(contract), 3, 2, 100_000, b"data"));
    model.deposit(contract, true, call(aliased(contract), None, 0, 0, 200_000, &[0xfe; 100]));
    model.block(20_000_002, 24, 2);
    let hashes: Vec<u8> = (0..6u8).flat_map(|i| [vec![1], vec![i; 31]].concat()).collect();
    model.batch(BatchKind::Blobs, &hashes, 2);
    model.deposit(alice, false, call(alice, Some(Address::ZERO), u128::from(u64::MAX), u128::MAX, 1 << 24, b""));
    model.block(20_007_300, 90_000, 3);
    model.batch(BatchKind::Forced, b"", 5);
    model.batch(BatchKind::Calldata, &[0x5a; 1_000], 5);
    model.batch(BatchKind::Blobs, &hashes[..32], 6);
    model.steps
}

fn states() -> Vec<Value> {
    let root = |byte| output_root(B256::repeat_byte(byte), B256::repeat_byte(0xee), keccak256([byte]));
    let all = [
        State::genesis(root(0)),
        State { output_root: root(1), l2_block_number: 1, batch_index: 2, batch_offset: 3, deposit_index: 4 },
        State { output_root: root(2), l2_block_number: u64::MAX, batch_index: 1, batch_offset: CLOSING, deposit_index: 1 << 40 },
    ];
    let mut parent = B256::ZERO;
    let mut values = Vec::new();
    for state in all {
        let id = assertion_id(parent, state.hash());
        values.push(json!({
            "outputRoot": state.output_root, "l2BlockNumber": state.l2_block_number.to_string(),
            "batchIndex": state.batch_index.to_string(), "batchOffset": state.batch_offset.to_string(),
            "depositIndex": state.deposit_index.to_string(), "stateHash": state.hash(), "parent": parent, "assertionId": id,
        }));
        parent = id;
    }
    values
}

fn inputs() -> Vec<Value> {
    [(0, B256::ZERO), (1, B256::repeat_byte(1)), (u64::MAX, keccak256(b"acc"))]
        .map(|(target, acc)| json!({ "target": target.to_string(), "batchAcc": acc, "inputsHash": inputs_hash(target, acc) }))
        .to_vec()
}

#[test]
fn the_committed_vectors_are_what_the_types_compute() {
    let vectors = json!({ "portal": PORTAL, "start": START, "steps": inbox(), "states": states(), "inputs": inputs() });
    let mut text = serde_json::to_string_pretty(&vectors).expect("JSON");
    text.push('\n');
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/protocol.json");
    if std::env::var_os("GAINSAY_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).expect("the vectors can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the vectors are there: GAINSAY_WRITE_VECTORS=1 writes them");
    assert_eq!(committed, text, "the types compute something else than the contracts were checked against");
}
