//! Numbers and times of the blocks, and those between them.

use crate::OrderError;
use alloy::rpc::types::{BlockOverrides, TransactionRequest, simulate::SimBlock, state::StateOverride};
use alloy_consensus::Header;
use alloy_primitives::U256;
use gainsay_types::ChainConfig;

/// A block to execute.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) number: u64,
    /// Seconds.
    pub(crate) timestamp: u64,
    pub(crate) overrides: BlockOverrides,
    pub(crate) state: StateOverride,
    pub(crate) calls: Vec<TransactionRequest>,
}

/// Gives each block its number and time, and fills gaps with empty blocks.
pub(crate) fn plan(config: &ChainConfig, base: &Header, blocks: Vec<SimBlock>, limit: u64) -> Result<Vec<Planned>, OrderError> {
    if blocks.is_empty() {
        return Err(OrderError::Empty);
    }
    let mut planner =
        Planner { limit, base: base.number, number: base.number, timestamp: base.timestamp, step: step(config), planned: Vec::new() };
    for block in blocks {
        planner.add(block)?;
    }
    Ok(planner.planned)
}

/// Seconds between blocks that name no time: the block time, rounded up, since times have to increase.
fn step(config: &ChainConfig) -> u64 {
    config.block_time_ms.div_ceil(1000).max(1)
}

struct Planner {
    limit: u64,
    base: u64,
    number: u64,
    timestamp: u64,
    step: u64,
    planned: Vec<Planned>,
}

impl Planner {
    fn add(&mut self, block: SimBlock) -> Result<(), OrderError> {
        let SimBlock { block_overrides, state_overrides, calls } = block;
        let overrides = block_overrides.unwrap_or_default();
        let number = self.number_of(&overrides)?;
        while self.number.saturating_add(1) < number {
            let timestamp = self.timestamp.saturating_add(self.step);
            self.push(Planned {
                number: self.number.saturating_add(1),
                timestamp,
                overrides: BlockOverrides::default(),
                state: StateOverride::default(),
                calls: Vec::new(),
            })?;
        }
        let timestamp = overrides.time.unwrap_or_else(|| self.timestamp.saturating_add(self.step));
        self.push(Planned { number, timestamp, overrides, state: state_overrides.unwrap_or_default(), calls })
    }

    /// Checked before any block of a gap is made: there are never more than the limit.
    fn number_of(&self, overrides: &BlockOverrides) -> Result<u64, OrderError> {
        let asked = overrides.number.unwrap_or_else(|| U256::from(self.number).saturating_add(U256::from(1)));
        let too_many = OrderError::TooMany { limit: self.limit };
        let Ok(number) = u64::try_from(asked) else { return Err(too_many) };
        if number <= self.number {
            return Err(OrderError::Number { number, before: self.number });
        }
        if number - self.base > self.limit { Err(too_many) } else { Ok(number) }
    }

    fn push(&mut self, block: Planned) -> Result<(), OrderError> {
        if block.timestamp <= self.timestamp {
            return Err(OrderError::Timestamp { timestamp: block.timestamp, before: self.timestamp });
        }
        (self.number, self.timestamp) = (block.number, block.timestamp);
        self.planned.push(block);
        Ok(())
    }
}
