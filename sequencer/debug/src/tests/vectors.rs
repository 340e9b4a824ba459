//! Traces that geth made, of the chain of ethereum/execution-apis: its first blocks, by Homestead's rules.

#![allow(clippy::print_stdout)]

use crate::{DebugError, TraceLimits, World, limits::Deadline, machine::Machine, tracer::Tracer};
use alloy_consensus::{Block, Transaction as _, transaction::SignerRecoverable};
use alloy_primitives::U256;
use alloy_rlp::Decodable;
use gainsay_execute::{
    evm::{Terms, block_env},
    genesis::{GenesisAlloc, genesis_block},
    memory::MemoryState,
};
use gainsay_types::{ChainConfig, Millis};
use op_alloy_consensus::OpTxEnvelope;
use revm::{
    context::{CfgEnv, TxEnv},
    primitives::hardfork::SpecId,
};
use revm_inspectors::tracing::TransactionContext;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

impl From<std::convert::Infallible> for DebugError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

fn suite() -> Option<PathBuf> {
    let root = std::env::var_os("GAINSAY_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let folder = root.join("execution-apis-tests");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not run: {} is not here; set GAINSAY_DATA to the folder that holds execution-apis-tests/", folder.display());
    None
}

/// The options of a case and geth's answer.
fn case(path: &Path) -> (Value, Value, Value) {
    let text = fs::read_to_string(path).unwrap();
    let line = |start: &str| -> Value { serde_json::from_str(text.lines().find_map(|line| line.strip_prefix(start)).unwrap()).unwrap() };
    let (request, answer) = (line(">> "), line("<< "));
    let options = request["params"].get(1).cloned().unwrap_or_else(|| json!({}));
    (request["params"][0].clone(), options, answer["result"].clone())
}

fn genesis(folder: &Path) -> MemoryState {
    let genesis: Value = serde_json::from_slice(&fs::read(folder.join("genesis.json")).unwrap()).unwrap();
    let mut alloc: GenesisAlloc = GenesisAlloc::default();
    for (address, account) in genesis["alloc"].as_object().unwrap() {
        alloc.0.insert(address.parse().unwrap(), serde_json::from_value(account.clone()).unwrap());
    }
    let config: ChainConfig = serde_json::from_value(json!({
        "l2ChainId": 1, "specId": 1, "blockTimeMs": 1, "blockGasLimit": 1, "gasRate": 1, "gasTarget": 1, "baseFeeDenominator": 1,
        "minBaseFee": 1, "baseFeeScalar": 0, "blobBaseFeeScalar": 0,
        "portal": "0x0000000000000000000000000000000000000000",
        "genesisHash": "0x0000000000000000000000000000000000000000000000000000000000000000",
    }))
    .unwrap();
    let mut state = MemoryState::default();
    let genesis = genesis_block(&config, Millis(0), 1, &alloc).unwrap();
    state.apply(&genesis.changes, genesis.nodes);
    state
}

fn blocks(folder: &Path, count: usize) -> Vec<Block<OpTxEnvelope>> {
    let bytes = fs::read(folder.join("chain.rlp")).unwrap();
    let mut rest = bytes.as_slice();
    (0..count).map(|_| Block::decode(&mut rest).unwrap()).collect()
}

/// Executes the block, and returns the answer to `debug_traceBlockByNumber` and the state after it.
fn trace(block: &Block<OpTxEnvelope>, world: World<MemoryState>, options: &Value) -> (Value, World<MemoryState>) {
    let limits = TraceLimits::default();
    let options = serde_json::from_value(options.clone()).unwrap();
    let tracer = Tracer::new(options, Deadline::new(None, &limits).unwrap(), limits.bytes).unwrap();
    let mut cfg = CfgEnv::new_with_spec(SpecId::HOMESTEAD);
    cfg.tx_chain_id_check = false;
    let mut env = block_env(&block.header);
    env.difficulty = block.header.difficulty;
    let mut machine = Machine::new(cfg, env, world, tracer);
    for (index, transaction) in block.body.transactions.iter().enumerate() {
        let tx = TxEnv {
            caller: transaction.recover_signer().unwrap(),
            gas_limit: transaction.gas_limit(),
            gas_price: transaction.max_fee_per_gas(),
            kind: transaction.kind(),
            value: transaction.value(),
            data: transaction.input().clone(),
            nonce: transaction.nonce(),
            chain_id: None,
            ..TxEnv::default()
        };
        let reply = machine.inspector().reply();
        reply.push(if index == 0 { "[{\"txHash\":" } else { "},{\"txHash\":" });
        reply.push_json(&transaction.tx_hash()).unwrap();
        reply.push(",\"result\":");
        machine.inspector().begin().unwrap();
        let executed = machine.watch(tx.clone(), Terms::Ethereum).unwrap();
        let (tracer, env, world) = machine.parts();
        tracer.finish(TransactionContext::default(), &tx, env, &executed, world).unwrap();
        machine.commit(executed.state).unwrap();
    }
    machine.inspector().reply().push("}]");
    let (tracer, world) = machine.into_parts();
    (serde_json::from_str(tracer.into_reply().into_json().unwrap().get()).unwrap(), world)
}

/// Geth leaves out a refund of zero.
fn without_no_refunds(mut answer: Value) -> Value {
    for entry in answer.as_array_mut().unwrap() {
        for log in entry["result"]["structLogs"].as_array_mut().unwrap() {
            if log["refund"] == 0 {
                log.as_object_mut().unwrap().remove("refund");
            }
        }
    }
    answer
}

#[test]
fn geths_traces_of_two_blocks_are_met_exactly() {
    let Some(folder) = suite() else { return };
    let blocks = blocks(&folder, 2);
    let mut compared = 0;
    for file in fs::read_dir(folder.join("debug_traceBlockByNumber")).unwrap() {
        let path = file.unwrap().path();
        let (block, options, expected) = case(&path);
        if expected.is_null() {
            continue;
        }
        let mut world = World::new(genesis(&folder));
        let number: U256 = block.as_str().unwrap().parse().unwrap();
        for block in &blocks[..number.to::<usize>()] {
            let (answer, after) = trace(block, world, &options);
            world = after;
            if block.header.number == number.to::<u64>() {
                let (answer, expected) = (without_no_refunds(answer), expected.clone());
                for (answer, expected) in answer.as_array().unwrap().iter().zip(expected.as_array().unwrap()) {
                    assert_eq!(answer, expected, "{}", path.display());
                }
                assert_eq!(answer.as_array().unwrap().len(), expected.as_array().unwrap().len());
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 5, "cases with an answer");
}
