//! Sending a load as fast as a node takes it, and seeing it through.

use crate::{
    http::{Connection, accepted},
    node::Node,
    process::usage,
    rate::{Sample, sustained},
    workload::{Kind, Parcel, Plan},
};
use eyre::ensure;
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
    /// Time between two looks at what the node uses; none if only the whole counts.
    pub(crate) interval: Option<Duration>,
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
    intervals: Vec<Interval>,
}

/// What happened in a part of the time.
#[derive(Clone, Copy, Debug)]
struct Interval {
    /// Since the start.
    until: Duration,
    per_second: f64,
    /// Of the node, a transaction.
    cpu: Duration,
    resident: u64,
}

impl Interval {
    fn line(&self) -> Value {
        json!({ "until": self.until.as_secs_f64(), "rate": self.per_second, "cpu": self.cpu.as_secs_f64() * 1e6, "memory": self.resident as f64 / 1e6 })
    }
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
        if !self.intervals.is_empty() {
            line["intervals"] = self.intervals.iter().map(Interval::line).collect();
        }
        if plan.kind == Kind::Fill {
            line["accounts"] = plan.count.into();
        }
        line
    }
}

#[derive(Debug)]
struct Shared {
    parcels: Mutex<VecDeque<Parcel>>,
    sent: AtomicU64,
    included: AtomicU64,
    in_flight: u64,
}

/// Sends all, and waits until `count` transactions are in blocks.
///
/// # Errors
/// When the node refuses one, or makes no blocks any more.
pub(crate) async fn run(node: &mut Node, parcels: Vec<Parcel>, count: u64, pace: Pace) -> eyre::Result<Outcome> {
    let shared = Arc::new(Shared {
        parcels: Mutex::new(parcels.into()),
        sent: AtomicU64::new(0),
        included: AtomicU64::new(0),
        in_flight: pace.in_flight,
    });
    let mut connections = Vec::new();
    for _ in 0..pace.connections {
        connections.push(Connection::open(&node.address).await?);
    }
    node.reconnect().await?;
    let mut watcher = Watcher { number: node.block_number().await?, node };
    let first_block = watcher.number;
    let (before, own_before, start) = (watcher.node.usage()?, usage(process::id())?, Instant::now());
    let mut meter = Meter { interval: pace.interval, start, last: (start, 0, before.cpu), found: Vec::new() };
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(send(connection, shared.clone()));
    }
    let (samples, sent) = watch(&mut watcher, &shared, count, &mut tasks, &mut meter).await?;
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
        intervals: meter.found,
    })
}

/// Looks until all are in blocks. Returns what was seen, and when the last was sent.
async fn watch(
    watcher: &mut Watcher<'_>,
    shared: &Shared,
    count: u64,
    tasks: &mut JoinSet<eyre::Result<()>>,
    meter: &mut Meter,
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
        meter.look(at, included, watcher.node)?;
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

/// Notes what the node uses, from time to time.
#[derive(Debug)]
struct Meter {
    interval: Option<Duration>,
    start: Instant,
    /// When it was noted last, how many transactions were in blocks then, and the node's time on the processor.
    last: (Instant, u64, Duration),
    found: Vec<Interval>,
}

impl Meter {
    fn look(&mut self, at: Instant, included: u64, node: &Node) -> eyre::Result<()> {
        let (before, count, cpu) = self.last;
        if self.interval.is_some_and(|interval| at - before >= interval) {
            let (now, new) = (node.usage()?, included - count);
            let each = now.cpu.saturating_sub(cpu).div_f64((new as f64).max(1.0));
            let per_second = new as f64 / (at - before).as_secs_f64();
            self.found.push(Interval { until: at - self.start, per_second, cpu: each, resident: now.resident });
            self.last = (at, included, now.cpu);
        }
        Ok(())
    }
}

async fn send(mut connection: Connection, shared: Arc<Shared>) -> eyre::Result<()> {
    let mut body = Vec::new();
    loop {
        while shared.sent.load(Ordering::Relaxed) >= shared.included.load(Ordering::Relaxed) + shared.in_flight {
            tokio::time::sleep(BREATH).await;
        }
        let Some(parcel) = shared.parcels.lock().ok().and_then(|mut parcels| parcels.pop_front()) else { return Ok(()) };
        shared.sent.fetch_add(parcel.len() as u64, Ordering::Relaxed);
        parcel.write(&mut body);
        accepted(connection.post(&body).await?)?;
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
