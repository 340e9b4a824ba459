//! The administration's own server: who reaches it may stop what the node does.
//!
//! It has a port of its own, on this machine only, speaks plain HTTP and answers only to names of this machine: no page in a browser can use it, neither from
//! another origin (there is no CORS), nor over a WebSocket, nor through a name that it makes point here.

use crate::{Answer, RpcServer, ServeError, arguments::Arguments, error::RpcError};
use alloy_primitives::B256;
use jsonrpsee::{
    RpcModule,
    server::{BatchRequestConfig, Server, ServerConfig, middleware::http::HostFilterLayer},
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use std::{future::Future, net::SocketAddr, sync::Arc};
use tower::ServiceBuilder;

/// Names under which this machine calls itself.
const HOSTS: [&str; 3] = ["127.0.0.1:*", "localhost:*", "[::1]:*"];
/// Bytes of a request and of an answer.
const MOST_BYTES: u32 = 64 << 10;
/// Connections at a time.
const MOST_CONNECTIONS: u32 = 16;

/// What a node lets its operator do. The names are those that op-node and op-batcher have, and so are the words of [`AdminError`].
pub trait Administration: Send + Sync + 'static {
    /// Whether blocks are built.
    fn sequencer_active(&self) -> bool;
    /// Builds blocks again. `head` is the block that must be the latest: what `stop_sequencer` gave, of this node or of the one that sequenced before.
    ///
    /// # Errors
    /// When blocks are built already, when another block is the latest, and on a node that is no sequencer.
    fn start_sequencer(&self, head: B256) -> Answer<'_, Result<(), AdminError>>;
    /// Closes the open block and builds no further one. Gives the latest block, which is durable by then.
    ///
    /// # Errors
    /// When no blocks are built, and when the open block is not closed in time.
    fn stop_sequencer(&self) -> Answer<'_, Result<B256, AdminError>>;
    /// Whether batches are posted.
    fn batcher_active(&self) -> bool;
    /// Posts batches again.
    ///
    /// # Errors
    /// When they are posted already, and on a node that is no sequencer.
    fn start_batcher(&self) -> Answer<'_, Result<(), AdminError>>;
    /// Posts no further batch.
    ///
    /// # Errors
    /// When none are posted, and when one is still on its way to L1.
    fn stop_batcher(&self) -> Answer<'_, Result<(), AdminError>>;
    /// Posts what there is as soon as the batch before it is on L1, however young or small it is.
    ///
    /// # Errors
    /// When no batches are posted.
    fn flush_batcher(&self) -> Answer<'_, Result<(), AdminError>>;
    /// Logs from now on what this filter lets through, in the form of `RUST_LOG`: a level, or `target=level` separated by commas.
    ///
    /// # Errors
    /// When it cannot be read.
    fn set_log_filter(&self, filter: &str) -> Result<(), AdminError>;
}

/// Why the administration's wish is not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// The node follows.
    #[error("sequencer is not enabled: this node follows the chain; ask the one that was started with `sequencer run`")]
    NotSequencer,
    /// Blocks are built.
    #[error("sequencer already running")]
    SequencerRunning,
    /// No blocks are built.
    #[error("sequencer not running")]
    SequencerStopped,
    /// The chain is not where it should be.
    #[error(
        "block hash does not match: head {head}, received {given}: follow the chain up to the block at which the other one stopped, then start again"
    )]
    OtherHead {
        /// The latest block.
        head: B256,
        /// What should be it.
        given: B256,
    },
    /// Batches are posted.
    #[error("batcher is already running")]
    BatcherRunning,
    /// No batches are posted.
    #[error("batcher is not running")]
    BatcherStopped,
    /// It was told to stop, and has not come to an end yet.
    #[error("the {what} has not come to rest within {seconds} s; it will start nothing new: ask again, or look at the log")]
    Busy {
        /// Sequencer or batcher.
        what: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// No filter.
    #[error("{reason}")]
    LogFilter {
        /// What is wrong with it.
        reason: String,
    },
}

type Module = RpcModule<Arc<dyn Administration>>;

/// Serves the administration.
///
/// # Errors
/// When the address is not one of this machine alone, or cannot be listened on.
pub async fn serve_admin(address: SocketAddr, administration: Arc<dyn Administration>) -> Result<RpcServer, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::Public { address });
    }
    let listen_error = |source| ServeError::Listen { address, source };
    let config = ServerConfig::builder()
        .http_only()
        .max_connections(MOST_CONNECTIONS)
        .max_request_body_size(MOST_BYTES)
        .max_response_body_size(MOST_BYTES)
        .set_batch_request_config(BatchRequestConfig::Limit(MOST_CONNECTIONS))
        .build();
    let hosts = HostFilterLayer::new(HOSTS).map_err(|error| listen_error(std::io::Error::other(error.to_string())))?;
    let server = Server::builder().set_config(config).set_http_middleware(ServiceBuilder::new().layer(hosts)).build(address).await;
    let server = server.map_err(listen_error)?;
    let address = server.local_addr().map_err(listen_error)?;
    Ok(RpcServer::new(address, server.start(module(administration)?)))
}

/// Its methods.
pub(crate) fn module(administration: Arc<dyn Administration>) -> Result<Module, jsonrpsee::server::RegisterMethodError> {
    let mut module = RpcModule::new(administration);
    method(&mut module, "admin_sequencerActive", |admin, _| async move { Ok(admin.sequencer_active()) })?;
    method(&mut module, "admin_startSequencer", |admin, params| async move {
        let head = Arguments::new(&params)?.required()?;
        Ok(admin.start_sequencer(head).await?)
    })?;
    method(&mut module, "admin_stopSequencer", |admin, _| async move { Ok(admin.stop_sequencer().await?) })?;
    method(&mut module, "admin_batcherActive", |admin, _| async move { Ok(admin.batcher_active()) })?;
    method(&mut module, "admin_startBatcher", |admin, _| async move { Ok(admin.start_batcher().await?) })?;
    method(&mut module, "admin_stopBatcher", |admin, _| async move { Ok(admin.stop_batcher().await?) })?;
    method(&mut module, "admin_flushBatcher", |admin, _| async move { Ok(admin.flush_batcher().await?) })?;
    method(&mut module, "admin_setLogLevel", |admin, params| async move {
        let filter: String = Arguments::new(&params)?.required()?;
        Ok(admin.set_log_filter(&filter)?)
    })?;
    Ok(module)
}

fn method<F, Fut, R>(module: &mut Module, name: &'static str, method: F) -> Result<(), jsonrpsee::server::RegisterMethodError>
where
    F: Fn(Arc<dyn Administration>, Params<'static>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<R, RpcError>> + Send + 'static,
    R: Serialize + Clone + Send + 'static,
{
    module.register_async_method(name, move |params, admin, _| {
        let answer = method((*admin).clone(), params);
        async move {
            let answer = answer.await;
            match &answer {
                Ok(_) => tracing::info!(name, "the administration asked for this"),
                Err(error) => tracing::warn!(name, %error, "the administration asked for this in vain"),
            }
            answer.map_err(ErrorObjectOwned::from)
        }
    })?;
    Ok(())
}
