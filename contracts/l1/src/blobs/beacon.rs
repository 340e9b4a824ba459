//! Blobs from the beacon API, `GET /eth/v1/beacon/blobs/{block_id}`, and their commitments, which are in the beacon block.

use super::{BlobSource, BoxFuture, FetchedBlob, Inclusion};
use crate::{L1Error, client::parse_url, error::innermost};
use alloy::{
    eips::eip4844::{Bytes48, kzg_to_versioned_hash},
    primitives::{B256, Bytes},
    transports::http::reqwest::{self, RequestBuilder, StatusCode},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use std::time::Duration;
use tokio::sync::OnceCell;
use tracing::debug;

const BLOBS: &str = "eth/v1/beacon/blobs";
/// Beacon blocks without their transactions.
const BLOCKS: &str = "eth/v1/beacon/blinded_blocks";
const BLOCK_BY_HASH: &str = "eth_getBlockByHash";
const GENESIS: &str = "eth/v1/beacon/genesis";
const SPEC: &str = "eth/v1/config/spec";
/// A slot's blobs are a few megabytes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A beacon node.
#[derive(Debug)]
pub struct BeaconSource {
    http: reqwest::Client,
    base: reqwest::Url,
    /// Scheme, host and port.
    name: String,
    clock: OnceCell<Clock>,
}

/// How the node names the block that holds the blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// By slot, which follows from the time of the block. Milliseconds.
    Slots { genesis: u64, slot: u64 },
    /// By the hash of the execution block: a development node without consensus, which has no slots (and no spec to ask for).
    ExecutionHash,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Genesis {
    genesis_time: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Spec {
    seconds_per_slot: Option<String>,
    /// Takes the place of the former in newer nodes.
    slot_duration_ms: Option<String>,
}

/// Of a beacon block, what is of use here.
#[derive(Deserialize)]
struct BeaconBlock {
    message: BeaconMessage,
}

#[derive(Deserialize)]
struct BeaconMessage {
    body: BeaconBody,
}

#[derive(Deserialize)]
struct BeaconBody {
    #[serde(default)]
    blob_kzg_commitments: Vec<Bytes48>,
}

/// An answer over JSON-RPC; errors are as good as none.
#[derive(Deserialize)]
struct Reply<T> {
    result: Option<T>,
}

/// Of an execution block, as a development node gives it: with what went beside its transactions.
#[derive(Deserialize)]
struct ExecutionBlock {
    transactions: Vec<BlobTransaction>,
}

#[derive(Deserialize)]
struct BlobTransaction {
    #[serde(default)]
    commitments: Vec<Bytes48>,
}

impl BeaconSource {
    /// A beacon node at this URL; it is not called yet.
    ///
    /// # Errors
    /// If the URL is not one of HTTP or HTTPS.
    pub fn new(url: &str) -> Result<Self, L1Error> {
        let mut base = parse_url(url)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let name = base.origin().ascii_serialization();
        let bad = |error: reqwest::Error| L1Error::Url { url: name.clone(), reason: error.without_url().to_string() };
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(bad)?;
        Ok(Self { http, base, name, clock: OnceCell::new() })
    }

    async fn clock(&self) -> Result<Clock, L1Error> {
        self.clock.get_or_try_init(|| self.read_clock()).await.copied()
    }

    async fn read_clock(&self) -> Result<Clock, L1Error> {
        let Some(spec) = self.get::<Spec>(SPEC, "").await? else { return Ok(Clock::ExecutionHash) };
        let genesis = self.get::<Genesis>(GENESIS, "").await?.ok_or_else(|| self.malformed(GENESIS, "no genesis".to_owned()))?;
        clock_of(&genesis, &spec).ok_or_else(|| self.malformed(SPEC, "no genesis time or no slot time".to_owned()))
    }

    /// An answer, or none if the node says 404.
    async fn get<T: DeserializeOwned>(&self, path: &'static str, rest: &str) -> Result<Option<T>, L1Error> {
        let url = self.base.join(&format!("{path}{rest}")).map_err(|error| self.malformed(path, error.to_string()))?;
        Ok(self.send::<Answer<T>>(path, self.http.get(url)).await?.map(|answer| answer.data))
    }

    async fn send<T: DeserializeOwned>(&self, path: &'static str, request: RequestBuilder) -> Result<Option<T>, L1Error> {
        let unreachable = |reason: String| L1Error::Unreachable { url: self.name.clone(), reason };
        let response = request.send().await.map_err(|error| unreachable(innermost(&error)))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(unreachable(format!("HTTP status {status}")));
            }
            status => {
                let message = response.text().await.unwrap_or_default().chars().take(200).collect();
                return Err(L1Error::Refused { url: self.name.clone(), method: path, code: i64::from(status.as_u16()), message });
            }
        }
        response.json().await.map(Some).map_err(|error| self.malformed(path, innermost(&error)))
    }

    fn malformed(&self, method: &'static str, reason: String) -> L1Error {
        L1Error::Malformed { url: self.name.clone(), method, reason }
    }

    async fn fetch_each(&self, block: &Inclusion, hashes: &[B256]) -> Result<Vec<FetchedBlob>, L1Error> {
        let id = match self.clock().await? {
            Clock::ExecutionHash => block.hash.to_string(),
            clock => clock.slot_of(block.timestamp).map(|slot| slot.to_string()).ok_or_else(|| {
                self.malformed(GENESIS, format!("L1 block {} is older than this beacon chain; is it another network?", block.number))
            })?,
        };
        let (blobs, commitments) = tokio::join!(self.blobs(&id, hashes), self.commitments(&id));
        let commitment_of =
            |hash: B256| commitments.iter().find(|commitment| kzg_to_versioned_hash(commitment.as_slice()) == hash).copied();
        Ok(blobs?.into_iter().map(|(hash, bytes)| FetchedBlob { bytes, commitment: commitment_of(hash) }).collect())
    }

    /// Blobs, each with the hash that was asked for.
    async fn blobs(&self, id: &str, hashes: &[B256]) -> Result<Vec<(B256, Bytes)>, L1Error> {
        let mut blobs = Vec::with_capacity(hashes.len());
        // One hash a request: servers disagree on how to write a list in a query.
        for hash in hashes {
            match self.get::<Vec<Bytes>>(BLOBS, &format!("/{id}?versioned_hashes={hash}")).await {
                Ok(found) => blobs.extend(found.unwrap_or_default().into_iter().map(|bytes| (*hash, bytes))),
                Err(error) if blobs.is_empty() => return Err(error),
                // What it gave is not asked for again.
                Err(error) => {
                    debug!(source = %self.name, %error, "a blob source failed half-way");
                    break;
                }
            }
        }
        Ok(blobs)
    }

    /// The commitments of a block's blobs. Blobs can be checked without, only that takes longer: a node that does not tell has none.
    async fn commitments(&self, id: &str) -> Vec<Bytes48> {
        let found = match self.clock.get() {
            Some(Clock::ExecutionHash) => self.commitments_in_transactions(id).await,
            _ => self
                .get::<BeaconBlock>(BLOCKS, &format!("/{id}"))
                .await
                .map(|block| block.map(|block| block.message.body.blob_kzg_commitments)),
        };
        found.map(Option::unwrap_or_default).unwrap_or_else(|error| {
            debug!(source = %self.name, %error, "the commitments of a block's blobs cannot be had: each is computed");
            Vec::new()
        })
    }

    /// A development node has no beacon blocks, but it leaves commitments in the blobs' transactions, which it gives at the same address.
    async fn commitments_in_transactions(&self, block: &str) -> Result<Option<Vec<Bytes48>>, L1Error> {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": BLOCK_BY_HASH, "params": [block, true] });
        let reply = self.send::<Reply<ExecutionBlock>>(BLOCK_BY_HASH, self.http.post(self.base.clone()).json(&call)).await?;
        let block = reply.and_then(|reply| reply.result);
        Ok(block.map(|block| block.transactions.into_iter().flat_map(|transaction| transaction.commitments).collect()))
    }
}

