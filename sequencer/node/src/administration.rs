//! What the administration's server does to this node.

use crate::{builder::Bell, error::NodeError, gate::Gate};
use alloy::primitives::B256;
use gainsay_rpc::{AdminError, Administration, Answer, serve_admin};
use gainsay_shell::{logging, supervisor::Supervisor};
use gainsay_store::Store;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long whoever stops something waits until it has come to rest.
const PATIENCE: Duration = Duration::from_secs(30);

/// Posting batches, as an operator sees it.
#[derive(Clone, Debug, Default)]
pub struct BatcherControl {
    /// Passed for each batch.
    pub gate: Gate,
    flush: Arc<AtomicBool>,
}

impl BatcherControl {
    /// Whether what there is shall be posted, however young or small it is.
    #[must_use]
    pub fn flush_wanted(&self) -> bool {
        self.flush.load(Ordering::Acquire)
    }

    /// It is.
    pub fn flushed(&self) {
        self.flush.store(false, Ordering::Release);
    }
}

/// The parts of a sequencer that can be stopped.
#[derive(Debug)]
pub struct Sequencing {
    /// The chain.
    pub store: Store,
    /// Passed for each block.
    pub builder: Gate,
    /// Wakes the builder.
    pub bell: Bell,
    /// The batcher.
    pub batcher: BatcherControl,
}

/// A node as its administration's server sees it; a follower has nothing to stop.
#[derive(Debug)]
pub struct Desk(pub Option<Sequencing>);

impl Desk {
    fn sequencing(&self) -> Result<&Sequencing, AdminError> {
        self.0.as_ref().ok_or(AdminError::NotSequencer)
    }

    fn start(&self, given: B256) -> Result<(), AdminError> {
        let parts = self.sequencing()?;
        if parts.builder.is_open() {
            return Err(AdminError::SequencerRunning);
        }
        let head = parts.store.heads().latest.hash;
        if head != given {
            return Err(AdminError::OtherHead { head, given });
        }
        if !parts.builder.open() {
            return Err(AdminError::SequencerRunning);
        }
        parts.bell.ring();
        Ok(())
    }

    async fn stop(&self) -> Result<B256, AdminError> {
        let parts = self.sequencing()?;
        if !parts.builder.close() {
            return Err(AdminError::SequencerStopped);
        }
        parts.bell.ring();
        at_rest(&parts.builder, "builder").await?;
        Ok(parts.store.heads().latest.hash)
    }

    fn flush(&self) -> Result<(), AdminError> {
        let batcher = &self.sequencing()?.batcher;
        if !batcher.gate.is_open() {
            return Err(AdminError::BatcherStopped);
        }
        batcher.flush.store(true, Ordering::Release);
        Ok(())
    }
}

async fn at_rest(gate: &Gate, what: &'static str) -> Result<(), AdminError> {
    if gate.at_rest(PATIENCE).await { Ok(()) } else { Err(AdminError::Busy { what, seconds: PATIENCE.as_secs() }) }
}

impl Administration for Desk {
    fn sequencer_active(&self) -> bool {
        self.0.as_ref().is_some_and(|parts| parts.builder.is_open())
    }

    fn start_sequencer(&self, head: B256) -> Answer<'_, Result<(), AdminError>> {
        Box::pin(async move { self.start(head) })
    }

    fn stop_sequencer(&self) -> Answer<'_, Result<B256, AdminError>> {
        Box::pin(self.stop())
    }

    fn batcher_active(&self) -> bool {
        self.0.as_ref().is_some_and(|parts| parts.batcher.gate.is_open())
    }

    fn start_batcher(&self) -> Answer<'_, Result<(), AdminError>> {
        Box::pin(async move { if self.sequencing()?.batcher.gate.open() { Ok(()) } else { Err(AdminError::BatcherRunning) } })
    }

    fn stop_batcher(&self) -> Answer<'_, Result<(), AdminError>> {
        Box::pin(async move {
            let gate = &self.sequencing()?.batcher.gate;
            if gate.close() { at_rest(gate, "batcher").await } else { Err(AdminError::BatcherStopped) }
        })
    }

    fn flush_batcher(&self) -> Answer<'_, Result<(), AdminError>> {
        Box::pin(async move { self.flush() })
    }

    fn set_log_filter(&self, filter: &str) -> Result<(), AdminError> {
        logging::set_filter(filter).map_err(|error| AdminError::LogFilter { reason: error.to_string() })
    }
}

/// Serves the administration, where that is asked for.
pub(crate) async fn serve_desk(address: Option<SocketAddr>, desk: Desk, supervisor: &mut Supervisor<NodeError>) -> Result<(), NodeError> {
    let Some(address) = address else { return Ok(()) };
    let server = serve_admin(address, Arc::new(desk)).await?;
    tracing::info!(address = %server.address(), "the administration is served: whoever reaches it may stop this node's work");
    supervisor.spawn("administration", |stop| async move {
        stop.cancelled().await;
        server.stop().await;
        Ok(())
    });
    Ok(())
}
