//! Ethereum's GeneralStateTests as blocks of this chain: the accounts before are the parent's state, the transaction is signed with the
//! sender's key and comes in a batch. Rules and block fields are this chain's, so what comes out is not the suite's own post state (that
//! `gainsay-execute` compares): here it is what the guest and a node must agree about.

use crate::{
    check::{Checker, Run, on_all_cores},
    world::{Signer, World, calldata, config},
};
use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip2935::HISTORY_STORAGE_CODE,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use gainsay_execute::genesis::{GenesisAccount, GenesisAlloc};
use gainsay_types::{ChainConfig, Transaction, predeploys::HISTORY_STORAGE};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// What the ordinary run takes of the suite: about one in twelve.
const ONE_IN: u64 = 12;
/// The most gas that a transaction may have (EIP-7825). Cases with more get this much, so that they are executed.
const MOST_GAS: u64 = 1 << 24;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    env: Env,
    pre: BTreeMap<Address, GenesisAccount>,
    transaction: Given,
    post: BTreeMap<String, Vec<Post>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Env {
    current_base_fee: U256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    data: Vec<Bytes>,
    #[serde(default)]
    access_lists: Vec<Option<Vec<AccessItem>>>,
    blob_versioned_hashes: Option<Vec<B256>>,
    gas_limit: Vec<U256>,
    gas_price: Option<U256>,
    max_fee_per_gas: Option<U256>,
    max_priority_fee_per_gas: Option<U256>,
    nonce: U256,
    secret_key: B256,
    to: String,
    value: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessItem {
    address: Address,
    storage_keys: Vec<B256>,
}

#[derive(Clone, Copy, Deserialize)]
struct Post {
    indexes: Indexes,
}

#[derive(Clone, Copy, Deserialize)]
struct Indexes {
    data: usize,
    gas: usize,
    value: usize,
}

/// One transaction of one test.
struct Case {
    name: String,
    test: Arc<Test>,
    indexes: Indexes,
}

/// Why a case is not a block of this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NotRun {
    /// This chain has no blob transactions.
    BlobTransaction,
    /// A number that no transaction can encode.
    NoTransaction,
}

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Succeeded,
    Failed,
    Refused,
    NotRun(NotRun),
}

/// The folder of the suite; none, with a message, if it is not on this machine.
fn suite() -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let folder = std::env::var_os("GAINSAY_DATA").map_or_else(beside, PathBuf::from).join("state-tests");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("not run: {} is not here; set GAINSAY_DATA to the folder that holds state-tests/", folder.display());
    None
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let mut cases = Vec::new();
    for path in paths {
        let tests: BTreeMap<String, Test> =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (name, test) in tests {
            let test = Arc::new(test);
            for Post { indexes } in test.post.get("Cancun").into_iter().flatten() {
                let name = format!("{name} data {} gas {} value {}", indexes.data, indexes.gas, indexes.value);
                cases.push(Case { name, test: test.clone(), indexes: *indexes });
            }
        }
    }
    cases
}

/// A chain without L1 fee, and with a base fee that stays what the test's is.
fn chain() -> ChainConfig {
    ChainConfig { l2_chain_id: 1, min_base_fee: 1, base_fee_denominator: u64::MAX, ..config() }
}

fn world(test: &Test) -> World {
    let mut alloc = GenesisAlloc(test.pre.clone());
    let history = GenesisAccount { code: HISTORY_STORAGE_CODE.clone(), nonce: U256::from(1), ..GenesisAccount::default() };
    alloc.0.entry(HISTORY_STORAGE).or_insert(history);
    World::of(chain(), test.env.current_base_fee.to(), &alloc)
}

fn access_list(items: Vec<AccessItem>) -> AccessList {
    AccessList(items.into_iter().map(|item| AccessListItem { address: item.address, storage_keys: item.storage_keys }).collect())
}

