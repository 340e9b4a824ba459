use super::*;
use crate::owner;
use alloy::primitives::{Address, Bytes, U256};
use gainsay_chain::{Chain, History, InboxEvent, L1Update, Options};
use gainsay_execute::genesis::{GenesisAlloc, genesis_block};
use gainsay_l1::{BlobSource, BoxFuture, FetchedBlob, L1Error, VerifiedBlob};
use gainsay_store::{BatchData, L1Block};
use gainsay_types::{BatchHeader, BatchKind, ChainConfig, Millis, SPEC_ID_OSAKA};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::Semaphore;

const START: u64 = 1_800_000_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// A beacon node. It has the blobs of L1 blocks, and notes the block and the number of blobs of each request.
#[derive(Clone, Debug)]
struct Beacon {
    blobs: Arc<HashMap<B256, Bytes>>,
    requests: Arc<Mutex<Vec<(u64, usize)>>>,
    /// Requests that fail from now on.
    failing: Arc<Semaphore>,
    /// Requests that give only one blob from now on.
    lacking: Arc<Semaphore>,
    /// If there is one, the first batch's blobs are not given before there are so many permits as other requests.
    held: Option<Arc<Semaphore>>,
    now: Arc<Mutex<(usize, usize)>>,
}

const OTHERS: u32 = 3;

impl Beacon {
    fn new(blobs: &[VerifiedBlob]) -> Self {
        let blobs = blobs.iter().map(|blob| (blob.hash(), blob.bytes().clone())).collect();
        let none = || Arc::new(Semaphore::new(0));
        let (requests, now) = (Arc::default(), Arc::default());
        Self { blobs: Arc::new(blobs), requests, failing: none(), lacking: none(), held: None, now }
    }

    async fn answer(&self, block: u64, hashes: &[B256]) -> Result<Vec<Bytes>, L1Error> {
        self.requests.lock().unwrap().push((block, hashes.len()));
        if let Some(held) = &self.held {
            if block == 1 {
                held.acquire_many(OTHERS).await.unwrap().forget();
            } else {
                held.add_permits(1);
            }
        }
        if let Ok(permit) = self.failing.try_acquire() {
            permit.forget();
            return Err(L1Error::Unreachable { url: "beacon".to_owned(), reason: "no answer in time".to_owned() });
        }
        let most = self.lacking.try_acquire().map_or(usize::MAX, |permit| {
            permit.forget();
            1
        });
        Ok(hashes.iter().take(most).filter_map(|hash| self.blobs.get(hash)).cloned().collect())
    }
}

impl BlobSource for Beacon {
    fn fetch<'a>(&'a self, block: &'a Inclusion, hashes: &'a [B256]) -> BoxFuture<'a, Result<Vec<FetchedBlob>, L1Error>> {
        Box::pin(async move {
            {
                let mut now = self.now.lock().unwrap();
                now.0 += 1;
                now.1 = now.1.max(now.0);
            }
            let answer = self.answer(block.number, hashes).await;
            self.now.lock().unwrap().0 -= 1;
            Ok(answer?.into_iter().map(FetchedBlob::from).collect())
        })
    }

    fn name(&self) -> &str {
        "beacon"
    }
}

fn blob(seed: u8) -> VerifiedBlob {
    let mut bytes = vec![0; 131_072];
    bytes[31] = seed;
    VerifiedBlob::compute(bytes.into()).unwrap()
}

fn chain(path: &std::path::Path) -> Chain {
    let mut config = ChainConfig {
        l2_chain_id: 42_001,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 250,
        block_gas_limit: 30_000_000,
        gas_rate: 15_000_000,
        gas_target: 15_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1_000,
        base_fee_scalar: 1_000_000,
        blob_base_fee_scalar: 0,
        portal: Address::repeat_byte(0x70),
        genesis_hash: B256::ZERO,
    };
    let genesis = genesis_block(&config, Millis::from_secs(START), 1_000, &GenesisAlloc::default()).unwrap();
    config.genesis_hash = genesis.header.hash();
    let options = Options { path: path.to_owned(), l1_chain_id: 1, cache_bytes: 1 << 20, history: History::Archive, keep_unsafe: false };
    Chain::open(&options, config, &genesis).unwrap().0
}

