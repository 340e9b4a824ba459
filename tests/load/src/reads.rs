//! Reading as fast as the node answers, while it makes blocks, and how long an answer takes.
//!
//! Each connection has one request under way, and sends the next when the answer is there. All requests are encoded before the clock starts.

use crate::{
    http::{Connection, accepted},
    latency::Latencies,
    node::Node,
    process::usage,
    question::Question,
    workload::Parcel,
};
use eyre::{OptionExt, ensure};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    process,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::{JoinHandle, LocalSet, spawn_local};

/// Connections that send transactions.
const SENDERS: usize = 4;

/// How it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Calls in a request.
    pub(crate) batch: usize,
    /// Connections at a time, each with one request under way.
    pub(crate) connections: usize,
    /// For so long.
    pub(crate) time: Duration,
    /// Transactions a second that are sent meanwhile.
    pub(crate) rate: u64,
}

/// What all tasks share; there is one thread.
#[derive(Debug)]
struct Shared {
    requests: Vec<Vec<u8>>,
    question: Question,
    parcels: Vec<Parcel>,
    next: Cell<usize>,
    start: Cell<Instant>,
    rate: u64,
    done: Cell<bool>,
    latencies: RefCell<Latencies>,
}

/// Reads, sending the transactions meanwhile.
///
/// # Errors
/// When the node answers with an error or with something else than was asked for, or makes no blocks.
pub(crate) async fn run(node: &mut Node, question: Question, parcels: Vec<Parcel>, pace: Pace) -> eyre::Result<Value> {
    let requests = question.bodies(pace.batch).iter().map(|body| Connection::request(&node.address, body)).collect();
    let shared = Rc::new(Shared {
        requests,
        question,
        parcels,
        next: Cell::new(0),
        start: Cell::new(Instant::now()),
        rate: pace.rate,
        done: Cell::new(false),
        latencies: RefCell::default(),
    });
    LocalSet::new().run_until(drive(node, &shared, pace)).await
}

async fn drive(node: &mut Node, shared: &Rc<Shared>, pace: Pace) -> eyre::Result<Value> {
    let mut readers = Vec::new();
    for place in 0..pace.connections {
        let mut connection = Connection::open(&node.address).await?;
        let request = shared.requests.get(place % shared.requests.len()).ok_or_eyre("nothing is to be asked")?;
        shared.question.check(connection.exchange(request).await?)?;
        readers.push((place, connection));
    }
    let first = node.block_number().await?;
    let (before, own_before, start) = (node.usage()?, usage(process::id())?, Instant::now());
    shared.start.set(start);
    let mut tasks: Vec<JoinHandle<eyre::Result<()>>> = Vec::new();
    for _ in 0..SENDERS {
        tasks.push(spawn_local(send(Connection::open(&node.address).await?, shared.clone())));
    }
    tasks.extend(readers.into_iter().map(|(place, connection)| spawn_local(read(connection, place, shared.clone()))));
    tokio::time::sleep(pace.time).await;
    shared.done.set(true);
    for task in tasks {
        task.await??;
    }
    let (after, own_after, seconds) = (node.usage()?, usage(process::id())?, start.elapsed().as_secs_f64());
    let blocks = node.block_number().await? - first;
    ensure!(blocks > 0 || pace.rate == 0, "no block was made meanwhile");
    let latencies = shared.latencies.borrow();
    let calls = (latencies.len() * pace.batch) as f64;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / calls;
    Ok(json!({
        "kind": shared.question.name(), "batch": pace.batch, "connections": pace.connections, "count": calls, "rate": calls / seconds, "seconds": seconds,
        "latency": latencies.line(), "cpu": each(after.cpu.saturating_sub(before.cpu)), "ownCpu": each(own_after.cpu.saturating_sub(own_before.cpu)),
        "sent": shared.next.get().min(shared.parcels.len()), "blocks": blocks, "memory": after.resident as f64 / 1e6,
    }))
}

/// Asks until told to stop; connections begin at different requests.
async fn read(mut connection: Connection, place: usize, shared: Rc<Shared>) -> eyre::Result<()> {
    let requests = shared.requests.iter().cycle().skip(place % shared.requests.len());
    for request in requests {
        if shared.done.get() {
            break;
        }
        let sent = Instant::now();
        accepted(connection.exchange(request).await?)?;
        shared.latencies.borrow_mut().push(sent.elapsed());
    }
    Ok(())
}

/// Sends transactions when they are due, until told to stop.
async fn send(mut connection: Connection, shared: Rc<Shared>) -> eyre::Result<()> {
    let mut body = Vec::new();
    loop {
        let place = shared.next.get();
        let Some(parcel) = shared.parcels.get(place).filter(|_| !shared.done.get()) else { return Ok(()) };
        shared.next.set(place + 1);
        let due = shared.start.get() + Duration::from_secs(1).mul_f64(place as f64 / shared.rate as f64);
        tokio::time::sleep_until(due.into()).await;
        parcel.write(&mut body);
        accepted(connection.post(&body).await?)?;
    }
}
