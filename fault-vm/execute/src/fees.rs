//! Fees: EIP-1559's base fee, and the price of L1 data.

use alloy_primitives::U256;
use gainsay_types::{
    ChainConfig,
    predeploys::{L1_BLOCK, l1_block_slot},
};
use revm::DatabaseRef;
use serde::{Deserialize, Serialize};

/// What a block charges for L1 data: parameters of the OP Stack's Ecotone formula, read from the L1Block predeploy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1FeeParameters {
    /// Base fee of L1, wei per gas.
    pub base_fee: U256,
    /// Blob base fee of L1, wei per blob gas.
    pub blob_base_fee: U256,
    /// Weight of the base fee, millionths.
    pub base_fee_scalar: u32,
    /// Weight of the blob base fee, millionths.
    pub blob_base_fee_scalar: u32,
}

impl L1FeeParameters {
    /// From the slots of the predeploy; the scalars are two 32-bit numbers in the lowest bits of their slot.
    #[must_use]
    pub fn from_slots(base_fee: U256, blob_base_fee: U256, scalars: U256) -> Self {
        let low = scalars.as_limbs().first().copied().unwrap_or_default();
        // Halves of 64 bits fit 32.
        Self { base_fee, blob_base_fee, base_fee_scalar: (low & 0xffff_ffff) as u32, blob_base_fee_scalar: (low >> 32) as u32 }
    }

    /// What a block on top of this state charges, unless a deposit in it changes the parameters.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn read<DB: DatabaseRef>(db: &DB) -> Result<Self, DB::Error> {
        let slot = |slot: u64| db.storage_ref(L1_BLOCK, U256::from(slot));
        let (base_fee, blob_base_fee) = (slot(l1_block_slot::BASE_FEE)?, slot(l1_block_slot::BLOB_BASE_FEE)?);
        Ok(Self::from_slots(base_fee, blob_base_fee, slot(l1_block_slot::SCALARS)?))
    }

    /// Wei for the EIP-2718 bytes of a signed transaction. Saturates, so that absurd L1 fees make transactions unpayable.
    #[must_use]
    pub fn fee(&self, signed: &[u8]) -> U256 {
        let units = signed.iter().fold(0u64, |sum, byte| sum.saturating_add(if *byte == 0 { 4 } else { 16 }));
        let base = U256::from(u64::from(self.base_fee_scalar).saturating_mul(16)).saturating_mul(self.base_fee);
        let blob = U256::from(self.blob_base_fee_scalar).saturating_mul(self.blob_base_fee);
        U256::from(units).saturating_mul(base.saturating_add(blob)).wrapping_div(U256::from(16_000_000))
    }
}

/// Base fee of the block after one with `gas_used` and `base_fee` (EIP-1559 with the config's parameters), wei per gas.
#[must_use]
pub fn next_base_fee(config: &ChainConfig, gas_used: u64, base_fee: u64) -> u64 {
    let step = |distance: u64| {
        // Two 64-bit factors fit 128 bits. A config with a zero here is refused before a chain starts.
        let product = u128::from(base_fee).saturating_mul(u128::from(distance));
        let whole = product.checked_div(u128::from(config.gas_target)).unwrap_or_default();
        let part = whole.checked_div(u128::from(config.base_fee_denominator)).unwrap_or_default();
        u64::try_from(part).unwrap_or(u64::MAX)
    };
    let next = match gas_used.checked_sub(config.gas_target) {
        Some(0) => base_fee,
        Some(above) => base_fee.saturating_add(step(above).max(1)),
        None => base_fee.saturating_sub(step(config.gas_target.saturating_sub(gas_used))),
    };
    next.max(config.min_base_fee)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256};

    fn config() -> ChainConfig {
        ChainConfig {
            l2_chain_id: 1,
            spec_id: 1,
            block_time_ms: 1000,
            block_gas_limit: 30_000_000,
            gas_rate: 15_000_000,
            gas_target: 15_000_000,
            base_fee_denominator: 8,
            min_base_fee: 7,
            base_fee_scalar: 0,
            blob_base_fee_scalar: 0,
            portal: Address::ZERO,
            genesis_hash: B256::ZERO,
        }
    }

    #[test]
    fn the_base_fee_follows_the_examples_of_eip_1559() {
        let config = config();
        assert_eq!(next_base_fee(&config, 15_000_000, 1_000_000_000), 1_000_000_000);
        assert_eq!(next_base_fee(&config, 30_000_000, 1_000_000_000), 1_125_000_000);
        assert_eq!(next_base_fee(&config, 0, 1_000_000_000), 875_000_000);
        // One gas above the target moves even the smallest fee.
        assert_eq!(next_base_fee(&config, 15_000_001, 8), 9);
    }

    #[test]
    fn the_base_fee_stays_above_its_minimum_and_within_64_bits() {
        let config = config();
        assert_eq!(next_base_fee(&config, 0, 7), 7);
        assert_eq!(next_base_fee(&config, 0, 1), 7);
        assert_eq!(next_base_fee(&config, 30_000_000, u64::MAX), u64::MAX);
        assert!(next_base_fee(&config, 0, u64::MAX) < u64::MAX);
    }

    #[test]
    fn l1_data_is_priced_by_the_ecotone_formula() {
        let parameters = L1FeeParameters {
            base_fee: U256::from(30_000_000_000u64),
            blob_base_fee: U256::from(7_000_000u64),
            base_fee_scalar: 1368,
            blob_base_fee_scalar: 810_949,
        };
        // Three zero bytes and two others: 3 × 4 + 2 × 16 = 44 units.
        let weighted = 16u128 * 1368 * 30_000_000_000 + 810_949 * 7_000_000;
        assert_eq!(parameters.fee(&[0, 1, 0, 2, 0]), U256::from(44 * weighted / 16_000_000));
        assert_eq!(parameters.fee(&[]), U256::ZERO);
    }

    #[test]
    fn an_absurd_l1_fee_saturates() {
        let parameters = L1FeeParameters { base_fee: U256::MAX, blob_base_fee: U256::MAX, base_fee_scalar: 1, blob_base_fee_scalar: 1 };
        assert_eq!(parameters.fee(&[1]), U256::MAX / U256::from(16_000_000));
    }

    #[test]
    fn the_scalars_share_the_lowest_64_bits_of_a_slot() {
        let parameters = L1FeeParameters::from_slots(U256::ZERO, U256::ZERO, U256::from((9u64 << 32) | 5) | (U256::from(1) << 64));
        assert_eq!((parameters.base_fee_scalar, parameters.blob_base_fee_scalar), (5, 9));
    }
}
