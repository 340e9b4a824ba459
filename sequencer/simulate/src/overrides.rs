//! State and block overrides, as geth applies them.

use crate::{Overlay, OverrideError, Precompiles, SimulationError};
use alloy::rpc::types::{
    BlockOverrides,
    state::{AccountOverride, StateOverride},
};
use alloy_primitives::{Address, B256, U256};
use revm::{DatabaseRef, context::BlockEnv, context_interface::block::BlobExcessGasAndPrice};
use std::collections::BTreeMap;

/// Puts overrides over a state. They are applied in the order of addresses, so that the same request always gives the same answer.
///
/// # Errors
/// On overrides that contradict each other, and when the state cannot be read.
pub fn override_state<D: DatabaseRef>(
    state: &mut Overlay<D>,
    precompiles: &mut Precompiles,
    overrides: &StateOverride,
) -> Result<(), SimulationError<D::Error>> {
    let ordered: BTreeMap<&Address, &AccountOverride> = overrides.iter().collect();
    for (address, account) in ordered {
        move_precompile(precompiles, *address, account, overrides)?;
        override_account(state, *address, account)?;
    }
    Ok(())
}

/// An account that is overridden is no precompile any more, whether its precompile moves or not.
fn move_precompile(
    precompiles: &mut Precompiles,
    address: Address,
    account: &AccountOverride,
    overrides: &StateOverride,
) -> Result<(), OverrideError> {
    if let Some(to) = account.move_precompile_to {
        if !precompiles.has(&address) {
            return Err(OverrideError::NotAPrecompile { address });
        }
        if to == address {
            return Err(OverrideError::MovesToItself { address });
        }
        if overrides.contains_key(&to) {
            return Err(OverrideError::AlreadyOverridden { address: to });
        }
        precompiles.put(address, to)?;
    }
    if precompiles.has(&address) {
        precompiles.take_away(&address);
    }
    Ok(())
}

fn override_account<D: DatabaseRef>(
    state: &mut Overlay<D>,
    address: Address,
    account: &AccountOverride,
) -> Result<(), SimulationError<D::Error>> {
    if account.state.is_some() && account.state_diff.is_some() {
        return Err(OverrideError::StateAndDiff { address }.into());
    }
    if let Some(code) = &account.code {
        state.set_code(address, code.clone())?;
    }
    state.update(address, |now| {
        now.nonce = account.nonce.unwrap_or(now.nonce);
        now.balance = account.balance.unwrap_or(now.balance);
    })?;
    if account.state.is_some() {
        state.wipe(address)?;
    }
    for (slot, value) in account.state.iter().chain(&account.state_diff).flatten() {
        state.set_slot(address, U256::from_be_bytes(slot.0), U256::from_be_bytes(value.0))?;
    }
    Ok(())
}

/// Puts overrides over the block that a call sees.
///
/// # Errors
/// On numbers that no block has, and on what makes sense only for whole blocks.
pub fn override_block<D: DatabaseRef>(
    state: &mut Overlay<D>,
    block: &mut BlockEnv,
    overrides: &BlockOverrides,
) -> Result<(), OverrideError> {
    if overrides.beacon_root.is_some() {
        return Err(OverrideError::OfBlocks { field: "beaconRoot" });
    }
    if let Some(number) = overrides.number {
        block.number = number;
    }
    if let Some(time) = overrides.time {
        block.timestamp = U256::from(time);
    }
    if let Some(gas_limit) = overrides.gas_limit {
        block.gas_limit = gas_limit;
    }
    if let Some(coinbase) = overrides.coinbase {
        block.beneficiary = coinbase;
    }
    if let Some(random) = overrides.random {
        block.prevrandao = Some(random);
    }
    if let Some(base_fee) = overrides.base_fee {
        block.basefee = base_fee_override(base_fee)?;
    }
    set_blob_base_fee(block, overrides.blob_base_fee)?;
    set_block_hashes(state, overrides.block_hash.as_ref());
    Ok(())
}

pub(crate) fn base_fee_override(base_fee: U256) -> Result<u64, OverrideError> {
    u64::try_from(base_fee).map_err(|_| OverrideError::TooLarge { field: "baseFeePerGas" })
}

pub(crate) fn set_blob_base_fee(block: &mut BlockEnv, fee: Option<U256>) -> Result<(), OverrideError> {
    if let Some(fee) = fee {
        let blob_gasprice = u128::try_from(fee).map_err(|_| OverrideError::TooLarge { field: "blobBaseFee" })?;
        block.blob_excess_gas_and_price = Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice });
    }
    Ok(())
}

pub(crate) fn set_block_hashes<D: DatabaseRef>(state: &mut Overlay<D>, hashes: Option<&BTreeMap<u64, B256>>) {
    for (number, hash) in hashes.into_iter().flatten() {
        state.set_block_hash(*number, *hash);
    }
}
