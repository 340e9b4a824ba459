//! Where fees go: nothing is burned, nothing appears.
#![allow(missing_docs)]

mod chain;

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, bytes};
use chain::{Chain, ETHER, LOGGER, PROBE, REVERTER, access_list, deposit, signer, transfer};
use gainsay_execute::{BlockBuilder, L1FeeParameters};
use gainsay_types::{
    ChainConfig, UserDeposit,
    predeploys::{BASE_FEE_VAULT, L1_FEE_VAULT, SEQUENCER_FEE_VAULT},
};
use proptest::prelude::*;

const FRIEND: Address = Address::repeat_byte(1);

#[test]
fn each_fee_goes_to_its_own_vault() {
    let mut chain = Chain::new();
    let tx = signer(0).sign(transfer(0, FRIEND, ETHER));
    let l1_fee = chain.begin(&[]).l1_fee_parameters().fee(&tx.encode());
    let block = chain.block(vec![], vec![tx]);
    let base_fee = U256::from(block.header.base_fee_per_gas.unwrap());
    let gas = U256::from(21_000);
    assert_eq!(chain.balance(BASE_FEE_VAULT), gas * base_fee);
    assert_eq!(chain.balance(SEQUENCER_FEE_VAULT), gas * U256::from(7));
    assert_eq!(chain.balance(L1_FEE_VAULT), l1_fee);
    assert_eq!(block.l1_fees, [l1_fee]);
    let paid = U256::from(ETHER) + gas * (base_fee + U256::from(7)) + l1_fee;
    assert_eq!(chain.balance(signer(0).address), U256::from(1_000 * ETHER) - paid);
}

#[test]
fn data_pays_at_least_its_floor_price() {
    let mut chain = Chain::new();
    let mut tx = transfer(0, FRIEND, 0);
    tx.input = Bytes::from(vec![1; 1000]);
    let block = chain.block(vec![], vec![signer(0).sign(tx)]);
    // EIP-7623: 40 gas for each byte that is not zero; without it 16.
    assert_eq!(block.header.gas_used, 21_000 + 40 * 1000);
    assert_eq!(chain.balance(BASE_FEE_VAULT), U256::from(61_000) * U256::from(block.header.base_fee_per_gas.unwrap()));
}

#[test]
fn an_access_list_is_paid_for() {
    let mut chain = Chain::new();
    let mut tx = access_list(0, FRIEND);
    tx.access_list = AccessList(vec![AccessListItem { address: PROBE, storage_keys: vec![B256::ZERO, B256::repeat_byte(1)] }]);
    // EIP-2930: 2,400 gas for the address, 1,900 for each of its slots.
    assert_eq!(chain.block(vec![], vec![signer(0).sign(tx)]).header.gas_used, 21_000 + 2_400 + 2 * 1_900);
}

#[test]
fn an_attributes_message_sets_the_l1_fee_of_its_own_block() {
    let mut chain = Chain::new();
    let message = chain.attributes(50_000_000_000, 3, 1);
    let tx = signer(0).sign(transfer(0, FRIEND, 1));
    let units: u64 = tx.encode().iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
    let weighted = 16 * 1_368 * 50_000_000_000u128 + 810_949 * 3;
    assert_eq!(L1FeeParameters::read(&chain.state).unwrap(), chain.begin(&[]).l1_fee_parameters());
    let block = chain.block(vec![message], vec![tx]);
    assert_eq!(L1FeeParameters::read(&chain.state).unwrap().base_fee, U256::from(50_000_000_000u64));
    assert_eq!(block.l1_fees, [U256::ZERO, U256::from(u128::from(units) * weighted / 16_000_000)]);
}

#[test]
fn the_base_fee_follows_the_parents_gas() {
    let config = ChainConfig { gas_target: 21_000, ..chain::config() };
    let mut chain = Chain::with_config(config);
    chain.block(vec![], vec![]);
    assert_eq!(chain.parent.base_fee_per_gas, Some(875_000_000));
    let transactions = (0..2).map(|index| signer(index).sign(transfer(0, FRIEND, 1))).collect();
    chain.block(vec![], transactions);
    assert_eq!(chain.parent.base_fee_per_gas, Some(765_625_000));
    chain.block(vec![], vec![signer(0).sign(transfer(1, FRIEND, 1))]);
    assert_eq!(chain.parent.base_fee_per_gas, Some(861_328_125));
    chain.block(vec![], vec![]);
    assert_eq!(chain.parent.base_fee_per_gas, Some(861_328_125));
}

