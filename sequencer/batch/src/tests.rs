use super::*;
use gainsay_types::{
    BatchKind, MAX_CALLDATA_PAYLOAD, Millis, Transaction,
    batch::{Batch, BatchBlock},
    blob::{BLOB_CAPACITY, unpack},
    payload::decompress,
    testing::{Dice, any_transaction, busy_mix, erc20_payout, erc20_transfer},
};
use proptest::prelude::*;

const CHEAP_BLOBS: L1Fees = L1Fees { base_fee: 1_000_000_000, blob_base_fee: 1 };
const DEAR_BLOBS: L1Fees = L1Fees { base_fee: 1_000_000_000, blob_base_fee: 1_000_000_000_000 };

fn config() -> PackerConfig {
    PackerConfig { kind: DataAvailability::Blobs, target_bytes: 2000, max_age_ms: 1000, max_blobs: 1, quality: 3 }
}

fn pending(number: u64, deposits: u64, transactions: Vec<Transaction>) -> PendingBlock {
    PendingBlock {
        number,
        deposit_index: number * 10,
        sealed_at: Millis(number * 100),
        block: BatchBlock { delay_ms: number % 3, deposits, transactions },
    }
}

fn transfers(dice: &mut Dice, count: usize) -> Vec<Transaction> {
    (0..count).map(|_| erc20_transfer(dice)).collect()
}

fn packer(config: PackerConfig, blocks: &[PendingBlock]) -> Packer {
    let mut packer = Packer::new(config).unwrap();
    blocks.iter().for_each(|block| packer.push(block.clone()).unwrap());
    packer
}

/// The blocks that a reader of L1 finds in the batch.
fn read(batch: &PackedBatch) -> Vec<BatchBlock> {
    let payload = match &batch.payload {
        PackedPayload::Blobs(blobs) => unpack(blobs).unwrap(),
        PackedPayload::Calldata(bytes) => bytes.to_vec(),
    };
    Batch::decode(&decompress(&payload).unwrap()).unwrap().blocks
}

/// Drains the packer and checks every batch against the blocks that were given.
fn drain(packer: &mut Packer, fees: L1Fees, mut expected: &[PendingBlock]) -> Vec<PackedBatch> {
    let mut batches = Vec::new();
    while let Some(batch) = packer.take(Millis(0), fees, true).unwrap() {
        let blocks = read(&batch);
        let (taken, rest) = expected.split_at(blocks.len());
        assert_eq!(blocks, taken.iter().map(|pending| pending.block.clone()).collect::<Vec<_>>());
        assert_eq!((batch.first_block, batch.last_block), (taken[0].number, taken[taken.len() - 1].number));
        assert_eq!(batch.deposit_count, taken[taken.len() - 1].deposit_index);
        assert_eq!(batch.transactions, blocks.iter().map(|block| block.transactions.len()).sum::<usize>());
        assert!(blocks.iter().map(|block| block.deposits).sum::<u64>() <= 512);
        expected = rest;
        batches.push(batch);
    }
    assert!(expected.is_empty() && packer.is_empty());
    batches
}

#[test]
fn nothing_is_due_until_the_oldest_block_is_aged() {
    let mut packer = packer(config(), &[pending(1, 1, Vec::new()), pending(2, 0, Vec::new())]);
    assert_eq!(packer.take(Millis(1099), CHEAP_BLOBS, false).unwrap(), None);
    let batch = packer.take(Millis(1100), CHEAP_BLOBS, false).unwrap().unwrap();
    assert_eq!((batch.first_block, batch.last_block, batch.deposit_count), (1, 2, 20));
    assert_eq!(packer.take(Millis(9999), CHEAP_BLOBS, true).unwrap(), None);
}

#[test]
fn a_full_queue_is_sent_at_its_target_and_the_rest_stays() {
    let mut dice = Dice::new(1);
    let blocks: Vec<_> = (1..=40).map(|number| pending(number, 0, transfers(&mut dice, 2))).collect();
    let mut packer = packer(config(), &blocks);
    let batch = packer.take(Millis(0), CHEAP_BLOBS, false).unwrap().unwrap();
    assert!((1700..=2000).contains(&batch.payload_bytes), "{}", batch.payload_bytes);
    assert_eq!(packer.len(), 40 - read(&batch).len());
}

