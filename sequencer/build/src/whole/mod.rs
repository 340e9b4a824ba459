//! One attempt at the next block.

mod fill;

use crate::{
    Limits, Rejected,
    timing::{fitting_deposits, gas_allowance, time_of_allowance},
    whole::fill::{Filled, Room, fill},
};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::B256;
use gainsay_execute::{BlockBuilder, ExecuteError, Fault, UnsealedBlock};
use gainsay_pool::{Best, Pooled};
use gainsay_types::{ChainConfig, Message, Millis};
use revm::DatabaseRef;

/// What a block is built on.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Parameters of the chain.
    pub config: &'a ChainConfig,
    /// The latest block.
    pub parent: &'a Sealed<Header>,
    /// Its time.
    pub parent_time: Millis,
    /// The time now; the block's, if one is built.
    pub now: Millis,
    /// The messages that may be consumed next, in order.
    pub deposits: &'a [Message],
    /// The operator's limits.
    pub limits: Limits,
}

/// What came of an attempt.
#[derive(Debug)]
pub struct Attempt {
    /// The block, or why there is none.
    pub outcome: Outcome,
    /// Transactions that cannot be executed: drop them from the pool.
    pub rejected: Vec<Rejected>,
}

/// A block, or why there is none.
#[derive(Debug)]
pub enum Outcome {
    /// Not before this time, unless deposits or better transactions come in.
    Wait {
        /// When to try again.
        until: Millis,
    },
    /// Nothing to put into a block.
    Idle,
    /// A block.
    Built(Box<Built>),
}

/// A block that was built.
#[derive(Debug)]
pub struct Built {
    /// The executed block, to be sealed with its roots.
    pub block: UnsealedBlock,
    /// How many of the offered messages it consumes.
    pub deposits: usize,
    /// Hashes of the pool's transactions in it, in order.
    pub included: Vec<B256>,
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError<E> {
    /// The state cannot be read.
    #[error("the state cannot be read")]
    Database(#[source] E),
    /// The block itself is at fault before any transaction: the parent or the configuration is not this chain's.
    #[error("no block can be built here")]
    Block(#[source] Fault),
}

/// Tries to build the block after `job.parent`, whose state `database` is.
///
/// # Errors
/// When the state cannot be read, or the parent is not a block of this chain.
pub fn attempt<DB: DatabaseRef>(job: &Job<'_>, mut best: Best, database: DB) -> Result<Attempt, BuildError<DB::Error>> {
    let (deposits, deposit_gas) = fitting_deposits(job.config, job.deposits);
    let first = best.next();
    if let Some(until) = job.wait(!deposits.is_empty(), first.as_deref(), deposit_gas) {
        return Ok(Attempt { outcome: Outcome::Wait { until }, rejected: Vec::new() });
    }
    let empty_is_due = job.empty_block_time().is_some_and(|due| due <= job.now);
    if deposits.is_empty() && first.is_none() && !empty_is_due {
        return Ok(Attempt { outcome: job.idle(), rejected: Vec::new() });
    }
    let mut builder =
        BlockBuilder::begin(job.config, job.parent, job.now, deposits, false, database).map_err(BuildError::from_execution)?;
    let room = Room { bytes: job.limits.block_bytes };
    let Filled { included, rejected } = fill(&mut builder, first, best, room).map_err(BuildError::Database)?;
    if deposits.is_empty() && included.is_empty() && !empty_is_due {
        return Ok(Attempt { outcome: job.idle(), rejected });
    }
    let block = builder.finish();
    Ok(Attempt { outcome: Outcome::Built(Box::new(Built { block, deposits: deposits.len(), included })), rejected })
}

impl Job<'_> {
    /// Until when no block may or should be built, although there is something to put into it.
    fn wait(&self, has_deposits: bool, first: Option<&Pooled>, deposit_gas: u64) -> Option<Millis> {
        let earliest = self.parent_time.plus(self.config.block_time_ms);
        if self.now < earliest && (has_deposits || first.is_some()) {
            return Some(earliest);
        }
        let gas = first?.gas_limit();
        let allowance = gas_allowance(self.config, self.now.since(self.parent_time), deposit_gas);
        let grows = time_of_allowance(self.config, self.parent_time, deposit_gas, gas);
        grows.filter(|until| gas > allowance && *until > self.now)
    }

    fn empty_block_time(&self) -> Option<Millis> {
        self.limits.empty_block_interval_ms.map(|interval| self.parent_time.plus(interval.max(self.config.block_time_ms)))
    }

    fn idle(&self) -> Outcome {
        self.empty_block_time().filter(|until| *until > self.now).map_or(Outcome::Idle, |until| Outcome::Wait { until })
    }
}

impl<E> BuildError<E> {
    fn from_execution(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Fault(fault) => Self::Block(fault),
            ExecuteError::Database(error) => Self::Database(error),
        }
    }
}
