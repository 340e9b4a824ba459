//! The metrics listener: Prometheus' text format over HTTP.

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};
use std::net::SocketAddr;

/// Metrics that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The listener cannot be opened.
    #[error("cannot serve metrics on {address} ({source}): choose another --metrics-port, or stop the process that uses it")]
    Listen {
        /// Where it should listen.
        address: SocketAddr,
        /// What the exporter says.
        source: BuildError,
    },
}

/// Collects the metrics of this process and serves them from a task of the current runtime.
///
/// # Errors
/// When the address cannot be listened on, or a recorder is already installed.
pub async fn serve(address: SocketAddr) -> Result<(), MetricsError> {
    PrometheusBuilder::new().with_http_listener(address).install().map_err(|source| MetricsError::Listen { address, source })
}
