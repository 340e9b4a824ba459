use super::*;
use crate::testing::{Dice, any_batch, any_transaction};
use alloc::{vec, vec::Vec};
use alloy_consensus::Transaction as _;
use proptest::prelude::*;

fn round_trip(batch: &Batch) -> Vec<u8> {
    let encoded = batch.encode();
    let decoded = Batch::decode(&encoded).unwrap();
    assert_eq!(&decoded, batch);
    for (left, right) in decoded.blocks.iter().zip(&batch.blocks) {
        let hashes = |block: &BatchBlock| block.transactions.iter().map(Transaction::hash).collect::<Vec<_>>();
        assert_eq!(hashes(left), hashes(right));
    }
    encoded
}

fn block(transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { delay_ms: 5, deposits: 2, transactions }
}

#[test]
fn an_empty_batch_is_five_bytes() {
    assert_eq!(round_trip(&Batch::default()), [0, 0, 0, 0, 0]);
}

#[test]
fn exactly_4096_blocks_decode_and_one_more_is_refused() {
    round_trip(&Batch { blocks: vec![block(Vec::new()); MAX_BLOCKS_PER_BATCH] });
    let encoded = Batch { blocks: vec![block(Vec::new()); MAX_BLOCKS_PER_BATCH + 1] }.encode();
    assert_eq!(Batch::decode(&encoded), Err(BatchError::Blocks { count: 4097 }));
}

#[test]
fn every_type_of_transaction_survives_the_round_trip() {
    let mut seen = [0; 5];
    let mut dice = Dice::new(7);
    let mut transactions = Vec::new();
    while seen.contains(&0) {
        let transaction = any_transaction(&mut dice);
        let envelope = transaction.envelope();
        let class = if envelope.chain_id().is_none() { 3 } else { envelope.tx_type() as usize };
        seen[class] += 1;
        round_trip(&Batch { blocks: vec![block(vec![transaction.clone()])] });
        transactions.push(transaction);
    }
    round_trip(&Batch { blocks: vec![block(transactions)] });
}

#[test]
fn an_unknown_version_and_bytes_after_the_end_are_refused() {
    let mut encoded = any_batch(&mut Dice::new(1), 3, 4).encode();
    encoded.push(0);
    assert_eq!(Batch::decode(&encoded), Err(BatchError::Trailing { count: 1 }));
    encoded.pop();
    assert!(Batch::decode(&encoded).is_ok());
    encoded[0] = 1;
    assert_eq!(Batch::decode(&encoded), Err(BatchError::Version { version: 1 }));
    assert_eq!(Batch::decode(&[]), Err(BatchError::Truncated { needed: 1, left: 0 }));
}

#[test]
fn every_cut_of_a_batch_is_refused() {
    let encoded = any_batch(&mut Dice::new(3), 4, 6).encode();
    for length in 0..encoded.len() {
        assert!(Batch::decode(&encoded[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_count_of_transactions_that_the_signatures_refute_is_refused_at_once() {
    let mut encoded = vec![0, 0, 0, 0, 1];
    encoded.extend([1, 0, 1, 0, 8]);
    encoded.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    encoded.extend([0; 100]);
    assert_eq!(Batch::decode(&encoded), Err(BatchError::Truncated { needed: 64 << 32, left: 100 }));
    encoded[10..18].fill(0xff);
    assert_eq!(Batch::decode(&encoded), Err(BatchError::Range));
}

#[test]
fn equal_blocks_and_transactions_encode_to_equal_bytes() {
    assert_eq!(any_batch(&mut Dice::new(9), 5, 5).encode(), any_batch(&mut Dice::new(9), 5, 5).encode());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::testing::cases(128)))]

    #[test]
    fn any_batch_survives_the_round_trip(seed: u64, blocks in 0u64..8, transactions in 0u64..12) {
        round_trip(&any_batch(&mut Dice::new(seed), blocks, transactions));
    }

    #[test]
    fn random_bytes_are_refused_or_decode_without_panic(mut bytes in prop::collection::vec(any::<u8>(), 5..600), blocks in 0u8..6) {
        let _ = Batch::decode(&bytes);
        bytes[..5].copy_from_slice(&[0, 0, 0, 0, blocks]);
        let _ = Batch::decode(&bytes);
    }

    #[test]
    fn changed_bytes_never_panic(seed: u64, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut encoded = any_batch(&mut Dice::new(seed), 3, 5).encode();
        for (index, byte) in changes {
            let index = index.index(encoded.len());
            encoded[index] = byte;
        }
        if let Ok(batch) = Batch::decode(&encoded) {
            round_trip(&batch);
        }
    }
}
