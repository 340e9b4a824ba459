//! The first block.
#![allow(missing_docs)]

mod chain;
mod data;

use alloy_primitives::{Address, B256, U256, b256};
use chain::{Chain, GENESIS_TIME, alloc, config, signer, transfer};
use gainsay_execute::{
    genesis::{GenesisAccount, GenesisAlloc, GenesisError, genesis_block},
    trie::{EMPTY_ROOT_HASH, account_proof},
};
use gainsay_types::{ChainConfig, output_root, predeploys::SEQUENCER_FEE_VAULT};

#[test]
fn the_alloc_of_another_client_has_its_state_root() {
    let Some(folder) = data::suite("") else { return };
    let Ok(text) = std::fs::read(folder.join("headstate-genesis.json")) else { return };
    let genesis: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let alloc: GenesisAlloc = serde_json::from_value(genesis["alloc"].clone()).unwrap();
    assert_eq!(alloc.0.len(), 114);
    let genesis = genesis_block(&config(), GENESIS_TIME, 7, &alloc).unwrap();
    let root = genesis.header.state_root.to_string();
    assert!(root.starts_with("0x6da8f636") && root.ends_with("b3b"), "{root}");
}

#[test]
fn the_genesis_header_has_the_chains_fields_and_no_parent() {
    let chain = Chain::new();
    let header = &chain.parent;
    assert_eq!((header.number, header.parent_hash, header.mix_hash), (0, B256::ZERO, B256::ZERO));
    assert_eq!((header.timestamp, header.extra_data.as_ref()), (1_700_000_000, &[0, 250][..]));
    assert_eq!((header.beneficiary, header.gas_limit), (SEQUENCER_FEE_VAULT, 60_000_000));
    assert_eq!((header.base_fee_per_gas, header.withdrawals_root), (Some(1_000_000_000), Some(EMPTY_ROOT_HASH)));
    assert_eq!(header.requests_hash, Some(b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
    let genesis = genesis_block(&config(), GENESIS_TIME, 1_000_000_000, &alloc()).unwrap();
    assert_eq!(genesis.output_root, output_root(header.state_root, EMPTY_ROOT_HASH, header.hash()));
}

#[test]
fn the_genesis_hash_in_the_config_does_not_change_the_genesis_block() {
    let hashed = ChainConfig { genesis_hash: B256::repeat_byte(1), ..config() };
    let genesis = |config: &ChainConfig| genesis_block(config, GENESIS_TIME, 7, &alloc()).unwrap();
    assert_eq!(genesis(&hashed), genesis(&config()));
    assert_eq!(genesis(&config()).header.base_fee_per_gas, Some(config().min_base_fee));
}

#[test]
fn numbers_of_an_alloc_are_hexadecimal_or_decimal() {
    let json = r#"{
        "0000000000000000000000000000000000000001": {"balance": "1000"},
        "0x0000000000000000000000000000000000000002": {"balance": "0x10", "nonce": "0x2", "code": "0x00",
            "storage": {"0x0000000000000000000000000000000000000000000000000000000000000001": "0x02"}}
    }"#;
    let alloc: GenesisAlloc = serde_json::from_str(json).unwrap();
    let second = &alloc.0[&Address::with_last_byte(2)];
    assert_eq!(alloc.0[&Address::with_last_byte(1)].balance, U256::from(1000));
    assert_eq!((second.balance, second.nonce, second.storage[&U256::from(1)]), (U256::from(16), U256::from(2), U256::from(2)));
    assert_eq!(serde_json::from_str::<GenesisAlloc>(&serde_json::to_string(&alloc).unwrap()).unwrap(), alloc);
}

#[test]
fn accounts_that_cannot_exist_are_refused() {
    let address = Address::with_last_byte(1);
    let error = |account| genesis_block(&config(), GENESIS_TIME, 7, &GenesisAlloc([(address, account)].into())).unwrap_err();
    assert_eq!(error(GenesisAccount { nonce: U256::MAX, ..GenesisAccount::default() }), GenesisError::Nonce { address });
    let rich = GenesisAccount { balance: U256::MAX, ..GenesisAccount::default() };
    let both = GenesisAlloc([(address, rich.clone()), (Address::with_last_byte(2), rich)].into());
    assert_eq!(genesis_block(&config(), GENESIS_TIME, 7, &both), Err(GenesisError::Supply));
}

#[test]
fn an_empty_account_with_storage_stays_when_it_is_touched_and_so_does_its_storage() {
    let empty = Address::repeat_byte(0xee);
    let mut alloc = alloc();
    alloc.0.insert(empty, GenesisAccount { storage: [(U256::from(1), U256::from(2))].into(), ..GenesisAccount::default() });
    let mut chain = Chain::with_alloc(config(), &alloc);
    let block = chain.block(vec![], vec![signer(0).sign(transfer(0, empty, 0))]);
    assert!(!block.changes.accounts.contains_key(&empty));
    chain.block(vec![], vec![signer(0).sign(transfer(1, empty, 5))]);
    let proof = account_proof(chain.parent.state_root, empty, &[U256::from(1)], &chain.state).unwrap();
    assert_eq!((chain.balance(empty), chain.slot(empty, 1)), (U256::from(5), U256::from(2)));
    assert_eq!((proof.account.unwrap().balance, proof.storage[0].value), (U256::from(5), U256::from(2)));
}

#[test]
fn touching_an_account_that_does_not_exist_makes_none() {
    let mut chain = Chain::new();
    let nobody = Address::repeat_byte(0xee);
    let block = chain.block(vec![], vec![signer(0).sign(transfer(0, nobody, 0))]);
    assert!(!block.changes.accounts.contains_key(&nobody));
}
