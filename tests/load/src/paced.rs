//! Sending at a pace, and how long it takes until a transaction is executed, and until its receipt is there.
//!
//! Time runs from the moment at which a transaction was due to be sent, so that a node which holds up the load cannot look better for it.

use crate::{
    http::{Connection, accepted},
    latency::Latencies,
    node::Node,
    process::usage,
    websocket::WebSocket,
    workload::Parcel,
};
use alloy::primitives::{B256, hex, map::B256HashMap};
use eyre::{OptionExt, ensure};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    process,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    task::{JoinHandle, LocalSet, spawn_local},
    time::sleep,
};

/// Between two looks at the node's blocks: part of the latency that is measured.
const POLL: Duration = Duration::from_millis(3);
/// Between the preparation and the first transaction.
const LEAD: Duration = Duration::from_millis(200);
/// Without a transaction more in a block for so long, the load has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// What stands before a hash in blocks and in preconfirmations.
const MARK: &[u8] = b"\"0x";

/// How it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Transactions a second.
    pub(crate) rate: u64,
    /// Connections at a time, each with one request under way.
    pub(crate) connections: usize,
    /// Whether to listen to preconfirmations.
    pub(crate) preconfirmations: bool,
}

/// What all tasks share; there is one thread.
#[derive(Debug)]
struct Shared {
    parcels: Vec<Parcel>,
    next: Cell<usize>,
    start: Instant,
    interval: Duration,
    /// Number of the request with this transaction.
    places: B256HashMap<usize>,
    answers: RefCell<Latencies>,
    executed: RefCell<Latencies>,
}

impl Shared {
    fn due(&self, place: usize) -> Instant {
        self.start + self.interval.mul_f64(place as f64)
    }

    /// The transactions of this load whose hashes are in a text, and when they were due.
    fn found<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (B256, Instant)> + 'a {
        hashes(text).filter_map(|hash| Some((hash, self.due(*self.places.get(&hash)?))))
    }
}

/// All 32 B words in a text of JSON.
fn hashes(text: &[u8]) -> impl Iterator<Item = B256> + '_ {
    let starts = text.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).map(|(place, _)| place + MARK.len());
    starts.filter_map(|start| {
        let word = text.get(start..start + 64).filter(|_| text.get(start + 64) == Some(&b'"'))?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(word, &mut bytes).ok()?;
        Some(bytes.into())
    })
}

/// Sends all of it and waits for the receipts.
///
/// # Errors
/// When the node refuses one, or makes no blocks any more.
pub(crate) async fn run(node: &mut Node, parcels: Vec<Parcel>, pace: Pace) -> eyre::Result<Value> {
    let count: usize = parcels.iter().map(Parcel::len).sum();
    let batch = parcels.first().ok_or_eyre("nothing is to be sent")?.len();
    let interval = Duration::from_secs(1).mul_f64(batch as f64 / pace.rate as f64);
    let places = parcels.iter().enumerate().flat_map(|(place, parcel)| parcel.hashes().map(move |hash| (hash, place))).collect();
    let shared = Rc::new(Shared {
        parcels,
        next: Cell::new(0),
        start: Instant::now() + LEAD,
        interval,
        places,
        answers: RefCell::default(),
        executed: RefCell::default(),
    });
    let (before, own_before) = (node.usage()?, usage(process::id())?);
    let (receipts, blocks) = LocalSet::new().run_until(drive(node, &shared, count, pace)).await?;
    let (after, own_after) = (node.usage()?, usage(process::id())?);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    let mut line = json!({
        "count": count, "paced": pace.rate, "blocks": blocks, "receipt": receipts.line(), "answer": shared.answers.borrow().line(),
        "cpu": each(after.cpu.saturating_sub(before.cpu)), "ownCpu": each(own_after.cpu.saturating_sub(own_before.cpu)),
    });
    if pace.preconfirmations {
        let executed = shared.executed.borrow();
        ensure!(executed.len() == count, "{} of {count} transactions were announced as executed", executed.len());
        line["preconfirmation"] = executed.line();
    }
    Ok(line)
}

