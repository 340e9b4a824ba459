//! The chain's parameters. Their hash is fixed in the Rollup contract: changing one is a new deployment.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};
use serde::{Deserialize, Serialize};

/// The only execution rules this software knows: Osaka.
pub const SPEC_ID_OSAKA: u8 = 1;

/// Parameters of an L2 chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainConfig {
    /// EIP-155 chain id of L2.
    pub l2_chain_id: u64,
    /// Execution rules; [`SPEC_ID_OSAKA`].
    pub spec_id: u8,
    /// Least time between two blocks, milliseconds.
    pub block_time_ms: u64,
    /// Gas limit of every block.
    pub block_gas_limit: u64,
    /// Gas that user transactions may use per second of elapsed time.
    pub gas_rate: u64,
    /// Gas per block at which the base fee stays as it is.
    pub gas_target: u64,
    /// EIP-1559: the base fee changes by at most one part in this many a block.
    pub base_fee_denominator: u64,
    /// The base fee never falls below this, wei.
    pub min_base_fee: u64,
    /// Scalar of L1's base fee in the L1 data fee, millionths.
    pub base_fee_scalar: u32,
    /// Scalar of L1's blob base fee in the L1 data fee, millionths.
    pub blob_base_fee_scalar: u32,
    /// The Portal on L1, part of a deposit's source hash.
    pub portal: Address,
    /// Hash of the L2 genesis block.
    pub genesis_hash: B256,
}

/// A chain config that no chain can run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Rules that this software does not know.
    #[error("specId {0} is unknown: this software runs Osaka (1)")]
    Spec(u8),
    /// A parameter that must not be zero.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// The block gas limit leaves no room for the largest deposit.
    #[error("blockGasLimit {0} is below the least, 20,000,000")]
    GasLimit(u64),
    /// The gas target is above the gas limit.
    #[error("gasTarget {target} is above blockGasLimit {limit}")]
    Target {
        /// The target given.
        target: u64,
        /// The limit given.
        limit: u64,
    },
}

impl ChainConfig {
    /// The hash that the Rollup contract holds: Keccak of the fields in order, integers big-endian.
    #[must_use]
    pub fn hash(&self) -> B256 {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(&self.l2_chain_id.to_be_bytes());
        out.push(self.spec_id);
        for value in
            [self.block_time_ms, self.block_gas_limit, self.gas_rate, self.gas_target, self.base_fee_denominator, self.min_base_fee]
        {
            out.extend_from_slice(&value.to_be_bytes());
        }
        out.extend_from_slice(&self.base_fee_scalar.to_be_bytes());
        out.extend_from_slice(&self.blob_base_fee_scalar.to_be_bytes());
        out.extend_from_slice(self.portal.as_slice());
        out.extend_from_slice(self.genesis_hash.as_slice());
        keccak256(out)
    }

    /// Refuses what no chain can run with.
    ///
    /// # Errors
    /// Names the first parameter that is wrong.
    pub const fn validate(&self) -> Result<(), ConfigError> {
        if self.spec_id != SPEC_ID_OSAKA {
            return Err(ConfigError::Spec(self.spec_id));
        }
        if self.l2_chain_id == 0 {
            return Err(ConfigError::Zero("l2ChainId"));
        }
        if self.block_time_ms == 0 {
            return Err(ConfigError::Zero("blockTimeMs"));
        }
        if self.gas_rate == 0 {
            return Err(ConfigError::Zero("gasRate"));
        }
        if self.gas_target == 0 {
            return Err(ConfigError::Zero("gasTarget"));
        }
        if self.base_fee_denominator == 0 {
            return Err(ConfigError::Zero("baseFeeDenominator"));
        }
        if self.block_gas_limit < 20_000_000 {
            return Err(ConfigError::GasLimit(self.block_gas_limit));
        }
        if self.gas_target > self.block_gas_limit {
            return Err(ConfigError::Target { target: self.gas_target, limit: self.block_gas_limit });
        }
        Ok(())
    }
}
