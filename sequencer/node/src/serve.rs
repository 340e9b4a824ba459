//! JSON-RPC and metrics of a node.

use crate::{config::NodeConfig, error::NodeError, l1::Watched};
use alloy::primitives::B256;
use gainsay_rpc::{Backend, Client, Inclusions, Preconfirmations, serve};
use gainsay_shell::{open::Running, supervisor::Supervisor};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Announcements of pending transactions that a slow subscriber may be behind.
pub(crate) const PENDING: usize = 4096;

/// What a node tells those who subscribe, beside its blocks.
pub(crate) struct Announcements {
    /// Hashes of transactions that became ready in the pool.
    pub(crate) pending: broadcast::Sender<B256>,
    /// Transactions executed in the open block.
    pub(crate) preconfirmations: Preconfirmations,
    /// Who waits for a receipt.
    pub(crate) inclusions: Inclusions,
}

/// Serves the chain's JSON-RPC.
pub(crate) async fn serve_rpc(
    config: &NodeConfig,
    node: &Running,
    client: Arc<dyn Client>,
    announcements: Announcements,
    supervisor: &mut Supervisor<NodeError>,
) -> Result<(), NodeError> {
    let backend = Backend {
        store: node.store.clone(),
        config: Arc::new(node.network.chain.clone()),
        client,
        latest: node.latest.clone(),
        l1: Arc::new(Watched::new(&node.network, node.inbox.clone(), node.rollup.clone())),
        pending: announcements.pending,
        preconfirmations: announcements.preconfirmations,
        inclusions: announcements.inclusions,
        version: concat!("gainsay/v", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let server = serve(config.rpc, backend, config.limits).await?;
    tracing::info!(address = %server.address(), "JSON-RPC is served");
    supervisor.spawn("rpc", |stop| async move {
        stop.cancelled().await;
        server.stop().await;
        Ok(())
    });
    Ok(())
}