/// One L1 block for each batch, which names these blobs. They hold nothing that is a payload: derivation ignores it.
fn post(core: &mut ChainCore, batches: &[&[VerifiedBlob]]) {
    for blobs in batches {
        let heads = core.chain.heads();
        let number = heads.l1.map_or(0, |tip| tip.number) + 1;
        let block = L1Block {
            number,
            hash: B256::from(U256::from(number)),
            parent_hash: B256::from(U256::from(number - 1)),
            timestamp: START + 12 * number,
        };
        let header = BatchHeader {
            kind: BatchKind::Blobs,
            payload_hash: B256::repeat_byte(1),
            deposit_count: 0,
            deposit_acc: B256::ZERO,
            l1_number: number,
            l1_time: block.timestamp,
            l1_base_fee: U256::from(1),
            l1_blob_base_fee: U256::from(1),
            batch_index: heads.batches + 1,
        };
        let data = BatchData::Blobs(blobs.iter().map(VerifiedBlob::hash).collect());
        let event = InboxEvent::Batch { acc: header.accumulate(heads.batch_acc), header, data };
        core.apply_l1(&L1Update::Extend { block, events: vec![event] }).unwrap();
    }
}

/// Runs a chain with these batches on L1 and this beacon node until all are derived.
async fn derive(batches: &[&[VerifiedBlob]], beacon: &Beacon) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let (mut core, mut progress) = ChainCore::new(chain(folder.path()));
    post(&mut core, batches);
    let store = core.chain.store().clone();
    let (owner, jobs) = owner::channel();
    let stop = CancellationToken::new();
    let owned = tokio::spawn(owner::own(core, jobs, stop.clone(), ChainCore::advance));
    let blobs = Blobs::new(None, vec![Box::new(beacon.clone())]);
    let fetching = tokio::spawn(fetch_blobs(blobs, store.clone(), owner, progress.clone(), stop.clone()));
    let all = batches.len() as u64;
    let done = tokio::time::timeout(PATIENCE, progress.wait_for(|now| now.up_to_date && now.heads.safe.batch_index == all)).await;
    done.expect("in time").expect("the chain is there");
    stop.cancel();
    fetching.await.unwrap().unwrap();
    owned.await.unwrap().unwrap();
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_blobs_of_the_next_batches_are_fetched_before_derivation_asks_for_them_a_few_at_a_time() {
    let blobs: Vec<_> = (1..=12).map(blob).collect();
    let batches: Vec<_> = blobs.chunks(1).collect();
    // Nobody who asks for the first batch's blobs alone would ever have them.
    let beacon = Beacon { held: Some(Arc::new(Semaphore::new(0))), ..Beacon::new(&blobs) };
    let store = derive(&batches, &beacon).await;
    for blob in &blobs {
        assert_eq!(store.blob(&blob.hash()).unwrap().as_ref(), Some(blob.bytes()));
    }
    let requests = beacon.requests.lock().unwrap();
    assert_eq!(requests.len(), 12, "each is asked for once: {requests:?}");
    let (_, most) = *beacon.now.lock().unwrap();
    assert!((2..=AT_ONCE).contains(&most), "{most} at a time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beacon_node_that_fails_and_one_that_lacks_some_blobs_are_asked_again_for_what_is_missing() {
    let blobs: Vec<_> = (1..=3).map(blob).collect();
    let beacon = Beacon::new(&blobs);
    beacon.failing.add_permits(1);
    beacon.lacking.add_permits(1);
    derive(&[&blobs], &beacon).await;
    assert_eq!(*beacon.requests.lock().unwrap(), [(1, 3), (1, 3), (1, 2)]);
}

#[test]
fn batches_are_wanted_in_order_once_each_and_no_further_than_was_said() {
    let mut wanted = Wanted::default();
    assert_eq!(wanted.look_up(1, 3), 1..=3);
    for index in [3, 1, 2] {
        let batch = Batch { block: Inclusion { number: index, hash: B256::ZERO, timestamp: 0 }, hashes: Vec::new(), under_way: false };
        wanted.batches.insert(index, batch);
    }
    let next = |wanted: &mut Wanted| wanted.next().map(|(index, ..)| index);
    assert_eq!([next(&mut wanted), next(&mut wanted)], [Some(1), Some(2)]);
    wanted.put_back(1);
    assert_eq!([next(&mut wanted), next(&mut wanted), next(&mut wanted)], [Some(1), Some(3), None]);
    assert_eq!(wanted.look_up(2, 5), 4..=5);
    assert!(!wanted.knows(1) && wanted.knows(2));
    // A batch that was derived with blobs that came from elsewhere is not put back.
    wanted.put_back(1);
    wanted.done(2);
    assert!(!wanted.knows(1) && !wanted.knows(2));
    assert!(wanted.look_up(3, 5).is_empty());
}
