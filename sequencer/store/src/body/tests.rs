use super::*;
use crate::{BlockHeader, BlockRecord, StoredBlock, block::HeaderRecord, codec};
use alloy_consensus::{Header, Sealable};
use gainsay_types::{
    Message, MessageBody, UserDeposit,
    testing::{Dice, any_transaction},
};
use op_alloy_consensus::OpTxType;
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
            Log::new_unchecked(dice.address(), topics, dice.bytes(200).into())
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
        l1_fees: transactions.iter().map(|_| U256::from_be_bytes(dice.word().0) >> dice.below(257)).collect(),
        transactions,
    }
}

fn parts(block: &BlockRecord) -> Parts<'_> {
    Parts { transactions: &block.transactions, senders: &block.senders, receipts: &block.receipts, l1_fees: &block.l1_fees }
}

fn header(block: &BlockRecord) -> BlockHeader {
    BlockHeader { header: block.header.clone(), output_root: block.output_root, deposit_index: block.deposit_index }
}

fn slots(seed: u64) -> L1Slots {
    L1Slots { base_fee: U256::from(seed), blob_base_fee: U256::MAX - U256::from(seed), scalars: U256::from(seed) << 32 }
}

proptest! {
    #[test]
    fn a_block_survives_the_round_trip(seed: u64) {
        let block = block(seed);
        let bytes = codec::encode(&HeaderRecord::new(&header(&block))).unwrap();
        let read = codec::decode::<HeaderRecord>(&bytes).unwrap().read().unwrap();
        let stored = StoredBlock::read(read, encode(&parts(&block), &slots(seed)).unwrap()).unwrap();
        prop_assert_eq!(stored.record().unwrap(), block);
        prop_assert_eq!(stored.l1_slots(), slots(seed));
    }

    #[test]
    fn each_transaction_can_be_read_alone(seed: u64) {
        let block = block(seed);
        let written = StoredBlock::new(header(&block), &parts(&block), &slots(seed)).unwrap();
        let read = StoredBlock::read(header(&block), written.body().to_vec()).unwrap();
        prop_assert_eq!(read.hashes().unwrap(), written.hashes().unwrap());
        let (mut gas, mut logs) = (0, 0);
        for (index, transaction) in block.transactions.iter().enumerate() {
            let found = read.transaction(index).unwrap().unwrap();
            let receipt = &block.receipts[index];
            prop_assert_eq!(found.logs_before, logs);
            prop_assert_eq!(found.gas_used, receipt.cumulative_gas_used().saturating_sub(gas));
            (gas, logs) = (receipt.cumulative_gas_used(), logs + receipt.logs().len() as u64);
            prop_assert_eq!((&found.transaction, found.sender, &found.receipt), (transaction, block.senders[index], receipt));
            prop_assert_eq!(read.raw(index).unwrap().unwrap().to_vec(), transaction.encoded_2718());
            prop_assert_eq!(read.hash(index).unwrap(), Some(transaction.tx_hash()));
        }
        prop_assert_eq!((read.len(), read.deposits().unwrap()), (block.transactions.len(), block.deposits()));
        prop_assert!(read.transaction(read.len()).unwrap().is_none() && read.hash(usize::MAX).unwrap().is_none());
    }

    #[test]
    fn damaged_records_are_errors(seed: u64, position: usize, flip in 1u8.., cut: usize) {
        let block = block(seed);
        let mut body = encode(&parts(&block), &slots(seed)).unwrap();
        prop_assert!(StoredBlock::read(header(&block), body[..cut % body.len()].to_vec()).is_err());
        let position = position % body.len();
        body[position] ^= flip;
        prop_assert!(StoredBlock::read(header(&block), body).is_err());
    }
}

#[test]
fn a_body_of_another_version_is_named() {
    let mut body = encode(&parts(&block(1)), &slots(1)).unwrap();
    body[0] = 99;
    assert!(matches!(Body::new(body.into()), Err(StoreError::Version { found: 99, .. })));
    assert!(matches!(Body::new(Bytes::new()), Err(StoreError::Damaged { .. })));
}

#[test]
fn lists_of_different_lengths_are_no_block() {
    let mut block = block(3);
    block.senders.push(Address::ZERO);
    assert!(matches!(encode(&parts(&block), &slots(1)), Err(StoreError::Damaged { .. })));
}
