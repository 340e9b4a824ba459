//! Reads a span batch by its specification, so that the encoder it is compared with can be trusted. Panics on anything else.

use alloy_consensus::{Signed, TxEip1559, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use alloy_rlp::{Decodable, Header};
use gainsay_types::{Transaction, testing::CHAIN_ID};
use op_alloy_consensus::OpTxEnvelope;

pub(crate) struct SpanBatch {
    pub(crate) elapsed: u64,
    pub(crate) origin: u64,
    pub(crate) parent: [u8; 20],
    pub(crate) origin_hash: [u8; 20],
    /// Blocks whose L1 origin is another than their parent's.
    pub(crate) origins_begun: usize,
    pub(crate) blocks: Vec<Vec<Transaction>>,
}

/// The fields of `tx_datas` of one transaction.
struct Data {
    legacy: bool,
    value: U256,
    tip: u128,
    fee: u128,
    input: Bytes,
}

pub(crate) fn read(channel: &[u8]) -> SpanBatch {
    let mut rlp = channel;
    let batch = Header::decode_bytes(&mut rlp, false).unwrap();
    assert!(rlp.is_empty());
    let (version, mut rest) = batch.split_first().unwrap();
    assert_eq!(*version, 1);
    let from = &mut rest;
    let (elapsed, origin) = (uvarint(from), uvarint(from));
    let (parent, origin_hash) = (array(from), array(from));
    let blocks = uvarint(from) as usize;
    let origins_begun = bits(from, blocks).into_iter().filter(|&begun| begun).count();
    let sizes: Vec<usize> = (0..blocks).map(|_| uvarint(from) as usize).collect();
    let mut all = transactions(from, sizes.iter().sum()).into_iter();
    assert!(from.is_empty());
    let blocks = sizes.into_iter().map(|size| all.by_ref().take(size).collect()).collect();
    SpanBatch { elapsed, origin, parent, origin_hash, origins_begun, blocks }
}

fn transactions(from: &mut &[u8], count: usize) -> Vec<Transaction> {
    let creations = bits(from, count);
    let parities = bits(from, count);
    let signatures: Vec<_> = parities.into_iter().map(|parity| Signature::new(word(from), word(from), parity)).collect();
    let callees: Vec<_> =
        creations.into_iter().map(|creates| if creates { TxKind::Create } else { Address::from(array(from)).into() }).collect();
    let datas: Vec<Data> = (0..count).map(|_| data(from)).collect();
    let nonces: Vec<u64> = (0..count).map(|_| uvarint(from)).collect();
    let gas_limits: Vec<u64> = (0..count).map(|_| uvarint(from)).collect();
    let mut protected = bits(from, datas.iter().filter(|data| data.legacy).count()).into_iter();
    let fields = signatures.into_iter().zip(callees).zip(datas).zip(nonces).zip(gas_limits);
    let build = |((((signature, to), data), nonce), gas_limit)| {
        let Data { legacy, value, tip, fee, input } = data;
        let envelope = if legacy {
            let chain_id = protected.next().unwrap().then_some(CHAIN_ID);
            let tx = TxLegacy { chain_id, nonce, gas_price: fee, gas_limit, to, value, input };
            OpTxEnvelope::Legacy(Signed::new_unhashed(tx, signature))
        } else {
            let (max_fee_per_gas, max_priority_fee_per_gas, access_list) = (fee, tip, Default::default());
            let chain_id = CHAIN_ID;
            let tx = TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, to, value, access_list, input };
            OpTxEnvelope::Eip1559(Signed::new_unhashed(tx, signature))
        };
        Transaction::new(envelope).unwrap()
    };
    fields.map(build).collect()
}

fn data(from: &mut &[u8]) -> Data {
    let legacy = from[0] >= 0xc0;
    if !legacy {
        assert_eq!(array(from), [2], "the loads have types 0 and 2");
    }
    let mut fields = Header::decode_bytes(from, true).unwrap();
    let from = &mut fields;
    let value = U256::decode(from).unwrap();
    let tip = if legacy { 0 } else { u128::decode(from).unwrap() };
    let (fee, input) = (u128::decode(from).unwrap(), Bytes::decode(from).unwrap());
    if !legacy {
        assert_eq!(array(from), [0xc0], "no access list");
    }
    assert!(from.is_empty());
    Data { legacy, value, tip, fee, input }
}

fn uvarint(from: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = array(from);
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number of more than 64 bits");
}

/// Of a big-endian integer, the lowest bit first.
fn bits(from: &mut &[u8], count: usize) -> Vec<bool> {
    let (bytes, rest) = from.split_at(count.div_ceil(8));
    *from = rest;
    let bit = |index: usize| bytes[bytes.len() - 1 - index / 8] >> (index % 8) & 1 == 1;
    (0..count).map(bit).collect()
}

fn word(from: &mut &[u8]) -> U256 {
    U256::from_be_bytes(array::<32>(from))
}

fn array<const N: usize>(from: &mut &[u8]) -> [u8; N] {
    let (bytes, rest) = from.split_first_chunk().unwrap();
    *from = rest;
    *bytes
}