impl BlobSource for BeaconSource {
    fn fetch<'a>(&'a self, block: &'a Inclusion, hashes: &'a [B256]) -> BoxFuture<'a, Result<Vec<FetchedBlob>, L1Error>> {
        Box::pin(self.fetch_each(block, hashes))
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Clock {
    /// Slot of the block at `timestamp` (seconds); none before genesis.
    fn slot_of(self, timestamp: u64) -> Option<u64> {
        let Self::Slots { genesis, slot } = self else { return None };
        timestamp.checked_mul(1000)?.checked_sub(genesis)?.checked_div(slot)
    }
}

fn clock_of(genesis: &Genesis, spec: &Spec) -> Option<Clock> {
    let seconds = |text: &str| text.parse::<u64>().ok()?.checked_mul(1000);
    let slot = match (&spec.slot_duration_ms, &spec.seconds_per_slot) {
        (Some(milliseconds), _) => milliseconds.parse().ok()?,
        (None, Some(slot)) => seconds(slot)?,
        (None, None) => return None,
    };
    (slot > 0).then_some(Clock::Slots { genesis: seconds(&genesis.genesis_time)?, slot })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(seconds: Option<&str>, milliseconds: Option<&str>) -> Spec {
        Spec { seconds_per_slot: seconds.map(str::to_owned), slot_duration_ms: milliseconds.map(str::to_owned) }
    }

    #[test]
    fn the_slot_of_a_mainnet_block_follows_from_its_time() {
        let genesis = Genesis { genesis_time: "1606824023".to_owned() };
        let clock = clock_of(&genesis, &spec(Some("12"), None)).unwrap();
        // The merge block, 15537394, is in slot 4700013.
        assert_eq!(clock.slot_of(1_663_224_179), Some(4_700_013));
        assert_eq!(clock.slot_of(1_606_824_022), None);
        assert_eq!(clock_of(&genesis, &spec(None, Some("6000"))).unwrap().slot_of(1_606_824_023 + 13), Some(2));
        assert_eq!(clock_of(&genesis, &spec(Some("0"), None)), None);
        assert_eq!(clock_of(&genesis, &spec(None, None)), None);
    }

    #[test]
    fn a_path_in_the_url_is_kept_and_never_shown() {
        let source = BeaconSource::new("https://beacon.example/key/secret").unwrap();
        assert_eq!(source.base.join(SPEC).unwrap().as_str(), "https://beacon.example/key/secret/eth/v1/config/spec");
        assert_eq!(source.name(), "https://beacon.example");
        assert!(BeaconSource::new("ftp://x").unwrap_err().to_string().contains("not http"));
    }
}
