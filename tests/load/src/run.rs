//! Sending a load as fast as a node takes it, and seeing it through.

use crate::{
    http::{Connection, Request, accepted},
    node::Node,
    process::usage,
    rate::{Sample, sustained},
    workload::{Kind, Parcel, Plan},
};
use eyre::{OptionExt, ensure};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Between two looks at the node's blocks.
const POLL: Duration = Duration::from_millis(20);
/// Between two looks at whether more may be sent.
const BREATH: Duration = Duration::from_millis(2);
/// Without a transaction more in a block for so long, the load has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Connections at a time, each with one request under way.
    pub(crate) connections: usize,
    /// Transactions that were sent but are in no block, at most.
    pub(crate) in_flight: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    count: u64,
    per_second: f64,
    elapsed: Duration,
    cpu: Duration,
    own_cpu: Duration,
    resident: u64,
    peak: u64,
    blocks: u64,
}

impl Outcome {
    /// As one line: transactions a second, processor time of the node and of the load a transaction, memory at the end and at most, blocks.
    #[must_use]
    pub(crate) fn line(&self, plan: &Plan) -> Value {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / self.count as f64;
        let mut line = json!({
            "kind": plan.kind.name(), "count": self.count, "seconds": self.elapsed.as_secs_f64(), "rate": self.per_second, "cpu": each(self.cpu),
            "ownCpu": each(self.own_cpu), "memory": self.resident as f64 / 1e6, "peak": self.peak as f64 / 1e6, "blocks": self.blocks,
        });
        if plan.kind == Kind::Fill {
            line["accounts"] = plan.count.into();
        }
        line
    }
}

#[derive(Debug)]
struct Shared {
    parcels: Mutex<VecDeque<Request>>,
    per_parcel: u64,
    sent: AtomicU64,
    included: AtomicU64,
    in_flight: u64,
}

/// Sends all, and waits until `count` transactions are in blocks.
///
/// # Errors
/// When the node refuses one, or makes no blocks any more.
pub(crate) async fn run(node: &mut Node, parcels: Vec<Parcel>, count: u64, pace: Pace) -> eyre::Result<Outcome> {
    let per_parcel = parcels.first().ok_or_eyre("nothing is to be sent")?.hashes.len() as u64;
    let parcels = parcels.into_iter().map(|parcel| parcel.request).collect();
    let shared = Arc::new(Shared {
        parcels: Mutex::new(parcels),
        per_parcel,
        sent: AtomicU64::new(0),
        included: AtomicU64::new(0),
        in_flight: pace.in_flight,
    });
    let mut connections = Vec::new();
    for _ in 0..pace.connections {
        connections.push(Connection::open(&node.address).await?);
    }
    let mut watcher = Watcher { number: node.block_number().await?, node };
    let first_block = watcher.number;
    let (before, own_before, start) = (watcher.node.usage()?, usage(process::id())?, Instant::now());
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(send(connection, shared.clone()));
    }
    let (samples, sent) = watch(&mut watcher, &shared, count, &mut tasks).await?;
    let (after, own_after) = (watcher.node.usage()?, usage(process::id())?);
    Ok(Outcome {
        count,
        per_second: sustained(start, sent, &samples),
        elapsed: samples.last().map_or(Duration::ZERO, |last| last.at - start),
        cpu: after.cpu.saturating_sub(before.cpu),
        own_cpu: own_after.cpu.saturating_sub(own_before.cpu),
        resident: after.resident,
        peak: after.peak,
        blocks: watcher.number - first_block,
    })
}

/// Looks until all are in blocks. Returns what was seen, and when the last was sent.
async fn watch(
    watcher: &mut Watcher<'_>,
    shared: &Shared,
    count: u64,
    tasks: &mut JoinSet<eyre::Result<()>>,
) -> eyre::Result<(Vec<Sample>, Instant)> {
    let (mut samples, mut sent, mut last_change) = (Vec::new(), None, Instant::now());
    loop {
        while let Some(ended) = tasks.try_join_next() {
            ended??;
        }
        if tasks.is_empty() {
            sent.get_or_insert_with(Instant::now);
        }
        let new = watcher.look().await?;
        let at = Instant::now();
        let included = shared.included.fetch_add(new, Ordering::Relaxed) + new;
        if new > 0 {
            last_change = at;
            samples.push(Sample { at, included });
        }
        if let Some(sent) = sent.filter(|_| included >= count) {
            return Ok((samples, sent));
        }
        ensure!(at - last_change < PATIENCE, "no transaction more in a block for {PATIENCE:?}: {included} of {count} are");
        tokio::time::sleep(POLL).await;
    }
}

async fn send(mut connection: Connection, shared: Arc<Shared>) -> eyre::Result<()> {
    loop {
        while shared.sent.load(Ordering::Relaxed) >= shared.included.load(Ordering::Relaxed) + shared.in_flight {
            tokio::time::sleep(BREATH).await;
        }
        let Some(request) = shared.parcels.lock().ok().and_then(|mut parcels| parcels.pop_front()) else { return Ok(()) };
        shared.sent.fetch_add(shared.per_parcel, Ordering::Relaxed);
        accepted(connection.post(&request).await?)?;
    }
}

/// Counts the transactions in new blocks.
#[derive(Debug)]
struct Watcher<'a> {
    node: &'a mut Node,
    number: u64,
}

impl Watcher<'_> {
    /// Transactions in blocks since the last look. Those that are not users' are counted as well: each block has few.
    async fn look(&mut self) -> eyre::Result<u64> {
        let latest = self.node.block_number().await?;
        let mut found = 0;
        while self.number < latest {
            let Some(count) = self.node.transactions_in(self.number + 1).await? else { break };
            self.number += 1;
            found += count;
        }
        Ok(found)
    }
}
