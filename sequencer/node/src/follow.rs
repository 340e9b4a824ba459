//! `sequencer follow`.

use crate::{
    administration::{Desk, serve_desk},
    client::{Forwarding, NoPool},
    config::{FollowConfig, NodeConfig},
    error::{Failure, NodeError},
    feed::{follow_feed, pass_on_preconfirmations},
    serve::{Announcements, PENDING, serve_rpc},
};
use gainsay_rpc::{Client, Inclusions, Preconfirmations};
use gainsay_shell::{
    open::{Node, NodePaths},
    prometheus,
    supervisor::Supervisor,
};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Follows the chain until told to stop.
///
/// # Errors
/// When it cannot start, and when a task gives up.
pub async fn follow(config: FollowConfig) -> Result<(), Failure> {
    let mut supervisor = Supervisor::default();
    start(config, &mut supervisor).await.map_err(|source| Failure::Failed { task: "start", source })?;
    supervisor.run().await
}

async fn start(config: FollowConfig, supervisor: &mut Supervisor<NodeError>) -> Result<(), NodeError> {
    let node = Node::open(&paths(&config.node, config.feed.is_some())).await?;
    if let Some(address) = config.node.metrics {
        prometheus::serve(address).await?;
    }
    let running = node.start(supervisor);
    let preconfirmations = Preconfirmations::default();
    if let Some(url) = config.feed {
        let (from, to) = (url.clone(), preconfirmations.clone());
        supervisor.spawn("preconfirmations", |stop| async move {
            pass_on_preconfirmations(from, to, stop).await;
            Ok(())
        });
        let (chain, store, inbox) = (running.chain.clone(), running.store.clone(), running.inbox.clone());
        supervisor.spawn("feed", |stop| async move { Ok(follow_feed(url, chain, store, inbox, stop).await?) });
    }
    let client: Arc<dyn Client> = match config.sequencer_rpc {
        Some(url) => Arc::new(Forwarding::new(url)),
        None => Arc::new(NoPool),
    };
    let (pending, _) = broadcast::channel(PENDING);
    serve_desk(config.node.admin, Desk(None), supervisor).await?;
    serve_rpc(&config.node, &running, client, Announcements { pending, preconfirmations, inclusions: Inclusions::default() }, supervisor)
        .await
}

/// Where the common parts of a node find everything.
pub(crate) fn paths(config: &NodeConfig, keep_unsafe: bool) -> NodePaths<'_> {
    NodePaths {
        network: &config.network,
        l1_rpc: config.l1_rpc.as_str(),
        beacon: config.beacon.iter().map(|url| url.as_str()).collect(),
        data: config.data.clone(),
        poll: config.l1_poll,
        keep_unsafe,
        history: config.history,
    }
}
