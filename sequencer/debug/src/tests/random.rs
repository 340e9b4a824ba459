//! Traces of random blocks against what execution made of them, and against another implementation of struct logs.

use super::{
    activity::{busy_block, chain},
    chain::Chain,
};
use crate::{OpenReplay, World, machine::Machine, replay::message};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, hex, keccak256};
use alloy_rpc_types_trace::geth::{GethDefaultTracingOptions, StructLog};
use gainsay_execute::{
    Account, ExecutedBlock,
    evm::{Terms, block_env, cfg_env},
};
use gainsay_store::{StateReader, TransactionRecord};
use gainsay_types::{
    Transaction,
    predeploys::HISTORY_STORAGE,
    testing::{Dice, cases},
};
use op_alloy_consensus::OpTxEnvelope;
use revm::DatabaseRef as _;
use revm_inspectors::tracing::{TracingInspector, TracingInspectorConfig};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of one chain.
const BLOCKS: u64 = 6;

/// What a test does with a chain and its blocks.
type Check = fn(&Chain, &ExecutedBlock, u64);

fn on_random_blocks(seeds: u32, check: Check) {
    for seed in 0..u64::from(cases(seeds)) {
        let mut dice = Dice::new(seed);
        let mut chain = chain(&mut dice);
        for _ in 0..BLOCKS {
            let block = busy_block(&mut chain, &mut dice);
            check(&chain, &block, seed);
        }
    }
}

fn records(chain: &Chain, block: &ExecutedBlock) -> Vec<TransactionRecord> {
    chain.stored(block.header.number).transactions().collect::<Result<_, _>>().unwrap()
}

fn number(value: &Value) -> U256 {
    value.as_str().unwrap().parse().unwrap()
}

fn bytes(value: &Value) -> Bytes {
    value.as_str().map_or_else(Bytes::new, |text| text.parse().unwrap())
}

#[test]
fn gas_status_and_logs_of_every_trace_are_those_of_the_receipt() {
    let mut seen = [0; 3];
    for seed in 0..u64::from(cases(12)) {
        let mut dice = Dice::new(seed);
        let mut chain = chain(&mut dice);
        for _ in 0..BLOCKS {
            let block = busy_block(&mut chain, &mut dice);
            for (index, record) in records(&chain, &block).iter().enumerate() {
                let (of, at) = (format!("seed {seed} block {} index {index}", block.header.number), block.header.number);
                let steps = chain.trace(at, index, json!({ "disableStack": true }));
                assert_eq!(steps["gas"], record.gas_used, "{of}");
                assert_eq!(steps["failed"], !record.receipt.status(), "{of}");
                let calls = chain.trace(at, index, json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } }));
                assert_eq!(number(&calls["gasUsed"]), U256::from(record.gas_used), "{of}");
                assert_eq!(calls["error"].is_null(), record.receipt.status(), "{of}: {calls}");
                assert_eq!(calls["from"].as_str().unwrap().parse::<Address>().unwrap(), record.sender, "{of}");
                assert_eq!(bytes(&calls["output"]), bytes(&steps["returnValue"]), "{of}: {calls}");
                let mut logs = BTreeMap::new();
                collect_logs(&calls, &mut logs);
                if record.receipt.status() {
                    let expected = record.receipt.logs().iter().map(|log| (log.address, log.topics().to_vec(), log.data.data.clone()));
                    assert_eq!(logs.into_values().collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{of}");
                }
                seen[0] += usize::from(!record.receipt.status());
                seen[1] += record.receipt.logs().len();
                seen[2] += calls["calls"].as_array().map_or(0, Vec::len);
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 20), "the random blocks have too little in them: {seen:?}");
}

type FoundLog = (Address, Vec<B256>, Bytes);

fn collect_logs(call: &Value, into: &mut BTreeMap<U256, FoundLog>) {
    for log in call["logs"].as_array().into_iter().flatten() {
        let topics = log["topics"].as_array().unwrap().iter().map(|topic| topic.as_str().unwrap().parse().unwrap()).collect();
        let found = (log["address"].as_str().unwrap().parse().unwrap(), topics, bytes(&log["data"]));
        assert!(into.insert(number(&log["index"]), found).is_none(), "an index twice");
    }
    call["calls"].as_array().into_iter().flatten().for_each(|call| collect_logs(call, into));
}

#[test]
fn a_block_is_traced_as_its_transactions_are() {
    on_random_blocks(3, |chain, block, seed| {
        for options in [
            json!({}),
            json!({ "tracer": "callTracer" }),
            json!({ "tracer": "flatCallTracer" }),
            json!({ "tracer": "prestateTracer" }),
            json!({ "tracer": "4byteTracer" }),
            json!({ "tracer": "muxTracer", "tracerConfig": { "callTracer": null, "4byteTracer": null, "prestateTracer": { "diffMode": true } } }),
        ] {
            let number = block.header.number;
            let one = |(index, hash): (usize, &B256)| json!({ "txHash": hash, "result": chain.trace(number, index, options.clone()) });
            let singly: Vec<Value> = chain.stored(number).hashes().unwrap().iter().enumerate().map(one).collect();
            assert_eq!(chain.trace_block(number, options.clone()), json!(singly), "seed {seed} block {number} {options}");
        }
    });
}

