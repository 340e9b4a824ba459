//! Sending a load as fast as a node takes it, and seeing it through.

use crate::{
    http::Connection,
    process::{Usage, usage},
};
use eyre::{OptionExt, bail, ensure};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Between two looks at the node's blocks.
const POLL: Duration = Duration::from_millis(20);
/// Without a transaction more in a block for so long, the load has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node under load.
#[derive(Clone, Debug)]
pub struct Target {
    /// `host:port` of its JSON-RPC.
    pub address: String,
    /// Its process, to ask what it uses.
    pub pid: u32,
}

/// How it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Connections at a time, each with one request under way.
    pub connections: usize,
    /// Transactions that were sent but are in no block, at most.
    pub in_flight: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Transactions.
    pub count: u64,
    /// From the first that was sent to the block with the last.
    pub elapsed: Duration,
    /// Time of the node on the processor meanwhile.
    pub cpu: Duration,
    /// Resident memory of the node at the end, bytes.
    pub resident: u64,
    /// Blocks that it took.
    pub blocks: u64,
}

#[derive(Debug)]
struct Shared {
    bodies: Mutex<VecDeque<Vec<u8>>>,
    per_body: u64,
    sent: AtomicU64,
    included: AtomicU64,
    in_flight: u64,
}

/// Sends all bodies, each of which holds `per_body` transactions, and waits until all are in blocks.
///
/// # Errors
/// When the node refuses one, or makes no blocks any more.
pub async fn run(target: &Target, bodies: Vec<Vec<u8>>, per_body: usize, count: u64, pace: Pace) -> eyre::Result<Outcome> {
    let mut watcher = Watcher::new(target).await?;
    let shared = Arc::new(Shared {
        bodies: Mutex::new(bodies.into()),
        per_body: per_body as u64,
        sent: AtomicU64::new(0),
        included: AtomicU64::new(0),
        in_flight: pace.in_flight,
    });
    let before = usage(target.pid)?;
    let first_block = watcher.number;
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..pace.connections {
        tasks.spawn(send(Connection::open(&target.address).await?, shared.clone()));
    }
    let end = watch(&mut watcher, &shared, count, &mut tasks).await?;
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    let Usage { cpu, resident } = usage(target.pid)?;
    Ok(Outcome { count, elapsed: end - start, cpu: cpu.saturating_sub(before.cpu), resident, blocks: watcher.number - first_block })
}

async fn watch(watcher: &mut Watcher, shared: &Shared, count: u64, tasks: &mut JoinSet<eyre::Result<()>>) -> eyre::Result<Instant> {
    let mut last_change = Instant::now();
    loop {
        if let Some(Err(error)) = tasks.try_join_next().map(|task| task.map_err(eyre::Report::from).flatten()) {
            return Err(error);
        }
        let new = watcher.look().await?;
        let now = Instant::now();
        let included = shared.included.fetch_add(new, Ordering::Relaxed) + new;
        if included >= count {
            return Ok(now);
        }
        if new > 0 {
            last_change = now;
        }
        ensure!(now - last_change < PATIENCE, "no transaction more in a block for {PATIENCE:?}: {included} of {count} are");
        tokio::time::sleep(POLL).await;
    }
}

async fn send(mut connection: Connection, shared: Arc<Shared>) -> eyre::Result<()> {
    loop {
        while shared.sent.load(Ordering::Relaxed) >= shared.included.load(Ordering::Relaxed) + shared.in_flight {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let Some(body) = shared.bodies.lock().ok().and_then(|mut bodies| bodies.pop_front()) else { return Ok(()) };
        shared.sent.fetch_add(shared.per_body, Ordering::Relaxed);
        let answer = connection.post(&body).await?;
        if answer.windows(7).any(|window| window == b"\"error\"") {
            bail!("the node refuses a transaction: {}", String::from_utf8_lossy(&answer[..answer.len().min(300)]));
        }
    }
}

/// Counts the transactions in new blocks.
#[derive(Debug)]
struct Watcher {
    connection: Connection,
    number: u64,
}

impl Watcher {
    async fn new(target: &Target) -> eyre::Result<Self> {
        let mut watcher = Self { connection: Connection::open(&target.address).await?, number: 0 };
        watcher.number = watcher.ask("eth_blockNumber", "").await?.ok_or_eyre("the node has no block")?;
        Ok(watcher)
    }

    /// Transactions in blocks since the last look. Those that are not users' are counted as well: each block has few.
    async fn look(&mut self) -> eyre::Result<u64> {
        let latest = self.ask("eth_blockNumber", "").await?.unwrap_or(self.number);
        let mut found = 0;
        while self.number < latest {
            let number = format!("\"0x{:x}\"", self.number + 1);
            let Some(count) = self.ask("eth_getBlockTransactionCountByNumber", &number).await? else { break };
            self.number += 1;
            found += count;
        }
        Ok(found)
    }

    async fn ask(&mut self, method: &str, params: &str) -> eyre::Result<Option<u64>> {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[{params}]}}"#);
        let answer: Value = serde_json::from_slice(self.connection.post(body.as_bytes()).await?)?;
        let Some(text) = answer["result"].as_str() else { return Ok(None) };
        Ok(Some(u64::from_str_radix(text.trim_start_matches("0x"), 16)?))
    }
}
