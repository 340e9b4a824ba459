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
    /// The hash that the Rollup contract holds: Keccak-256 of [`Self::encode`].
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The fields in order, integers big-endian, 117 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
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
        out
    }

    /// Reads what [`Self::encode`] wrote; none for other bytes. Not yet validated.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &mut &[u8]| -> Option<u64> {
            let (first, rest) = bytes.split_first_chunk::<8>()?;
            *bytes = rest;
            Some(u64::from_be_bytes(*first))
        };
        let mut rest = bytes;
        let l2_chain_id = number(&mut rest)?;
        let (&spec_id, mut rest) = rest.split_first()?;
        let block_time_ms = number(&mut rest)?;
        let block_gas_limit = number(&mut rest)?;
        let gas_rate = number(&mut rest)?;
        let gas_target = number(&mut rest)?;
        let base_fee_denominator = number(&mut rest)?;
        let min_base_fee = number(&mut rest)?;
        let (base_fee_scalar, rest) = rest.split_first_chunk::<4>()?;
        let (blob_base_fee_scalar, rest) = rest.split_first_chunk::<4>()?;
        let (portal, rest) = rest.split_first_chunk::<20>()?;
        let genesis_hash: [u8; 32] = rest.try_into().ok()?;
        Some(Self {
            l2_chain_id,
            spec_id,
            block_time_ms,
            block_gas_limit,
            gas_rate,
            gas_target,
            base_fee_denominator,
            min_base_fee,
            base_fee_scalar: u32::from_be_bytes(*base_fee_scalar),
            blob_base_fee_scalar: u32::from_be_bytes(*blob_base_fee_scalar),
            portal: portal.into(),
            genesis_hash: genesis_hash.into(),
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_config_survives_the_round_trip(
            numbers: [u64; 7], spec_id: u8, base_fee_scalar: u32, blob_base_fee_scalar: u32, portal: [u8; 20], genesis_hash: [u8; 32],
        ) {
            let [l2_chain_id, block_time_ms, block_gas_limit, gas_rate, gas_target, base_fee_denominator, min_base_fee] = numbers;
            let config = ChainConfig {
                l2_chain_id, spec_id, block_time_ms, block_gas_limit, gas_rate, gas_target, base_fee_denominator, min_base_fee,
                base_fee_scalar, blob_base_fee_scalar, portal: portal.into(), genesis_hash: genesis_hash.into(),
            };
            let bytes = config.encode();
            prop_assert_eq!(bytes.len(), 117);
            prop_assert_eq!(ChainConfig::decode(&bytes[..116]), None);
            prop_assert_eq!(ChainConfig::decode(&[&bytes[..], &[0]].concat()), None);
            prop_assert_eq!(ChainConfig::decode(&bytes), Some(config));
        }
    }
}