#[test]
fn an_estimate_that_was_too_high_waits_and_is_corrected() {
    // Like transactions compress better than the first estimate assumes.
    let mut dice = Dice::new(1);
    let alike = (0..20).map(|_| erc20_payout(&mut dice)).collect();
    let mut packer = packer(config(), &[pending(1, 0, alike)]);
    assert!(packer.estimated_bytes() >= 2000);
    assert_eq!(packer.take(Millis(0), CHEAP_BLOBS, false).unwrap(), None);
    assert!(packer.estimated_bytes() < 1900);
    assert_eq!(packer.len(), 1);
}

#[test]
fn a_block_larger_than_the_target_goes_alone() {
    let mut dice = Dice::new(1);
    let blocks = [pending(1, 0, transfers(&mut dice, 100)), pending(2, 0, transfers(&mut dice, 1))];
    let batches = drain(&mut packer(config(), &blocks), CHEAP_BLOBS, &blocks);
    assert_eq!(batches.len(), 2);
    assert!(batches[0].payload_bytes > 2000);
}

#[test]
fn a_block_that_fits_no_batch_is_named_and_stays() {
    let mut dice = Dice::new(1);
    let mut packer = packer(config(), &[pending(7, 0, transfers(&mut dice, 2000))]);
    let error = packer.take(Millis(0), CHEAP_BLOBS, true).unwrap_err();
    assert!(matches!(error, PackError::BlockTooLarge { number: 7, capacity: BLOB_CAPACITY }), "{error}");
    assert_eq!(packer.len(), 1);
}

#[test]
fn auto_takes_calldata_when_blobs_are_dear() {
    let mut dice = Dice::new(1);
    let blocks: Vec<_> = (1..=30).map(|number| pending(number, 0, transfers(&mut dice, 60))).collect();
    let config = PackerConfig { kind: DataAvailability::Auto, target_bytes: 2 * BLOB_CAPACITY, max_blobs: 2, ..config() };
    let cheap = drain(&mut packer(config, &blocks), CHEAP_BLOBS, &blocks);
    assert!(cheap.iter().all(|batch| batch.kind == BatchKind::Blobs));
    assert!(matches!(&cheap[0].payload, PackedPayload::Blobs(blobs) if blobs.len() == 2));
    let dear = drain(&mut packer(config, &blocks), DEAR_BLOBS, &blocks);
    assert_eq!(dear.len(), 2);
    assert!(dear.iter().all(|batch| batch.kind == BatchKind::Calldata && batch.payload_bytes <= MAX_CALLDATA_PAYLOAD));
}

#[test]
fn a_batch_has_at_most_4096_blocks_and_512_messages() {
    let blocks: Vec<_> = (1..=4097).map(|number| pending(number, 0, Vec::new())).collect();
    let mut full = packer(config(), &blocks);
    let batch = full.take(Millis(0), CHEAP_BLOBS, false).unwrap().unwrap();
    assert_eq!((batch.last_block, full.len()), (4096, 1));
    let blocks: Vec<_> = (1..=3).map(|number| pending(number, 256, Vec::new())).collect();
    let batches = drain(&mut packer(config(), &blocks), CHEAP_BLOBS, &blocks);
    assert_eq!(batches[0].last_block, 2);
    let error = packer(config(), &[]).push(pending(1, 513, Vec::new())).unwrap_err();
    assert!(matches!(error, PackError::TooManyMessages { number: 1, deposits: 513 }));
}

#[test]
fn a_backlog_fills_its_blobs_and_goes_six_at_a_time() {
    let mut dice = Dice::new(4);
    let mut block = |number| pending(number, 0, (0..70 + dice.below(60)).map(|_| busy_mix(&mut dice)).collect());
    let blocks: Vec<_> = (1..=400).map(&mut block).collect();
    let config = PackerConfig { target_bytes: 3 * BLOB_CAPACITY, max_blobs: 6, quality: 5, ..config() };
    let batches = drain(&mut packer(config, &blocks), CHEAP_BLOBS, &blocks);
    let blobs = |batch: &PackedBatch| if let PackedPayload::Blobs(blobs) = &batch.payload { blobs.len() } else { 0 };
    let (_, full) = batches.split_last().unwrap();
    let (paid, used) = full.iter().fold((0, 0), |(paid, used), batch| (paid + blobs(batch) * BLOB_CAPACITY, used + batch.payload_bytes));
    assert!(
        full.len() >= 4 && full.iter().all(|batch| (3..=6).contains(&blobs(batch))),
        "{:?}",
        batches.iter().map(blobs).collect::<Vec<_>>()
    );
    assert!(used * 1000 >= paid * 990, "{used} of {paid} bytes are used");
}