/// A state as the diffs tell it, on top of the one before the block.
struct Told {
    before: StateReader,
    accounts: BTreeMap<Address, Option<Account>>,
    slots: BTreeMap<(Address, U256), U256>,
}

impl Told {
    fn account(&self, address: Address) -> Option<Account> {
        self.accounts.get(&address).copied().unwrap_or_else(|| self.before.account(address).unwrap())
    }

    fn slot(&self, address: Address, slot: U256) -> U256 {
        let told = self.slots.get(&(address, slot)).copied();
        told.unwrap_or_else(|| self.before.storage(address, slot).unwrap())
    }

    /// Takes over one transaction's diff, whose values before must be those that were told last.
    fn apply(&mut self, diff: &Value) {
        let (pre, post) = (diff["pre"].as_object().unwrap(), diff["post"].as_object().unwrap());
        for address in pre.keys().chain(post.keys()).collect::<BTreeSet<_>>() {
            let (before, after) = (pre.get(address), post.get(address));
            let address: Address = address.parse().unwrap();
            let known = self.account(address);
            if let Some(before) = before {
                let known = known.unwrap_or_default();
                assert_eq!(number(&before["balance"]), known.balance, "{address}");
                assert_eq!(before["nonce"].as_u64().unwrap_or_default(), known.nonce, "{address}");
            }
            let account = after.map(|after| with_changes(known.unwrap_or_default(), after));
            self.accounts.insert(address, account);
            let slots = |side: Option<&Value>| side.and_then(|side| side["storage"].as_object().cloned()).unwrap_or_default();
            let (old, new) = (slots(before), slots(after));
            for (slot, value) in &old {
                let slot: U256 = slot.parse().unwrap();
                assert_eq!(number(value), self.slot(address, slot), "{address} {slot}");
                self.slots.insert((address, slot), U256::ZERO);
            }
            self.slots.extend(new.iter().map(|(slot, value)| ((address, slot.parse().unwrap()), number(value))));
        }
    }
}

fn with_changes(mut account: Account, after: &Value) -> Account {
    if !after["balance"].is_null() {
        account.balance = number(&after["balance"]);
    }
    account.nonce = after["nonce"].as_u64().unwrap_or(account.nonce);
    if let Some(code) = after["code"].as_str() {
        let code = hex::decode(code).unwrap();
        account.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(code) };
    }
    account
}

#[test]
fn prestate_diffs_lead_from_the_state_before_a_block_to_the_one_after() {
    on_random_blocks(10, |chain, block, seed| {
        let at = block.header.number;
        let before = chain.store().state_at(at - 1).unwrap().unwrap();
        let mut told = Told { before, accounts: BTreeMap::new(), slots: BTreeMap::new() };
        for index in 0..block.transactions.len() {
            told.apply(&chain.trace(at, index, json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } })));
        }
        let after = chain.store().state_at(at).unwrap().unwrap();
        for (address, account) in &told.accounts {
            assert_eq!(*account, after.account(*address).unwrap(), "seed {seed} block {at} {address}");
        }
        for ((address, slot), value) in &told.slots {
            assert_eq!(*value, after.storage(*address, *slot).unwrap(), "seed {seed} block {at} {address} {slot}");
        }
        // Only the system call at the start of the block belongs to no transaction.
        for (address, change) in block.changes.accounts.iter().filter(|(address, _)| **address != HISTORY_STORAGE) {
            assert_eq!(told.account(*address), change.after, "seed {seed} block {at} {address}");
            for (slot, (_, value)) in &change.storage {
                assert_eq!(told.slot(*address, *slot), *value, "seed {seed} block {at} {address} {slot}");
            }
        }
    });
}

#[test]
fn an_open_block_can_be_read_after_any_of_its_transactions_and_no_reader_sees_later_ones() {
    on_random_blocks(10, |chain, block, seed| {
        let at = block.header.number;
        let before = chain.store().state_at(at - 1).unwrap().unwrap();
        let (mut deposits, mut users) = (Vec::new(), Vec::new());
        for (transaction, sender) in block.transactions.iter().zip(&block.senders) {
            match transaction {
                OpTxEnvelope::Deposit(deposit) => deposits.push(deposit.inner().clone()),
                user => {
                    let recovered = Transaction::new(user.clone()).unwrap().recover().unwrap();
                    assert_eq!(recovered.sender(), *sender);
                    users.push(recovered);
                }
            }
        }
        let mut replay = OpenReplay::begin(&chain.config, &block.header, deposits, before).unwrap();
        let mut nonces = BTreeMap::new();
        for (index, some) in users.chunks(1 + seed as usize % 3).enumerate() {
            let held = replay.state();
            let untouched: Vec<_> = block.changes.accounts.keys().map(|address| held.account(*address).unwrap()).collect();
            replay = replay.advance(some).unwrap();
            let again: Vec<_> = block.changes.accounts.keys().map(|address| held.account(*address).unwrap()).collect();
            assert_eq!(untouched, again, "seed {seed} block {at} part {index}: what a reader holds changes");
            nonces.extend(some.iter().map(|user| (user.sender(), user.envelope().nonce() + 1)));
            for (sender, nonce) in &nonces {
                assert!(replay.state().account(*sender).unwrap().unwrap().nonce >= *nonce, "seed {seed} block {at} {sender}");
            }
        }
        let world = replay.state();
        for (address, change) in &block.changes.accounts {
            assert_eq!(world.account(*address).unwrap(), change.after, "seed {seed} block {at} {address}");
            for (slot, (_, value)) in &change.storage {
                assert_eq!(world.storage_ref(*address, *slot).unwrap(), *value, "seed {seed} block {at} {address} {slot}");
            }
        }
    });
}

