//! Addresses that exist from genesis, as in the OP Stack.

use alloy_primitives::{Address, address};

/// Wrapped ether.
pub const WETH: Address = address!("4200000000000000000000000000000000000006");
/// Calls to and from L1 that can be tried again.
pub const CROSS_DOMAIN_MESSENGER: Address = address!("4200000000000000000000000000000000000007");
/// Ether and tokens to and from L1.
pub const STANDARD_BRIDGE: Address = address!("4200000000000000000000000000000000000010");
/// Makes tokens of L1 on L2.
pub const MINTABLE_ERC20_FACTORY: Address = address!("4200000000000000000000000000000000000012");
/// Priority fees; the coinbase of every block.
pub const SEQUENCER_FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");
/// Price of L1 data.
pub const GAS_PRICE_ORACLE: Address = address!("420000000000000000000000000000000000000F");
/// What L2 knows of L1.
pub const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
/// Withdrawals.
pub const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");
/// Base fees.
pub const BASE_FEE_VAULT: Address = address!("4200000000000000000000000000000000000019");
/// L1 data fees.
pub const L1_FEE_VAULT: Address = address!("420000000000000000000000000000000000001A");
/// EIP-2935 block hashes.
pub const HISTORY_STORAGE: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");
/// The deterministic deployment proxy that forge and others use.
pub const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// Storage slots of [`L1_BLOCK`], read by execution to price L1 data.
pub mod l1_block_slot {
    /// `number u64` (lowest bits), `timestamp u64`.
    pub const NUMBER_AND_TIME: u64 = 0;
    /// Base fee of L1, wei.
    pub const BASE_FEE: u64 = 1;
    /// Blob base fee of L1, wei.
    pub const BLOB_BASE_FEE: u64 = 2;
    /// Randomness of L1.
    pub const PREV_RANDAO: u64 = 3;
    /// `baseFeeScalar u32` (lowest bits), `blobBaseFeeScalar u32`; set at genesis.
    pub const SCALARS: u64 = 4;
}