/// Times of the receipts, and the number of blocks.
async fn drive(node: &mut Node, shared: &Rc<Shared>, count: usize, pace: Pace) -> eyre::Result<(Latencies, u64)> {
    let listener =
        if pace.preconfirmations { Some(spawn_local(listen(subscribe(&node.address).await?, shared.clone(), count))) } else { None };
    let first = node.block_number().await?;
    let mut senders = Vec::new();
    for _ in 0..pace.connections {
        senders.push(spawn_local(send(Connection::open(&node.address).await?, shared.clone())));
    }
    let result = receipts(node, shared, count, first, &mut senders).await;
    if let Some(listener) = listener {
        // What is missing after that, the caller counts.
        if let Ok(ended) = tokio::time::timeout(PATIENCE, listener).await {
            ended??;
        }
    }
    result
}

async fn send(mut connection: Connection, shared: Rc<Shared>) -> eyre::Result<()> {
    let mut body = Vec::new();
    loop {
        let place = shared.next.replace(shared.next.get() + 1);
        let Some(parcel) = shared.parcels.get(place) else { return Ok(()) };
        parcel.write(&mut body);
        let due = shared.due(place);
        tokio::time::sleep_until(due.into()).await;
        accepted(connection.post(&body).await?)?;
        shared.answers.borrow_mut().push(due.elapsed());
    }
}

/// Looks at new blocks until all transactions are in one. The receipt of each block's last transaction is asked for: with its answer, those of
/// the block are counted as there.
async fn receipts(
    node: &mut Node,
    shared: &Shared,
    count: usize,
    first: u64,
    senders: &mut Vec<JoinHandle<eyre::Result<()>>>,
) -> eyre::Result<(Latencies, u64)> {
    let (mut latencies, mut number, mut last_change) = (Latencies::default(), first, Instant::now());
    while latencies.len() < count {
        while let Some(place) = senders.iter().position(JoinHandle::is_finished) {
            senders.swap_remove(place).await??;
        }
        while number < node.block_number().await? {
            let found: Vec<_> = shared.found(node.text("eth_getBlockByNumber", &format!("\"{:#x}\",false", number + 1)).await?).collect();
            number += 1;
            let Some((last, _)) = found.last() else { continue };
            let receipt = format!("\"{last}\"");
            while shared.found(node.text("eth_getTransactionReceipt", &receipt).await?).next().is_none() {
                sleep(POLL).await;
            }
            let now = Instant::now();
            found.iter().for_each(|(_, due)| latencies.push(now.saturating_duration_since(*due)));
            last_change = now;
        }
        ensure!(last_change.elapsed() < PATIENCE, "no receipt more for {PATIENCE:?}: {} of {count} are there", latencies.len());
        sleep(POLL).await;
    }
    Ok((latencies, number - first))
}

async fn subscribe(address: &str) -> eyre::Result<WebSocket> {
    let mut socket = WebSocket::open(address).await?;
    socket.send(r#"{"jsonrpc":"2.0","id":1,"method":"gainsay_subscribe","params":["preconfirmations"]}"#).await?;
    let answer: Value = serde_json::from_slice(socket.next().await?)?;
    ensure!(answer["result"].is_string() || answer["result"].is_number(), "the node has no preconfirmations: {answer}");
    Ok(socket)
}

/// Reads announcements until all transactions were in one.
async fn listen(mut socket: WebSocket, shared: Rc<Shared>, count: usize) -> eyre::Result<()> {
    let mut seen = B256HashMap::<()>::default();
    while seen.len() < count {
        let message = socket.next().await?;
        let now = Instant::now();
        for (hash, due) in shared.found(message) {
            if seen.insert(hash, ()).is_none() {
                shared.executed.borrow_mut().push(now.saturating_duration_since(due));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_32_bytes_are_found_and_nothing_else() {
        let word = "11".repeat(32);
        let text = format!(r#"{{"hash":"0x{word}","to":"0x{}","input":"0x{word}22","number":"0x1"}}"#, "11".repeat(20));
        assert_eq!(hashes(text.as_bytes()).collect::<Vec<_>>(), [B256::repeat_byte(0x11)]);
        assert_eq!(hashes(b"\"0x").count(), 0);
    }
}
