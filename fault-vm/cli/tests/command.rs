#![allow(missing_docs)]

//! The binary itself: from a node's RPC to a verified step, from files alone, and what it says when something is wrong.

mod common;

use alloy::{
    eips::BlockNumHash,
    primitives::{Address, B256},
};
use common::{derived, of_step};
use gainsay_chain::Chain;
use gainsay_fault_vm::{files, source::save};
use gainsay_rpc::{Answer, Backend, Client, Inclusions, L1Progress, Limits, Preconfirmations, RpcServer, SubmitError, serve};
use gainsay_trace::{BlockStep, MemoryPreimages, Witness};
use gainsay_types::{RecoveredTransaction, Transaction};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, LazyLock},
};
use tempfile::TempDir;
use tokio::sync::{broadcast, watch};

/// A node that takes no transactions.
struct ReadOnly;

impl Client for ReadOnly {
    fn submit(&self, _: Transaction) -> Answer<'_, Result<(), SubmitError>> {
        Box::pin(async { Err(SubmitError::Unavailable { reason: "this node only reads".to_owned() }) })
    }

    fn pending_nonce(&self, _: Address) -> Answer<'_, Option<u64>> {
        Box::pin(async { None })
    }

    fn pooled(&self, _: B256) -> Answer<'_, Option<RecoveredTransaction>> {
        Box::pin(async { None })
    }
}

/// A node with a derived chain, its RPC, and the witness of its first block in a file.
struct World {
    runtime: tokio::runtime::Runtime,
    server: RpcServer,
    chain: Chain,
    directory: TempDir,
    _database: TempDir,
    _latest: watch::Sender<BlockNumHash>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (database, directory) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let chain = derived(&database);
    let latest = watch::Sender::new(chain.heads().latest);
    let backend = Backend {
        store: chain.store().clone(),
        config: Arc::new(chain.config().clone()),
        client: Arc::new(ReadOnly),
        latest: latest.subscribe(),
        l1: Arc::new(|| L1Progress { highest: None, caught_up: true }),
        pending: broadcast::Sender::new(1),
        preconfirmations: Preconfirmations::default(),
        inclusions: Inclusions::default(),
        version: "gainsay/test".to_owned(),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(serve(([127, 0, 0, 1], 0).into(), backend, Limits::default())).expect("a free port");
    save(&directory.path().join("first"), &of_step(&chain, 1)).expect("writes");
    World { runtime, server, chain, directory, _database: database, _latest: latest }
});

fn file(name: &str) -> PathBuf {
    WORLD.directory.path().join(name)
}

fn url() -> String {
    let _keep = &WORLD.runtime;
    format!("http://{}", WORLD.server.address())
}

fn fault_vm(line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fault-vm"));
    command.args(line.split_whitespace()).arg("--quiet").output().expect("runs")
}

