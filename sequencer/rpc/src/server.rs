//! The server.

use crate::{
    Backend, Limits,
    chain::{ByProtocol, Chain, NextBlock},
    inclusion,
    listen::listen,
    methods,
};
use jsonrpsee::{
    core::traits::IdProvider,
    server::{BatchRequestConfig, Methods, PingConfig, RegisterMethodError, ServerConfig, ServerHandle, stop_channel},
    types::SubscriptionId,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::net::TcpListener;

/// Entries of a batch that are looked at before it is refused for having too many.
const MOST_ENTRIES: u32 = 20_000;

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
    /// The administration may only be reached from this machine.
    #[error(
        "the administration cannot be served on {address}, which other machines reach: give 127.0.0.1 or ::1, and use ssh from elsewhere"
    )]
    Public {
        /// The address.
        address: SocketAddr,
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
    pub(crate) const fn new(address: SocketAddr, handle: ServerHandle) -> Self {
        Self { address, handle }
    }

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

/// Methods beyond those of this crate. A development node has some that change its chain; no other serves any.
pub struct Extension {
    /// They take the place of methods with the same names.
    pub methods: Methods,
    /// What is known of the next block.
    pub next: Arc<dyn NextBlock>,
}

/// Starts serving HTTP and WebSocket on one port; 0 takes a free one.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr, backend: Backend, limits: Limits) -> Result<RpcServer, ServeError> {
    let next = Arc::new(ByProtocol(backend.config.clone()));
    serve_extended(address, backend, limits, Extension { methods: Methods::new(), next }).await
}

/// The same with more methods.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve_extended(address: SocketAddr, backend: Backend, limits: Limits, extension: Extension) -> Result<RpcServer, ServeError> {
    let Extension { methods, next } = extension;
    let watch = inclusion::watch(
        backend.inclusions.clone(),
        Chain::new(backend.store.clone(), backend.config.clone(), next.clone(), backend.preconfirmations.shown_block().clone()),
        backend.latest.clone(),
    );
    let mut module = methods::all(backend, next, limits)?;
    for replaced in methods.method_names() {
        module.remove_method(replaced);
    }
    module.merge(methods)?;
    let config = ServerConfig::builder()
        .max_connections(limits.connections)
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_message_buffer_capacity(limits.messages)
        // Beyond the limit there are better words, in `traffic`; this is what may be taken apart at all.
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch_calls.max(MOST_ENTRIES)))
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
