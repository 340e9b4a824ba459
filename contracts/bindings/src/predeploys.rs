//! The contracts that exist on L2 from genesis, with their code and storage.

use crate::{FeeVault, GasPriceOracle, L1Block, L2ToL1MessagePasser, WETH};
use alloy::{
    eips::eip2935::HISTORY_STORAGE_CODE,
    primitives::{hex, Address, Bytes, U256},
};
use gainsay_types::predeploys::{self as addresses, l1_block_slot};

/// Code of the deterministic deployment proxy, as its keyless transaction leaves it on any chain.
const CREATE2_FACTORY_CODE: [u8; 69] = hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// What genesis writes into the predeploys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenesisParams {
    /// Scalar of L1's base fee in the L1 data fee, millionths.
    pub base_fee_scalar: u32,
    /// Scalar of L1's blob base fee in the L1 data fee, millionths.
    pub blob_base_fee_scalar: u32,
    /// Who gets the fee vaults' ether, on L1.
    pub vault_recipient: Address,
}

/// An account of the genesis state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predeploy {
    /// Where it stands.
    pub address: Address,
    /// What it is called in the documents.
    pub name: &'static str,
    /// Its code.
    pub code: Bytes,
    /// Slots that are not zero.
    pub storage: Vec<(U256, U256)>,
}

/// All of them, by address. Slots that would hold zero are left out, as in any state trie.
#[must_use]
pub fn predeploys(params: &GenesisParams) -> Vec<Predeploy> {
    let scalars = U256::from(params.base_fee_scalar) | U256::from(params.blob_base_fee_scalar) << 32;
    let recipient = U256::from_be_bytes(params.vault_recipient.into_word().0);
    let vault = |address, name| predeploy(address, name, &FeeVault::DEPLOYED_BYTECODE, Some((U256::ZERO, recipient)));
    let mut all = vec![
        predeploy(addresses::HISTORY_STORAGE, "HistoryStorage", &HISTORY_STORAGE_CODE, None),
        predeploy(addresses::WETH, "WETH", &WETH::DEPLOYED_BYTECODE, None),
        predeploy(addresses::GAS_PRICE_ORACLE, "GasPriceOracle", &GasPriceOracle::DEPLOYED_BYTECODE, None),
        vault(addresses::SEQUENCER_FEE_VAULT, "SequencerFeeVault"),
        predeploy(addresses::L1_BLOCK, "L1Block", &L1Block::DEPLOYED_BYTECODE, Some((U256::from(l1_block_slot::SCALARS), scalars))),
        predeploy(addresses::MESSAGE_PASSER, "L2ToL1MessagePasser", &L2ToL1MessagePasser::DEPLOYED_BYTECODE, None),
        vault(addresses::BASE_FEE_VAULT, "BaseFeeVault"),
        vault(addresses::L1_FEE_VAULT, "L1FeeVault"),
        predeploy(addresses::CREATE2_FACTORY, "Create2Factory", &Bytes::from_static(&CREATE2_FACTORY_CODE), None),
    ];
    all.sort_unstable_by_key(|predeploy| predeploy.address);
    all
}

fn predeploy(address: Address, name: &'static str, code: &Bytes, slot: Option<(U256, U256)>) -> Predeploy {
    let storage = slot.into_iter().filter(|(_, value)| !value.is_zero()).collect();
    Predeploy { address, name, code: code.clone(), storage }
}