fn succeeds(line: &str) -> String {
    let output = fault_vm(line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// One line that begins with `error:`.
fn fails(line: &str) -> String {
    let output = fault_vm(line);
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{line}: {text}");
    assert!(text.starts_with("error: ") && text.lines().count() == 1, "{line}: {text}");
    text
}

fn json(line: &str) -> Value {
    serde_json::from_str(&succeeds(&format!("{line} --json"))).expect("JSON")
}

fn show(path: &Path) -> std::path::Display<'_> {
    path.display()
}

#[test]
fn from_a_block_of_a_node_to_a_verified_step() {
    let (witness, proof) = (file("witness"), file("proof"));
    let run = json(&format!("run --block 1 --rpc {} --save {}", url(), show(&witness)));
    assert_eq!((&run["agrees"], &run["status"], &run["block"]), (&Value::from(true), &"halted".into(), &1.into()));
    let claimed = WORLD.chain.store().step(1).expect("reads").expect("is derived").hash();
    assert_eq!((&run["output"], &run["claimed"]), (&claimed.to_string().into(), &claimed.to_string().into()));
    let steps = run["steps"].as_u64().expect("a number");

    let from = format!("--witness {}", show(&witness));
    let state = json(&format!("state {from} --step {}", steps / 2));
    succeeds(&format!("prove {from} --step {} --out {}", steps / 2, show(&proof)));
    let verified = json(&format!("verify {}", show(&proof)));
    assert_eq!(verified["before"], state["hash"]);
    assert_eq!(verified["rust"], verified["solidity"]);
    assert_eq!(verified["rust"], json(&format!("state {from} --step {}", steps / 2 + 1))["hash"]);

    let end = json(&format!("state {from} --step {}", u64::MAX));
    assert_eq!(end["hash"], run["end"]);
    assert_eq!(end["state"]["output"], run["output"]);
}

#[test]
fn every_step_of_the_chain_agrees_over_rpc_by_block_and_by_position() {
    for index in 1..=WORLD.chain.heads().steps {
        let run = json(&format!("run --block-step {index} --rpc {}", url()));
        assert_eq!((&run["agrees"], &run["blockStep"]), (&true.into(), &index.into()));
        // Those out of blobs take a second each to check: the first block is asked for elsewhere.
        let Some(block) = run["block"].as_u64().filter(|block| *block > 3) else { continue };
        assert_eq!(json(&format!("run --block {block} --rpc {}", url()))["input"], run["input"]);
    }
}

#[test]
fn words_and_numbers_say_the_same() {
    let from = format!("--witness {}", show(&file("first")));
    let (words, numbers) = (succeeds(&format!("run {from}")), json(&format!("run {from}")));
    for field in ["program", "input", "end", "result"] {
        assert!(words.contains(numbers[field].as_str().expect("text")), "{field} is missing in {words}");
    }
    assert!(words.contains("the chain has the same"), "{words}");
    assert_eq!(json("program")["root"], numbers["program"]);
    assert!(succeeds(&format!("state {from} --step 0")).contains("running at step 0, pc 0x10000"));
}

#[test]
fn a_chain_that_says_something_else_is_an_error() {
    let first = of_step(&WORLD.chain, 1);
    let step = BlockStep { after: first.step().before, ..*first.step() };
    let MemoryPreimages { preimages, blobs } = MemoryPreimages::from(first.as_ref());
    let lie = Witness::new(first.input(), step, preimages, blobs).expect("only the claim is wrong");
    save(&file("lie"), &lie).expect("writes");
    let output = fault_vm(&format!("run --witness {}", show(&file("lie"))));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("THE CHAIN HAS ANOTHER") && text.contains(&step.after.hash().to_string()), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("not what the chain has"));
}

#[test]
fn damaged_files_are_refused_with_their_names() {
    let whole = files::read(&file("first")).expect("reads");
    let damaged = |name: &str, bytes: &[u8]| {
        std::fs::write(file(name), bytes).expect("writes");
        fails(&format!("run --witness {}", show(&file(name))))
    };
    assert!(damaged("cut", &whole[..whole.len() - 1]).contains("cut: this witness file is cut off or damaged"));
    let mut flipped = whole.clone();
    flipped[5_000] ^= 1;
    assert!(damaged("flipped", &flipped).contains("damaged"));
    assert!(damaged("other", b"something else").contains("no witness file"));
    assert!(fails("run --witness /no/such/file").contains("/no/such/file cannot be read"));
    assert!(fails(&format!("verify {}", show(&file("first")))).contains("no proof"));
    assert!(fails(&format!("run --witness {} --elf {}", show(&file("first")), show(&file("first")))).contains("first"));
    assert!(fails(&format!("run --witness {} --save /no/such/dir/file", show(&file("first")))).contains("cannot be written"));
}

#[test]
fn a_changed_proof_is_refused() {
    let path = file("proof-to-change");
    succeeds(&format!("prove --witness {} --step 1000 --out {}", show(&file("first")), show(&path)));
    let text = String::from_utf8(files::read(&path).expect("reads")).expect("text");
    let mut proof: Value = serde_json::from_str(&text).expect("JSON");
    proof["proof"]["state"]["pc"] = "0x10000".into();
    std::fs::write(&path, proof.to_string()).expect("writes");
    assert!(fails(&format!("verify {}", show(&path))).contains("refused"));
}

#[test]
fn what_a_node_refuses_is_told_in_its_words() {
    assert!(fails(&format!("run --block 0 --rpc {}", url())).contains("no step makes it"));
    assert!(fails(&format!("run --block 99 --rpc {}", url())).contains("header not found"));
    assert!(fails(&format!("run --block-step 99 --rpc {}", url())).contains("not derived yet"));
    let nobody = "http://127.0.0.1:1";
    assert!(fails(&format!("run --block 1 --rpc {nobody}")).contains(nobody));
}
