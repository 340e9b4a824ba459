//! Whether a block is opened, and with which time.

use crate::{
    Limits, OpenBlock,
    timing::{fitting_deposits, time_of_allowance},
};
use alloy_consensus::{Header, Sealed};
use gainsay_execute::{ExecuteError, Fault};
use gainsay_pool::Pooled;
use gainsay_types::{ChainConfig, Message, Millis};
use revm::DatabaseRef;

/// What a block is built on.
#[derive(Clone, Copy, Debug)]
pub struct Job<'c, 'a> {
    /// Parameters of the chain.
    pub config: &'c ChainConfig,
    /// The latest block.
    pub parent: &'a Sealed<Header>,
    /// Its time.
    pub parent_time: Millis,
    /// The time now.
    pub now: Millis,
    /// The messages that may be consumed next, in order.
    pub deposits: &'a [Message],
    /// The operator's limits.
    pub limits: Limits,
}

/// What came of trying to open a block.
#[derive(Debug)]
pub enum Opening<'a, DB: DatabaseRef> {
    /// Nothing to put into a block; an empty one is due at this time.
    Wait {
        /// When to try again, unless something comes in before.
        until: Millis,
    },
    /// Nothing to put into a block.
    Idle,
    /// A block, its deposits executed.
    Open(Box<OpenBlock<'a, DB>>),
}

/// Why no block can be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError<E> {
    /// The state cannot be read.
    #[error("the state cannot be read: {0}")]
    Database(#[source] E),
    /// The block itself is at fault before any transaction: the parent or the configuration is not this chain's.
    #[error("no block can be built here: {0}")]
    Block(#[source] Fault),
}

impl<E> From<ExecuteError<E>> for BuildError<E> {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Fault(fault) => Self::Block(fault),
            ExecuteError::Database(error) => Self::Database(error),
        }
    }
}

/// Opens the block after `job.parent`, whose state `database` is, if there is anything to put into it. `best` is the pool's best transaction: the block's
/// time is such that it fits, so offer it first.
///
/// # Errors
/// When the state cannot be read, or the parent is not a block of this chain.
pub fn open<'c, DB: DatabaseRef>(job: &Job<'c, '_>, best: Option<&Pooled>, database: DB) -> Result<Opening<'c, DB>, BuildError<DB::Error>> {
    let (deposits, deposit_gas) = fitting_deposits(job.config, job.deposits);
    let empty_at = job.empty_block_time();
    if deposits.is_empty() && best.is_none() {
        match empty_at {
            None => return Ok(Opening::Idle),
            Some(until) if until > job.now => return Ok(Opening::Wait { until }),
            Some(_) => {}
        }
    }
    let time = job.time(best, deposit_gas);
    let empty_is_due = empty_at.is_some_and(|due| due <= time);
    Ok(Opening::Open(Box::new(OpenBlock::begin(job, deposits, time, empty_is_due, database)?)))
}

impl Job<'_, '_> {
    /// The block's time: now, but not before the block time has passed, nor before the best transaction fits the allowance that grows with the time.
    fn time(&self, best: Option<&Pooled>, deposit_gas: u64) -> Millis {
        let earliest = self.now.max(self.parent_time.plus(self.block_time()));
        let fits = best.and_then(|best| time_of_allowance(self.config, self.parent_time, deposit_gas, best.gas_limit()));
        fits.map_or(earliest, |fits| fits.max(earliest))
    }

    fn block_time(&self) -> u64 {
        self.limits.block_time_ms.max(self.config.block_time_ms)
    }

    fn empty_block_time(&self) -> Option<Millis> {
        self.limits.empty_block_interval_ms.map(|interval| self.parent_time.plus(interval.max(self.block_time())))
    }
}
