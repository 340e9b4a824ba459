//! Where a block step comes from: a node, or a file.

use crate::files::{self, FilesError};
use alloy::{
    primitives::U64,
    providers::{Provider, RootProvider},
    transports::{RpcError, TransportErrorKind, http::reqwest::Url},
};
use gainsay_trace::{FileError, Witness};
use std::path::{Path, PathBuf};

/// Where a block step comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A witness file.
    File(PathBuf),
    /// The JSON-RPC of a node.
    Rpc {
        /// Where it is.
        url: Url,
        /// Which step.
        target: Target,
    },
}

/// A block step of the derived chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one that made this L2 block.
    Block(u64),
    /// The one at this position, from 1.
    Step(u64),
}

/// Why there is no witness.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The file holds no witness.
    #[error("{}: {source}", path.display())]
    Witness {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// The node refuses.
    #[error("the node at {url} answers: {message}")]
    Refused {
        /// The node.
        url: Url,
        /// What it said.
        message: String,
    },
    /// There is no node, or what it says is no witness.
    #[error("no witness from {url}: {reason}; give the JSON-RPC of a Gainsay node")]
    Node {
        /// The node.
        url: Url,
        /// What is wrong.
        reason: String,
    },
}

impl Source {
    /// Gets the witness. Every preimage in it is hashed, whoever it comes from.
    ///
    /// # Errors
    /// Says what to do.
    pub async fn witness(&self) -> Result<Witness, SourceError> {
        match self {
            Self::File(path) => load(path),
            Self::Rpc { url, target } => ask(url, *target).await,
        }
    }
}

/// Reads a witness file.
///
/// # Errors
/// When it cannot be read, or is none.
pub fn load(path: &Path) -> Result<Witness, SourceError> {
    let bytes = files::read(path)?;
    Witness::from_file(&bytes).map_err(|source| SourceError::Witness { path: path.to_owned(), source })
}

/// Writes a witness file.
///
/// # Errors
/// When it cannot be written.
pub fn save(path: &Path, witness: &Witness) -> Result<(), SourceError> {
    let bytes = witness.to_file().map_err(|source| SourceError::Witness { path: path.to_owned(), source })?;
    Ok(files::write(path, &bytes)?)
}

async fn ask(url: &Url, target: Target) -> Result<Witness, SourceError> {
    let provider: RootProvider = RootProvider::new_http(url.clone());
    let (method, argument) = match target {
        Target::Block(number) => ("gainsay_witness", number),
        Target::Step(index) => ("gainsay_witnessOfStep", index),
    };
    let answer = provider.raw_request::<_, Witness>(method.into(), (U64::from(argument),)).await;
    answer.map_err(|error| explain(url.clone(), error))
}

fn explain(url: Url, error: RpcError<TransportErrorKind>) -> SourceError {
    match error {
        RpcError::ErrorResp(refused) => SourceError::Refused { url, message: refused.message.into_owned() },
        RpcError::DeserError { err, .. } => SourceError::Node { url, reason: err.to_string() },
        error => SourceError::Node { url, reason: error.to_string() },
    }
}
