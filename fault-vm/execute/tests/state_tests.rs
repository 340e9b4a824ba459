//! Ethereum's GeneralStateTests (Cancun post states), through this crate's handler, changes and trie.
//!
//! The chain itself knows only Osaka and other fees; what runs here is the same code with Cancun's rules and Ethereum's fees.
#![allow(missing_docs, clippy::print_stdout)]

mod data;

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use gainsay_execute::{
    Account, AccountChange, StateChanges,
    evm::{EvmError, Machine, Terms},
    genesis::GenesisAccount,
    memory::MemoryState,
    trie::{EMPTY_ROOT_HASH, update_state_root},
};
use revm::{
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, transaction::AccessListItem},
    primitives::{eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_CANCUN, hardfork::SpecId},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// EIP-7610 refuses creation at an address with storage. No account can come to have storage without code or nonce, since EIP-161 lets
/// a contract start with nonce 1. So execution does not look for it, as revm does not. (A genesis may have such an account, and then the
/// creation would take over its storage.)
const STORAGE_WITHOUT_ACCOUNT: &str = "creation at an address that has storage but neither code nor nonce";
/// This chain has no blob transactions, and execution no way to state one.
const BLOBS: &str = "blob transaction";
/// Tests whose prestate has such an account in the way of a creation.
const COLLISIONS: [&str; 4] =
    ["RevertInCreateInInitCreate2Paris", "create2collisionStorageParis", "RevertInCreateInInit_Paris", "InitCollisionParis"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    env: Env,
    pre: BTreeMap<Address, GenesisAccount>,
    transaction: Transaction,
    post: BTreeMap<String, Vec<Post>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Env {
    current_base_fee: U256,
    current_coinbase: Address,
    current_excess_blob_gas: U256,
    current_gas_limit: U256,
    current_number: U256,
    current_random: U256,
    current_timestamp: U256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    data: Vec<Bytes>,
    #[serde(default)]
    access_lists: Vec<Option<Vec<AccessItem>>>,
    blob_versioned_hashes: Option<Vec<B256>>,
    gas_limit: Vec<U256>,
    gas_price: Option<U256>,
    max_fee_per_gas: Option<U256>,
    max_priority_fee_per_gas: Option<U256>,
    nonce: U256,
    sender: Address,
    to: String,
    value: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessItem {
    address: Address,
    storage_keys: Vec<B256>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    hash: B256,
    logs: B256,
    indexes: Indexes,
    expect_exception: Option<String>,
}

#[derive(Deserialize)]
struct Indexes {
    data: usize,
    gas: usize,
    value: usize,
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: Vec<String>,
    skipped: BTreeMap<&'static str, usize>,
}

#[test]
fn every_cancun_post_state_comes_out_of_this_crates_handler_and_trie() {
    let Some(folder) = data::suite("state-tests") else { return };
    let mut counts = Counts::default();
    run_folder(&folder, &mut counts);
    let skipped: usize = counts.skipped.values().sum();
    println!("state tests: {} passed, {} failed, {skipped} skipped {:?}", counts.passed, counts.failed.len(), counts.skipped);
    assert!(counts.failed.is_empty(), "{}", counts.failed.join("\n"));
    assert_eq!(counts.skipped.get(STORAGE_WITHOUT_ACCOUNT), Some(&9), "only what is named may be skipped");
    assert!(counts.passed >= 3000, "the suite has shrunk to {}", counts.passed);
}

fn run_folder(folder: &Path, counts: &mut Counts) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            run_folder(&path, counts);
            continue;
        }
        let tests: BTreeMap<String, Test> =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (name, test) in tests {
            run_test(&name, &test, counts);
        }
    }
}

fn run_test(name: &str, test: &Test, counts: &mut Counts) {
    let Some(posts) = test.post.get("Cancun") else { return };
    let skip = if test.transaction.blob_versioned_hashes.is_some() {
        Some(BLOBS)
    } else {
        COLLISIONS.contains(&name).then_some(STORAGE_WITHOUT_ACCOUNT)
    };
    if let Some(reason) = skip {
        *counts.skipped.entry(reason).or_default() += posts.len();
        return;
    }
    let (state, root) = prestate(test);
    for post in posts {
        let Indexes { data, gas, value } = post.indexes;
        match run_post(test, post, &state, root) {
            Ok(()) => counts.passed += 1,
            Err(reason) => counts.failed.push(format!("{name} data {data} gas {gas} value {value}: {reason}")),
        }
    }
}