#[test]
fn a_contract_that_destroys_itself_into_itself_while_it_is_created_burns_its_wei_and_no_fee() {
    let mut chain = Chain::new();
    let before = chain.supply();
    let mut tx = transfer(0, FRIEND, 5);
    (tx.to, tx.input) = (TxKind::Create, bytes!("30ff"));
    let block = chain.block(vec![], vec![signer(0).sign(tx)]);
    assert!(block.receipts[0].status());
    assert_eq!(chain.supply(), before - U256::from(5));
}

/// One thing that a block may hold.
#[derive(Clone, Debug)]
enum Item {
    Transaction { from: u8, to: u8, value: u64, tip: u64, create: bool },
    Deposit { from: u8, to: Option<u8>, mint: u64, value: u64, gas: u64 },
    Attributes { base_fee: u32, blob_base_fee: u32 },
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        4 => (0u8..8, 0u8..10, any::<u64>(), 0u64..2_000_000_000, any::<bool>()).prop_map(|(from, to, value, tip, create)| Item::Transaction { from, to, value, tip, create }),
        2 => (0u8..10, prop::option::of(0u8..10), any::<u64>(), any::<u64>(), 20_000u64..300_000).prop_map(|(from, to, mint, value, gas)| Item::Deposit { from, to, mint, value, gas }),
        1 => (any::<u32>(), any::<u32>()).prop_map(|(base_fee, blob_base_fee)| Item::Attributes { base_fee, blob_base_fee }),
    ]
}

fn target(index: u8) -> Address {
    match index {
        0 => REVERTER,
        1 => PROBE,
        2 => LOGGER,
        3 => SEQUENCER_FEE_VAULT,
        4 => BASE_FEE_VAULT,
        5 => L1_FEE_VAULT,
        6 => FRIEND,
        other => signer(other - 7).address,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(48)))]

    #[test]
    fn the_supply_grows_by_what_is_minted_to_the_wei(blocks in prop::collection::vec(prop::collection::vec(item(), 0..12), 1..5)) {
        let mut chain = Chain::new();
        for items in blocks {
            let before = chain.supply();
            let mut minted = U256::ZERO;
            let mut deposits = vec![];
            let mut transactions = vec![];
            for item in items {
                match item {
                    Item::Deposit { from, to, mint, value, gas } => {
                        minted += U256::from(mint);
                        let data = if to.is_none() { bytes!("60015ff3") } else { Bytes::new() };
                        let deposit = UserDeposit { value: value.into(), gas_limit: gas, data, ..deposit(target(from), to.map(target), mint.into()) };
                        deposits.push(chain.deposit(deposit));
                    }
                    Item::Attributes { base_fee, blob_base_fee } => {
                        let message = chain.attributes(base_fee.into(), blob_base_fee.into(), 1);
                        deposits.push(message);
                    }
                    Item::Transaction { from, to, value, tip, create } => {
                        let mut tx = transfer(0, target(to), value.into());
                        tx.max_priority_fee_per_gas = tip.into();
                        if create {
                            tx.to = TxKind::Create;
                            tx.input = bytes!("60015ff3");
                        }
                        transactions.push((signer(from), tx));
                    }
                }
            }
            let mut block = BlockBuilder::begin(&chain.config, &chain.parent, chain.time().plus(1000), &deposits, false, &chain.state).unwrap();
            let mut signed = vec![];
            for (signer, mut tx) in transactions {
                // Every second sender is also a deposit's sender, so nonces are asked for by trying.
                while block.push(signer.recovered(tx.clone())).is_err() && tx.nonce < 40 {
                    tx.nonce += 1;
                }
                signed.push(signer.sign(tx));
            }
            let count = block.executed().len() - deposits.len();
            drop(block);
            prop_assert_eq!(count, signed.len());
            chain.block(deposits, signed);
            prop_assert_eq!(chain.supply(), before + minted);
        }
    }
}
