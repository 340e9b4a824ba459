//! The server.

use crate::{Backend, chain::Chain, inclusion, listen::listen, methods};
use jsonrpsee::{
    core::traits::IdProvider,
    server::{BatchRequestConfig, PingConfig, RegisterMethodError, ServerConfig, ServerHandle, stop_channel},
    types::SubscriptionId,
};
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::net::TcpListener;

/// What requests may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sockets at a time, idle ones included.
    pub sockets: usize,
    /// HTTP requests and WebSockets at a time.
    pub connections: u32,
    /// Bytes of a request.
    pub request_bytes: u32,
    /// Bytes of all requests beyond the first 64 KiB of each, while they come in and are under way.
    pub requests_bytes: usize,
    /// Bytes of a response.
    pub response_bytes: u32,
    /// Bytes of all responses of more than 16 KiB, until they are read.
    pub replies_bytes: usize,
    /// Messages that wait to be sent over a WebSocket; what else there is to send waits where it comes from.
    pub messages: u32,
    /// Calls in a batch.
    pub batch_calls: u32,
    /// Subscriptions of a connection.
    pub subscriptions: u32,
    /// Calls, estimates, log queries, fee histories and proofs that run at a time.
    pub heavy_requests: usize,
    /// Witnesses that are made at a time.
    pub witness_requests: usize,
    /// Bytes of preimages in a witness. As JSON it takes twice that and a little, which must be within `response_bytes`.
    pub witness_bytes: usize,
    /// Gas of a call.
    pub call_gas: u64,
    /// Blocks of a log query.
    pub log_blocks: u64,
    /// Results of a log query.
    pub log_results: usize,
    /// Filters installed at a time. Each remembers at most 4,096 block hashes.
    pub filters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 800,
            connections: 500,
            request_bytes: 5 << 20,
            requests_bytes: 128 << 20,
            response_bytes: 160 << 20,
            replies_bytes: 512 << 20,
            messages: 16,
            batch_calls: 1_000,
            subscriptions: 1_024,
            heavy_requests: 8,
            witness_requests: 2,
            witness_bytes: 64 << 20,
            call_gas: 50_000_000,
            log_blocks: 100_000,
            log_results: 20_000,
            filters: 512,
        }
    }
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("RPC cannot listen on {address}: {source}; stop what uses the port, or choose another")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason given by the operating system.
        source: std::io::Error,
    },
    /// Two methods have one name, which is a fault of this software.
    #[error("the RPC's method table is wrong: {source}")]
    Methods {
        /// What is wrong.
        #[from]
        source: RegisterMethodError,
    },
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct RpcServer {
    address: SocketAddr,
    handle: ServerHandle,
}

impl RpcServer {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops taking requests and returns once those under way are answered.
    pub async fn stop(self) {
        // An error says that it has stopped already.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }

    /// Returns once the server has stopped.
    pub async fn stopped(&self) {
        self.handle.clone().stopped().await;
    }
}

/// Starts serving HTTP and WebSocket on one port; 0 takes a free one.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr, backend: Backend, limits: Limits) -> Result<RpcServer, ServeError> {
    let watch = inclusion::watch(
        backend.inclusions.clone(),
        Chain { store: backend.store.clone(), config: backend.config.clone() },
        backend.latest.clone(),
    );
    let module = methods::module(backend, limits)?;
    let config = ServerConfig::builder()
        .max_connections(limits.connections)
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_message_buffer_capacity(limits.messages)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch_calls))
        .enable_ws_ping(PingConfig::default())
        .set_id_provider(HexIds::default())
        .build();
    let listen_error = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let (stop, handle) = stop_channel();
    tokio::spawn(listen(listener, config, module.into(), stop, limits));
    let stopped = handle.clone().stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = stopped => {}
            () = watch => {}
        }
    });
    Ok(RpcServer { address, handle })
}

/// Subscription ids as wallets expect them. They are only valid on their own connection, so they need not be secret.
#[derive(Debug, Default)]
struct HexIds(AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let id = self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        SubscriptionId::Str(format!("0x{id:x}").into())
    }
}