fn transaction(given: &Given, indexes: Indexes) -> Option<Transaction> {
    let signer = Signer::of(given.secret_key);
    let chain_id = 1;
    let nonce = given.nonce.try_into().ok()?;
    let gas_limit = u64::try_from(given.gas_limit[indexes.gas]).ok()?.min(MOST_GAS);
    let to = if given.to.is_empty() { TxKind::Create } else { TxKind::Call(given.to.parse().ok()?) };
    let value = given.value[indexes.value].parse().ok()?;
    let input = given.data[indexes.data].clone();
    let list = given.access_lists.get(indexes.data).cloned().flatten().map(access_list);
    if let Some(most) = given.max_fee_per_gas {
        let (max_fee_per_gas, tip) = (most.try_into().ok()?, given.max_priority_fee_per_gas.unwrap_or_default().try_into().ok()?);
        let access_list = list.unwrap_or_default();
        let max_priority_fee_per_gas = tip;
        return Some(signer.sign(TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            input,
        }));
    }
    let gas_price = given.gas_price?.try_into().ok()?;
    Some(match list {
        Some(access_list) => signer.sign(TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input }),
        None => signer.sign(TxLegacy { chain_id: Some(chain_id), nonce, gas_price, gas_limit, to, value, input }),
    })
}

fn run(checker: &mut Checker, case: &Case) -> Result<(Outcome, Run), String> {
    if case.test.transaction.blob_versioned_hashes.is_some() {
        return Ok((Outcome::NotRun(NotRun::BlobTransaction), Run::default()));
    }
    let Some(transaction) = transaction(&case.test.transaction, case.indexes) else {
        return Ok((Outcome::NotRun(NotRun::NoTransaction), Run::default()));
    };
    let mut world = world(&case.test);
    world.append(calldata(vec![(0, vec![transaction])]));
    let taken = world.step();
    let run = checker.try_check(&world, &taken).map_err(|error| format!("{}: {error}", case.name))?;
    let outcome = match &taken.block {
        None if taken.ignored == 1 => Outcome::Refused,
        None => return Err(format!("{}: neither a block nor a fault", case.name)),
        Some(block) if block.receipts.first().is_some_and(|receipt| receipt.status()) => Outcome::Succeeded,
        Some(_) => Outcome::Failed,
    };
    Ok((outcome, run))
}

/// Runs the cases and compares; gives what came of how many.
fn compare(cases: &[Case]) -> BTreeMap<Outcome, usize> {
    let start = Instant::now();
    let (mut outcomes, mut sum, mut wrong) = (BTreeMap::new(), Run::default(), Vec::new());
    for result in on_all_cores(cases, run) {
        match result {
            Ok((outcome, run)) => {
                *outcomes.entry(outcome).or_insert(0) += 1;
                sum += run;
            }
            Err(error) => wrong.push(error),
        }
    }
    let Run { runs, steps, calls } = sum;
    eprintln!("{} cases, {runs} runs, {steps} steps, {calls} calls, {:?}: {outcomes:?}", cases.len(), start.elapsed());
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    outcomes
}

#[test]
fn a_sample_of_the_state_tests_gives_the_same_block_in_the_machine() {
    let Some(folder) = suite() else { return };
    let mut sample = cases(&folder);
    // The same ones each time.
    sample.retain(|case| u64::from_be_bytes(*keccak256(&case.name).first_chunk().unwrap()) % ONE_IN == 0);
    let outcomes = compare(&sample);
    assert!(outcomes[&Outcome::Succeeded] > 200, "the sample has shrunk: {outcomes:?}");
}

#[test]
#[ignore = "six thousand million machine steps"]
fn every_state_test_gives_the_same_block_in_the_machine() {
    let Some(folder) = suite() else { return };
    let outcomes = compare(&cases(&folder));
    assert!(outcomes[&Outcome::Succeeded] > 2500 && outcomes[&Outcome::Failed] > 300, "the suite has shrunk: {outcomes:?}");
}
