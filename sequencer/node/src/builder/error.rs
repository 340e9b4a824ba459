//! Why blocks cannot be built any more.

use gainsay_build::BuildError;
use gainsay_chain::ChainError;
use gainsay_shell::owner::Stopped;
use gainsay_store::StoreError;

/// Blocks that cannot be built any more.
#[derive(Debug, thiserror::Error)]
pub enum BuilderError {
    /// The chain.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: ChainError,
    },
    /// The store.
    #[error("{source}")]
    Store {
        /// The reason.
        #[from]
        source: StoreError,
    },
    /// The build core. Boxed: a fault carries its numbers.
    #[error("{source}")]
    Build {
        /// The reason.
        source: Box<BuildError<StoreError>>,
    },
    /// The process is stopping.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
}

impl From<BuildError<StoreError>> for BuilderError {
    fn from(source: BuildError<StoreError>) -> Self {
        Self::Build { source: Box::new(source) }
    }
}

impl BuilderError {
    /// Derivation or an L1 reorganisation moved the tip, or took messages away, while the block was open: it is given up, and that is all.
    pub(crate) fn is_overtaken(&self) -> bool {
        let dropped = |error: &StoreError| matches!(error, StoreError::Dropped { .. });
        match self {
            Self::Chain { source: ChainError::NotOnTip { .. } | ChainError::Deposits { .. } } => true,
            Self::Chain { source: ChainError::Store(source) } | Self::Store { source } => dropped(source),
            Self::Build { source } => matches!(&**source, BuildError::Database(source) if dropped(source)),
            Self::Chain { .. } | Self::Stopped { .. } => false,
        }
    }
}
