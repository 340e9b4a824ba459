//! `sequencer run`.
//!
//! Tasks, in the order of their start; they stop in the reverse order: chain, blobs, inbox, rollup, prune, builder, batcher, proposer, rpc. So requests
//! end first, then what sends to L1, then the builder, and the chain's owner last.

use crate::{
    administration::{BatcherControl, Desk, Sequencing, serve_desk},
    batcher::{Batcher, Queue},
    builder::{Bell, Builder},
    client::OwnPool,
    config::{BatcherConfig, ProposerConfig, RunConfig},
    error::{Failure, NodeError},
    follow::paths,
    gate::Gate,
    mempool::{Mempool, SharedMempool},
    serve::{Announcements, PENDING, serve_rpc},
};
use alloy::eips::BlockId;
use gainsay_batch::{Packer, PackerConfig};
use gainsay_bindings::Inbox;
use gainsay_game::decide::Policy;
use gainsay_l1::{L1Client, Recovery, SecretKey, SendPolicy, TransactionManager};
use gainsay_play::{
    conduct::Honest,
    player::{PlayOptions, Player},
};
use gainsay_rpc::{Inclusions, Preconfirmations};
use gainsay_shell::{
    open::{Node, Running},
    prometheus,
    supervisor::Supervisor,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

const GWEI: u128 = 1_000_000_000;
/// Wait after a failure of L1.
const RETRY: Duration = Duration::from_secs(2);

/// Runs the sequencer until it is told to stop.
///
/// # Errors
/// When it cannot start, and when a task gives up.
pub async fn run(config: RunConfig) -> Result<(), Failure> {
    let mut supervisor = Supervisor::default();
    start(config, &mut supervisor).await.map_err(|source| Failure::Failed { task: "start", source })?;
    supervisor.run().await
}

async fn start(config: RunConfig, supervisor: &mut Supervisor<NodeError>) -> Result<(), NodeError> {
    let node = Node::open(&paths(&config.node, true)).await?;
    check(&config, &node).await?;
    if let Some(address) = config.node.metrics {
        prometheus::serve(address).await?;
    }
    let (ready, _) = broadcast::channel(PENDING);
    let inclusions = Inclusions::default();
    let mempool = Mempool::new(node.store.clone(), Arc::new(node.network.chain.clone()), ready.clone(), inclusions.clone())?;
    let running = Arc::new(node.start(supervisor));
    let (gate, batcher) = (Gate::new(!config.builder.stopped), BatcherControl::default());
    let (bell, preconfirmations) = (Bell::default(), Preconfirmations::default());
    let pool = SharedMempool::new(mempool);
    let builder = Builder {
        chain: running.chain.clone(),
        store: running.store.clone(),
        network: Arc::new(running.network.chain.clone()),
        pool: pool.clone(),
        bell: bell.clone(),
        gate: gate.clone(),
        progress: running.progress.clone(),
        inbox: running.inbox.clone(),
        preconfirmations: preconfirmations.clone(),
        config: config.builder,
    };
    supervisor.spawn("builder", |stop| async move { Ok(builder.run(stop).await?) });
    start_batcher(config.batcher, &running, batcher.clone(), supervisor)?;
    if let Some(proposer) = config.proposer {
        start_proposer(proposer, running.clone(), supervisor);
    }
    let sequencing = Sequencing { store: running.store.clone(), builder: gate, bell: bell.clone(), batcher };
    serve_desk(config.node.admin, Desk(Some(sequencing)), supervisor).await?;
    let client = Arc::new(OwnPool { pool, bell });
    serve_rpc(&config.node, &running, client, Announcements { pending: ready, preconfirmations, inclusions }, supervisor).await
}

/// What only L1 and the network's parameters can tell.
async fn check(config: &RunConfig, node: &Node) -> Result<(), NodeError> {
    let least = node.network.chain.block_time_ms;
    if let Some(given) = config.builder.block_time.map(|time| time.as_millis()).filter(|given| *given < u128::from(least)) {
        return Err(NodeError::BlockTime { given, least });
    }
    let expected = node.client.read(node.network.contracts.inbox, Inbox::sequencerCall {}, BlockId::latest()).await?;
    let given = config.batcher.key.address();
    if given == expected { Ok(()) } else { Err(NodeError::NotSequencer { given, expected }) }
}

fn start_batcher(
    config: BatcherConfig,
    node: &Running,
    control: BatcherControl,
    supervisor: &mut Supervisor<NodeError>,
) -> Result<(), NodeError> {
    let packer =
        PackerConfig { max_age_ms: u64::try_from(config.interval.as_millis()).unwrap_or(u64::MAX), ..PackerConfig::for_kind(config.da) };
    let queue = Queue::new(Packer::new(packer)?);
    let (client, inbox, block_time_ms) = (node.client.clone(), node.network.contracts.inbox, node.network.chain.block_time_ms);
    let (chain, store, progress, l1) = (node.chain.clone(), node.store.clone(), node.progress.clone(), node.inbox.clone());
    supervisor.spawn("batcher", move |stop| async move {
        let Some(manager) = take_over(&client, config.key, policy(config.max_fee_gwei), &stop).await? else { return Ok(()) };
        let batcher = Batcher { chain, store, block_time_ms, inbox, client, manager, queue, progress, l1, control, prices: None };
        Ok(batcher.run(stop).await?)
    });
    Ok(())
}

/// The proposer plays the stakes of its key: it claims, and defends what it has claimed.
fn start_proposer(config: ProposerConfig, node: Arc<Running>, supervisor: &mut Supervisor<NodeError>) {
    let options = PlayOptions::new(Policy { propose: true, second: true, list: true }, config.confirmations);
    supervisor.spawn("proposer", move |stop| async move {
        let Some(manager) = take_over(&node.client, config.key, policy(config.max_fee_gwei), &stop).await? else { return Ok(()) };
        let (player, _) = Player::new(&node, manager, options, Honest)?;
        Ok(player.run(stop).await?)
    });
}

/// Settles what an earlier run left pending with this key. None if told to stop meanwhile.
async fn take_over(
    client: &L1Client,
    key: SecretKey,
    policy: SendPolicy,
    stop: &CancellationToken,
) -> Result<Option<TransactionManager>, NodeError> {
    loop {
        let started = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            started = TransactionManager::start(client.clone(), key.clone(), policy) => started,
        };
        match started {
            Err(error) if error.recovery() == Recovery::Retry => {
                tracing::warn!(%error, "pending transactions cannot be settled, trying again")
            }
            other => return Ok(Some(other?)),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

fn policy(max_fee_gwei: u64) -> SendPolicy {
    let cap = u128::from(max_fee_gwei).saturating_mul(GWEI);
    SendPolicy { max_fee_cap: cap, blob_fee_cap: cap, poll: Duration::from_millis(500), ..SendPolicy::default() }
}