fn run_post(test: &Test, post: &Post, state: &MemoryState, root: B256) -> Result<(), String> {
    let mut machine = Machine::new(CfgEnv::new_with_spec(SpecId::CANCUN).with_chain_id(1), block(&test.env), state);
    // A number that no transaction can encode: the exception that the test expects.
    let Some(tx) = transaction(&test.transaction, &post.indexes) else {
        return post.expect_exception.as_ref().map(drop).ok_or_else(|| "the transaction cannot be read".into());
    };
    let logs = match (machine.transact(tx, Terms::Ethereum), &post.expect_exception) {
        (Ok(result), None) => result.into_logs(),
        (Err(EvmError::Transaction(_)), Some(_)) => Vec::new(),
        (result, expected) => return Err(format!("{result:?}, expected exception {expected:?}")),
    };
    let update = update_state_root(root, &machine.into_changes(), state).map_err(|error| format!("{error}"))?;
    if update.roots.state_root != post.hash {
        return Err(format!("state root {}, expected {}", update.roots.state_root, post.hash));
    }
    let logs = keccak256(alloy_rlp::encode(&logs));
    if logs != post.logs {
        return Err(format!("logs {logs}, expected {}", post.logs));
    }
    Ok(())
}

fn prestate(test: &Test) -> (MemoryState, B256) {
    let mut changes = StateChanges::default();
    for (address, account) in &test.pre {
        let code_hash = keccak256(&account.code);
        changes.codes.insert(code_hash, account.code.clone());
        let after = Account { nonce: account.nonce.to(), balance: account.balance, code_hash };
        let storage = account.storage.iter().filter(|(_, value)| !value.is_zero()).map(|(slot, value)| (*slot, (U256::ZERO, *value)));
        changes.accounts.insert(*address, AccountChange { before: None, after: Some(after), storage: storage.collect() });
    }
    let mut state = MemoryState::default();
    let update = update_state_root(EMPTY_ROOT_HASH, &changes, &state).unwrap();
    state.apply(&changes, update.nodes);
    // In these tests the hash of a block is the Keccak of its number in decimal.
    let number: u64 = test.env.current_number.to();
    state.block_hashes.extend((number.saturating_sub(256)..number).map(|number| (number, keccak256(number.to_string()))));
    (state, update.roots.state_root)
}

fn block(env: &Env) -> BlockEnv {
    BlockEnv {
        number: env.current_number,
        beneficiary: env.current_coinbase,
        timestamp: env.current_timestamp,
        gas_limit: env.current_gas_limit.saturating_to(),
        basefee: env.current_base_fee.to(),
        difficulty: U256::ZERO,
        prevrandao: Some(env.current_random.into()),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(env.current_excess_blob_gas.to(), BLOB_BASE_FEE_UPDATE_FRACTION_CANCUN)),
        slot_num: 0,
    }
}

fn transaction(tx: &Transaction, indexes: &Indexes) -> Option<TxEnv> {
    let access_list = tx.access_lists.get(indexes.data).cloned().flatten();
    let kind = if tx.to.is_empty() { TxKind::Create } else { TxKind::Call(tx.to.parse().ok()?) };
    let tx_type = match (&tx.max_fee_per_gas, &access_list) {
        (Some(_), _) => 2,
        (None, Some(_)) => 1,
        (None, None) => 0,
    };
    let items =
        access_list.unwrap_or_default().into_iter().map(|item| AccessListItem { address: item.address, storage_keys: item.storage_keys });
    Some(TxEnv {
        tx_type,
        caller: tx.sender,
        gas_limit: tx.gas_limit[indexes.gas].try_into().ok()?,
        gas_price: tx.max_fee_per_gas.or(tx.gas_price)?.try_into().ok()?,
        kind,
        value: tx.value[indexes.value].parse().ok()?,
        data: tx.data[indexes.data].clone(),
        nonce: tx.nonce.try_into().ok()?,
        chain_id: Some(1),
        access_list: items.collect::<Vec<_>>().into(),
        gas_priority_fee: tx.max_priority_fee_per_gas.map(u128::try_from).transpose().ok()?,
        ..TxEnv::default()
    })
}
