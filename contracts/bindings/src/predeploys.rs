//! The contracts that exist on L2 from genesis, with their code and storage.

use crate::{
    FeeVault, GasPriceOracle, L1Block, L2CrossDomainMessenger, L2StandardBridge, L2ToL1MessagePasser, OptimismMintableERC20Factory, WETH,
    preinstalls::preinstalls,
};
use alloy::{
    eips::eip2935::HISTORY_STORAGE_CODE,
    primitives::{Address, Bytes, U256},
};
use gainsay_types::predeploys::{self as addresses, l1_block_slot};

/// Slot of the L2CrossDomainMessenger that holds the messenger on L1.
const OTHER_MESSENGER_SLOT: U256 = U256::from_limbs([3, 0, 0, 0]);
/// Slot of the L2StandardBridge that holds the bridge on L1.
const OTHER_BRIDGE_SLOT: U256 = U256::from_limbs([1, 0, 0, 0]);

/// What genesis writes into the predeploys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenesisParams {
    /// Scalar of L1's base fee in the L1 data fee, millionths.
    pub base_fee_scalar: u32,
    /// Scalar of L1's blob base fee in the L1 data fee, millionths.
    pub blob_base_fee_scalar: u32,
    /// Who gets the fee vaults' ether, on L1.
    pub vault_recipient: Address,
    /// The messenger on L1, whose messages the one on L2 delivers.
    pub l1_messenger: Address,
    /// The bridge on L1, whose messages the one on L2 obeys.
    pub l1_bridge: Address,
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
    let word = |address: Address| U256::from_be_bytes(address.into_word().0);
    let vault = |address, name| predeploy(address, name, &FeeVault::DEPLOYED_BYTECODE, Some((U256::ZERO, word(params.vault_recipient))));
    let mut all = vec![
        predeploy(addresses::HISTORY_STORAGE, "HistoryStorage", &HISTORY_STORAGE_CODE, None),
        predeploy(addresses::WETH, "WETH", &WETH::DEPLOYED_BYTECODE, None),
        predeploy(addresses::GAS_PRICE_ORACLE, "GasPriceOracle", &GasPriceOracle::DEPLOYED_BYTECODE, None),
        vault(addresses::SEQUENCER_FEE_VAULT, "SequencerFeeVault"),
        predeploy(addresses::L1_BLOCK, "L1Block", &L1Block::DEPLOYED_BYTECODE, Some((U256::from(l1_block_slot::SCALARS), scalars))),
        predeploy(
            addresses::CROSS_DOMAIN_MESSENGER,
            "L2CrossDomainMessenger",
            &L2CrossDomainMessenger::DEPLOYED_BYTECODE,
            Some((OTHER_MESSENGER_SLOT, word(params.l1_messenger))),
        ),
        predeploy(
            addresses::STANDARD_BRIDGE,
            "L2StandardBridge",
            &L2StandardBridge::DEPLOYED_BYTECODE,
            Some((OTHER_BRIDGE_SLOT, word(params.l1_bridge))),
        ),
        predeploy(
            addresses::MINTABLE_ERC20_FACTORY,
            "OptimismMintableERC20Factory",
            &OptimismMintableERC20Factory::DEPLOYED_BYTECODE,
            None,
        ),
        predeploy(addresses::MESSAGE_PASSER, "L2ToL1MessagePasser", &L2ToL1MessagePasser::DEPLOYED_BYTECODE, None),
        vault(addresses::BASE_FEE_VAULT, "BaseFeeVault"),
        vault(addresses::L1_FEE_VAULT, "L1FeeVault"),
    ];
    all.extend(preinstalls());
    all.sort_unstable_by_key(|predeploy| predeploy.address);
    all
}

fn predeploy(address: Address, name: &'static str, code: &Bytes, slot: Option<(U256, U256)>) -> Predeploy {
    let storage = slot.into_iter().filter(|(_, value)| !value.is_zero()).collect();
    Predeploy { address, name, code: code.clone(), storage }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{
        primitives::{B256, address},
        sol_types::SolCall,
    };
    use gainsay_types::{Attributes, Message, MessageBody};

    const PARAMS: GenesisParams = GenesisParams {
        base_fee_scalar: 5,
        blob_base_fee_scalar: 7,
        vault_recipient: address!("00000000000000000000000000000000000000aa"),
        l1_messenger: address!("00000000000000000000000000000000000000bb"),
        l1_bridge: address!("00000000000000000000000000000000000000cc"),
    };

    fn at(address: Address) -> Predeploy {
        predeploys(&PARAMS).into_iter().find(|one| one.address == address).expect("a predeploy")
    }

    #[test]
    fn each_address_has_code_and_appears_once_in_order() {
        let all = predeploys(&PARAMS);
        assert_eq!(all.len(), 14);
        assert!(all.windows(2).all(|pair| pair[0].address < pair[1].address));
        assert!(all.iter().all(|one| !one.code.is_empty()));
    }

    #[test]
    fn the_scalars_are_in_the_slot_that_execution_reads() {
        assert_eq!(at(addresses::L1_BLOCK).storage, [(U256::from(4), U256::from(5 | 7u64 << 32))]);
    }

    #[test]
    fn every_vault_pays_the_recipient() {
        for vault in [addresses::SEQUENCER_FEE_VAULT, addresses::BASE_FEE_VAULT, addresses::L1_FEE_VAULT] {
            assert_eq!(at(vault).storage, [(U256::ZERO, U256::from(0xaa))]);
        }
    }

    #[test]
    fn the_messenger_and_the_bridge_know_those_on_l1() {
        assert_eq!(at(addresses::CROSS_DOMAIN_MESSENGER).storage, [(U256::from(3), U256::from(0xbb))]);
        assert_eq!(at(addresses::STANDARD_BRIDGE).storage, [(U256::from(1), U256::from(0xcc))]);
    }

    #[test]
    fn a_slot_that_would_be_zero_is_left_out() {
        let none = GenesisParams {
            base_fee_scalar: 0,
            blob_base_fee_scalar: 0,
            vault_recipient: Address::ZERO,
            l1_messenger: Address::ZERO,
            l1_bridge: Address::ZERO,
        };
        assert!(predeploys(&none).iter().all(|one| one.storage.is_empty()));
    }

    #[test]
    fn an_attributes_message_calls_the_function_that_the_predeploy_has() {
        let attributes = Attributes { base_fee: U256::from(7), blob_base_fee: U256::from(8), prev_randao: B256::repeat_byte(9) };
        let message = Message { index: 1, user_ordinal: 0, l1_number: 5, l1_time: 6, body: MessageBody::Attributes(attributes) };
        let call = L1Block::setL1AttributesCall::abi_decode(&message.transaction(Address::ZERO).input).expect("the predeploy's call");
        assert_eq!((call.number_, call.timestamp_), (5, 6));
        assert_eq!((call.baseFee_, call.blobBaseFee_, call.prevRandao_), (U256::from(7), U256::from(8), B256::repeat_byte(9)));
    }
}