#[test]
fn the_prestate_holds_the_accounts_that_a_transaction_uses_as_they_were() {
    on_random_blocks(4, |chain, block, seed| {
        let at = block.header.number;
        let before = chain.store().state_at(at - 1).unwrap().unwrap();
        // The first transaction of a block finds what the block before left.
        let Some(record) = records(chain, block).first().cloned() else { return };
        let prestate = chain.trace(at, 0, json!({ "tracer": "prestateTracer" }));
        for (address, account) in prestate.as_object().unwrap() {
            let address: Address = address.parse().unwrap();
            let known = before.account(address).unwrap().unwrap_or_default();
            assert_eq!(number(&account["balance"]), known.balance, "seed {seed} block {at} {address}");
            assert_eq!(account["nonce"].as_u64().unwrap_or_default(), known.nonce, "seed {seed} block {at} {address}");
            for (slot, value) in account["storage"].as_object().into_iter().flatten() {
                assert_eq!(
                    number(value),
                    before.storage(address, slot.parse().unwrap()).unwrap(),
                    "seed {seed} block {at} {address} {slot}"
                );
            }
        }
        if before.account(record.sender).unwrap().is_some() {
            assert!(prestate.get(record.sender.to_string().to_lowercase()).is_some(), "seed {seed} block {at}: {prestate}");
        }
    });
}

/// The struct logs that another implementation, which keeps them until the end, makes of the transaction at `index`.
fn reference(chain: &Chain, block: &ExecutedBlock, index: usize, options: GethDefaultTracingOptions) -> Vec<StructLog> {
    let state = chain.store().state_at(block.header.number - 1).unwrap().unwrap();
    let inspector = TracingInspector::new(TracingInspectorConfig::from_geth_config(&options));
    let mut machine = Machine::new(cfg_env(&chain.config), block_env(&block.header), World::new(state), inspector);
    let parent = Bytes::copy_from_slice(block.header.parent_hash.as_slice());
    machine.system_call(HISTORY_STORAGE, parent).unwrap();
    for (position, record) in records(chain, block).iter().enumerate() {
        let (tx, terms) = message(record).unwrap();
        let executed = if position == index { machine.watch(tx.clone(), terms) } else { machine.execute(tx.clone(), terms) };
        let executed = match terms {
            Terms::Deposit { mint } => machine.settle_deposit(executed, &tx, mint).unwrap(),
            _ => executed.unwrap(),
        };
        if position == index {
            let (result, inspector) = (executed.result, machine.inspector());
            let output = result.output().cloned().unwrap_or_default();
            return inspector.geth_builder().geth_traces_with_result_gas(*result.gas(), output, options).struct_logs;
        }
        machine.commit(executed.state).unwrap();
    }
    panic!("no transaction {index}")
}

#[test]
fn struct_logs_are_those_that_another_implementation_makes() {
    on_random_blocks(6, |chain, block, seed| {
        for index in 0..block.transactions.len() {
            let options = json!({ "enableMemory": true, "enableReturnData": true });
            let trace = chain.trace(block.header.number, index, options.clone());
            let logs = trace["structLogs"].as_array().unwrap();
            let expected = reference(chain, block, index, serde_json::from_value(options).unwrap());
            let of = format!("seed {seed} block {} index {index}", block.header.number);
            assert_eq!(logs.len(), expected.len(), "{of}");
            for (log, expected) in logs.iter().zip(&expected) {
                assert_same(log, expected, &of);
            }
        }
    });
}

fn assert_same(log: &Value, expected: &StructLog, of: &str) {
    let of = format!("{of}: {log} {expected:?}");
    let expected_json = serde_json::to_value(expected).unwrap();
    for field in ["pc", "gas", "depth", "stack", "memory", "returnData"] {
        let given = |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.is_null() || *value == "0x";
        assert!(log[field] == expected_json[field] || given(&log[field]) && given(&expected_json[field]), "{field} of {of}");
    }
    if !log["op"].as_str().unwrap().ends_with("not defined") {
        assert_eq!(log["op"], expected.op.as_ref(), "{of}");
    }
    if log["error"].is_null() {
        assert_eq!(log["gasCost"], expected.gas_cost, "{of}");
        if let Some(storage) = expected.storage.as_ref().filter(|storage| !storage.is_empty()) {
            for (slot, value) in storage {
                assert_eq!(log["storage"][slot.to_string()], json!(value), "{of}");
            }
        }
    }
}
