//! Blocks as the store keeps them: a small header record, and a body record with everything else.

use crate::{StoreError, codec::Record};
use alloy_consensus::{Header, Sealed};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_rlp::Decodable;
use gainsay_execute::{ExecutedBlock, genesis::Genesis};
use gainsay_types::Millis;
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope, OpTxType};
use serde::{Deserialize, Serialize};

/// A block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// The header with its hash.
    pub header: Sealed<Header>,
    /// Output root after the block.
    pub output_root: B256,
    /// Messages consumed up to and including this block.
    pub deposit_index: u64,
}

/// A block with its transactions and what came of them. All lists have one entry a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// The header with its hash.
    pub header: Sealed<Header>,
    /// Output root after the block.
    pub output_root: B256,
    /// Messages consumed up to and including this block.
    pub deposit_index: u64,
    /// Transactions, deposits first.
    pub transactions: Vec<OpTxEnvelope>,
    /// Their senders.
    pub senders: Vec<Address>,
    /// Their receipts.
    pub receipts: Vec<OpReceiptEnvelope>,
    /// Their L1 data fees, wei; zero for deposits.
    pub l1_fees: Vec<U256>,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its L2 block.
    pub block: u64,
    /// Its position in the block, from 0.
    pub index: u64,
}

impl BlockHeader {
    /// Time of the block.
    #[must_use]
    pub fn time(&self) -> Millis {
        block_time(&self.header)
    }
}

impl BlockRecord {
    /// From execution. `deposit_index` is the count of messages consumed up to and including this block.
    #[must_use]
    pub fn new(block: &ExecutedBlock, deposit_index: u64) -> Self {
        Self {
            header: block.header.clone(),
            output_root: block.output_root,
            deposit_index,
            transactions: block.transactions.clone(),
            senders: block.senders.clone(),
            receipts: block.receipts.clone(),
            l1_fees: block.l1_fees.clone(),
        }
    }

    pub(crate) fn genesis(genesis: &Genesis) -> Self {
        Self {
            header: genesis.header.clone(),
            output_root: genesis.output_root,
            deposit_index: 0,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            l1_fees: Vec::new(),
        }
    }

    /// Time of the block.
    #[must_use]
    pub fn time(&self) -> Millis {
        block_time(&self.header)
    }

    /// Deposits in the block. They come first.
    #[must_use]
    pub fn deposits(&self) -> usize {
        self.transactions.iter().take_while(|transaction| matches!(transaction, OpTxEnvelope::Deposit(_))).count()
    }

    /// Transactions that users sent, in order.
    pub fn user_transactions(&self) -> impl Iterator<Item = &OpTxEnvelope> {
        self.transactions.iter().skip(self.deposits())
    }
}

