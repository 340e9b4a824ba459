//! JSON-RPC and metrics of a node.

use crate::error::NodeError;
use alloy::primitives::B256;
use gainsay_rpc::{Backend, Client, Inclusions, L1Progress, Limits, Preconfirmations, serve};
use gainsay_shell::{follow::InboxView, open::Running, supervisor::Supervisor};
use std::{net::SocketAddr, sync::Arc};
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
    address: SocketAddr,
    node: &Running,
    client: Arc<dyn Client>,
    announcements: Announcements,
    supervisor: &mut Supervisor<NodeError>,
) -> Result<(), NodeError> {
    let inbox = node.inbox.clone();
    let backend = Backend {
        store: node.store.clone(),
        config: Arc::new(node.network.chain.clone()),
        client,
        latest: node.latest.clone(),
        l1: Arc::new(move || l1_progress(*inbox.borrow())),
        pending: announcements.pending,
        preconfirmations: announcements.preconfirmations,
        inclusions: announcements.inclusions,
        version: concat!("gainsay/v", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let server = serve(address, backend, Limits::default()).await?;
    tracing::info!(address = %server.address(), "JSON-RPC is served");
    supervisor.spawn("rpc", |stop| async move {
        stop.cancelled().await;
        server.stop().await;
        Ok(())
    });
    Ok(())
}

fn l1_progress(view: InboxView) -> L1Progress {
    L1Progress { highest: view.heads.map(|heads| heads.latest.number), caught_up: view.caught_up }
}