#[test]
fn the_more_waits_the_less_time_is_spent_on_compressing() {
    let mut dice = Dice::new(5);
    let mut packer = packer(PackerConfig { target_bytes: BLOB_CAPACITY, quality: 10, ..config() }, &[]);
    let mut seen = Vec::new();
    for number in 1..=60 {
        packer.push(pending(number, 0, transfers(&mut dice, 100))).unwrap();
        seen.push(packer.quality());
    }
    assert!(seen.is_sorted_by(|before, after| before >= after));
    seen.dedup();
    assert_eq!(seen, [10, 9, 5]);
}

#[test]
fn a_gap_and_a_repeated_block_are_refused_until_a_reset() {
    let mut packer = packer(config(), &[pending(5, 0, Vec::new())]);
    assert!(matches!(packer.push(pending(7, 0, Vec::new())), Err(PackError::Gap { last: 5, found: 7 })));
    packer.take(Millis(0), CHEAP_BLOBS, true).unwrap();
    assert!(matches!(packer.push(pending(5, 0, Vec::new())), Err(PackError::Gap { last: 5, found: 5 })));
    packer.reset();
    packer.push(pending(5, 0, Vec::new())).unwrap();
    assert_eq!((packer.last_pushed(), packer.next_block()), (Some(5), Some(5)));
    packer.take(Millis(0), CHEAP_BLOBS, true).unwrap();
    assert_eq!((packer.last_pushed(), packer.next_block()), (Some(5), Some(6)));
    assert_eq!(packer.emptied().next_block(), None);
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let refused = |config: PackerConfig| Packer::new(config).unwrap_err();
    assert_eq!(refused(PackerConfig { max_blobs: 0, ..config() }), ConfigError::Blobs { blobs: 0 });
    assert_eq!(refused(PackerConfig { max_blobs: 7, ..config() }), ConfigError::Blobs { blobs: 7 });
    assert_eq!(refused(PackerConfig { quality: 12, ..config() }), ConfigError::Quality { quality: 12 });
    let target = PackerConfig { target_bytes: BLOB_CAPACITY + 1, ..config() };
    assert_eq!(refused(target), ConfigError::Target { target: BLOB_CAPACITY + 1, capacity: BLOB_CAPACITY });
    assert_eq!("blob".parse::<DataAvailability>(), Err(ConfigError::Kind { name: "blob".to_owned() }));
    for kind in ["blobs", "calldata", "auto"] {
        assert_eq!(PackerConfig::for_kind(kind.parse().unwrap()).validate(), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(24)))]

    #[test]
    fn what_is_packed_decodes_to_the_blocks_given_and_none_is_lost_or_repeated(
        seed: u64, sizes in prop::collection::vec(0usize..30, 1..60), target in 500usize..100_000, kind in 0usize..3, dear: bool,
    ) {
        let mut dice = Dice::new(seed);
        let mut block = |number: usize, size: usize| pending(number as u64, dice.below(60), (0..size).map(|_| any_transaction(&mut dice)).collect());
        let blocks: Vec<_> = sizes.iter().enumerate().map(|(number, &size)| block(number, size)).collect();
        let kind = [DataAvailability::Blobs, DataAvailability::Calldata, DataAvailability::Auto][kind];
        let config = PackerConfig { kind, target_bytes: target, max_blobs: 2, ..config() };
        let batches = drain(&mut packer(config, &blocks), if dear { DEAR_BLOBS } else { CHEAP_BLOBS }, &blocks);
        for batch in batches {
            match &batch.payload {
                PackedPayload::Blobs(blobs) => prop_assert!((1..=2).contains(&blobs.len())),
                PackedPayload::Calldata(bytes) => prop_assert!(bytes.len() <= MAX_CALLDATA_PAYLOAD),
            }
        }
    }
}