/// Seconds in the timestamp, the rest in the extra data.
fn block_time(header: &Header) -> Millis {
    // The genesis block may have no extra data; no other header is without.
    let extra = header.extra_data.as_ref().try_into().map_or(0, u16::from_be_bytes);
    Millis::from_header(header.timestamp, extra)
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HeaderRecord {
    rlp: Vec<u8>,
    hash: B256,
    output_root: B256,
    deposit_index: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct BodyRecord {
    /// EIP-2718 bytes.
    transactions: Vec<Vec<u8>>,
    senders: Vec<Address>,
    receipts: Vec<ReceiptRecord>,
    l1_fees: Vec<U256>,
}

/// A receipt without its bloom, which follows from the logs and is 256 bytes.
#[derive(Serialize, Deserialize)]
struct ReceiptRecord {
    kind: u8,
    success: bool,
    cumulative_gas: u64,
    deposit_nonce: Option<u64>,
    deposit_version: Option<u64>,
    logs: Vec<(Address, Vec<B256>, Bytes)>,
}

impl Record for HeaderRecord {
    const NAME: &'static str = "block header";
}

impl Record for BodyRecord {
    const NAME: &'static str = "block body";
}

impl Record for Location {
    const NAME: &'static str = "transaction location";
}

impl HeaderRecord {
    pub(crate) fn new(block: &BlockRecord) -> Self {
        Self {
            rlp: alloy_rlp::encode(block.header.inner()),
            hash: block.header.hash(),
            output_root: block.output_root,
            deposit_index: block.deposit_index,
        }
    }

    pub(crate) fn read(&self) -> Result<BlockHeader, StoreError> {
        let header = Header::decode(&mut self.rlp.as_slice()).map_err(|error| StoreError::damaged(Self::NAME, error))?;
        Ok(BlockHeader {
            header: Sealed::new_unchecked(header, self.hash),
            output_root: self.output_root,
            deposit_index: self.deposit_index,
        })
    }
}

impl BodyRecord {
    pub(crate) fn new(block: &BlockRecord) -> Self {
        Self {
            transactions: block.transactions.iter().map(Encodable2718::encoded_2718).collect(),
            senders: block.senders.clone(),
            receipts: block.receipts.iter().map(ReceiptRecord::new).collect(),
            l1_fees: block.l1_fees.clone(),
        }
    }

    pub(crate) fn read(self, header: BlockHeader) -> Result<BlockRecord, StoreError> {
        let transactions = self
            .transactions
            .iter()
            .map(|bytes| OpTxEnvelope::decode_2718(&mut bytes.as_slice()).map_err(|error| StoreError::damaged(Self::NAME, error)));
        Ok(BlockRecord {
            header: header.header,
            output_root: header.output_root,
            deposit_index: header.deposit_index,
            transactions: transactions.collect::<Result<_, _>>()?,
            senders: self.senders,
            receipts: self.receipts.into_iter().map(ReceiptRecord::read).collect::<Result<_, _>>()?,
            l1_fees: self.l1_fees,
        })
    }
}

impl ReceiptRecord {
    fn new(receipt: &OpReceiptEnvelope) -> Self {
        let logs = receipt.logs().iter().map(|log| (log.address, log.topics().to_vec(), log.data.data.clone()));
        Self {
            kind: receipt.tx_type() as u8,
            success: receipt.status(),
            cumulative_gas: receipt.cumulative_gas_used(),
            deposit_nonce: receipt.deposit_nonce(),
            deposit_version: receipt.deposit_receipt_version(),
            logs: logs.collect(),
        }
    }

    fn read(self) -> Result<OpReceiptEnvelope, StoreError> {
        let kind = OpTxType::try_from(self.kind).map_err(|error| StoreError::damaged(BodyRecord::NAME, error))?;
        let logs: Vec<Log> = self.logs.into_iter().map(|(address, topics, data)| Log::new_unchecked(address, topics, data)).collect();
        Ok(OpReceiptEnvelope::from_parts(self.success, self.cumulative_gas, &logs, kind, self.deposit_nonce, self.deposit_version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use alloy_consensus::Sealable;
    use gainsay_types::{
        Message, MessageBody, UserDeposit,
        testing::{Dice, any_transaction},
    };
    use proptest::prelude::*;

    fn deposit(dice: &mut Dice) -> OpTxEnvelope {
        let body = MessageBody::User(UserDeposit {
            from: dice.address(),
            to: (dice.below(2) == 0).then(|| dice.address()),
            mint: u128::from(dice.bits()),
            value: u128::from(dice.bits()),
            gas_limit: dice.bits(),
            data: dice.bytes(50).into(),
        });
        let message = Message { index: dice.bits(), user_ordinal: 1, l1_number: 2, l1_time: 3, body };
        OpTxEnvelope::Deposit(message.transaction(dice.address()).seal_slow())
    }

    fn receipt(dice: &mut Dice, kind: OpTxType) -> OpReceiptEnvelope {
        let logs: Vec<Log> = (0..dice.below(3))
            .map(|_| {
                let topics = (0..dice.below(5)).map(|_| dice.word()).collect();
                Log::new_unchecked(dice.address(), topics, dice.bytes(70).into())
            })
            .collect();
        let nonce = (kind == OpTxType::Deposit).then(|| dice.bits());
        OpReceiptEnvelope::from_parts(dice.below(2) == 0, dice.bits(), &logs, kind, nonce, nonce.map(|_| 1))
    }

    fn block(seed: u64) -> BlockRecord {
        let mut dice = Dice::new(seed);
        let mut transactions: Vec<OpTxEnvelope> = (0..dice.below(3)).map(|_| deposit(&mut dice)).collect();
        transactions.extend((0..dice.below(6)).map(|_| any_transaction(&mut dice).into_envelope()));
        let header = Header {
            number: dice.bits(),
            timestamp: dice.bits() >> 20,
            extra_data: vec![1, 2].into(),
            base_fee_per_gas: Some(dice.bits()),
            withdrawals_root: Some(dice.word()),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(dice.word()),
            ..Header::default()
        };
        BlockRecord {
            header: header.seal_slow(),
            output_root: dice.word(),
            deposit_index: dice.bits(),
            senders: transactions.iter().map(|_| dice.address()).collect(),
            receipts: transactions.iter().map(|transaction| receipt(&mut dice, transaction.tx_type())).collect(),
            l1_fees: transactions.iter().map(|_| dice.word().into()).collect(),
            transactions,
        }
    }

    proptest! {
        #[test]
        fn a_block_survives_the_round_trip(seed: u64) {
            let block = block(seed);
            let header = codec::encode(&HeaderRecord::new(&block)).unwrap();
            let body = codec::encode(&BodyRecord::new(&block)).unwrap();
            let header = codec::decode::<HeaderRecord>(&header).unwrap().read().unwrap();
            prop_assert_eq!(codec::decode::<BodyRecord>(&body).unwrap().read(header).unwrap(), block);
        }

        #[test]
        fn damaged_records_are_errors(seed: u64, position: usize, flip in 1u8.., cut: usize) {
            let block = block(seed);
            let mut body = codec::encode(&BodyRecord::new(&block)).unwrap();
            let header = HeaderRecord::new(&block).read().unwrap();
            prop_assert!(codec::decode::<BodyRecord>(&body[..cut % body.len()]).is_err());
            let position = position % body.len();
            body[position] ^= flip;
            // A flipped bit in a field gives another block; it never panics.
            if let Ok(record) = codec::decode::<BodyRecord>(&body) {
                let _ = record.read(header);
            }
        }
    }

    #[test]
    fn a_record_of_another_version_is_named() {
        let mut bytes = codec::encode(&Location { block: 1, index: 2 }).unwrap();
        assert_eq!(codec::decode::<Location>(&bytes).unwrap(), Location { block: 1, index: 2 });
        bytes[0] = 9;
        assert!(matches!(codec::decode::<Location>(&bytes), Err(StoreError::Version { found: 9, .. })));
        assert!(matches!(codec::decode::<Location>(&[]), Err(StoreError::Damaged { .. })));
    }
}
