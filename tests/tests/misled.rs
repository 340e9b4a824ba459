//! A rival that claims the right output root, and something false beside it. A proof against it is a right one and the Portal takes it, but it would never pay.

use alloy::{
    eips::BlockNumberOrTag,
    primitives::{B256, Bytes, U64, U256, keccak256},
    rpc::types::{EIP1186AccountProofResponse, Log},
    sol_types::{SolEvent, SolValue},
};
use eyre::{OptionExt, ensure};
use gainsay_bindings::{
    Games, Portal,
    games::Games::State as Listed,
    message_passer::L2ToL1MessagePasser::MessagePassed,
    portal::Portal::{OutputRootProof, WithdrawalTransaction},
    rollup::Rollup::AssertionCreated,
};
use gainsay_tests::{Node, Options, Patience, Process, Setup, accounts, eventually, hostile, program};
use gainsay_types::predeploys::MESSAGE_PASSER;
use serde_json::{Value, json};
use std::{process::Command, time::Duration};

/// Whose withdrawal it is, and who lies.
const USER: u32 = 0;
const LIAR: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_right_proof_against_a_false_assertion_misleads_nobody() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer("sequencer")?;
    sequencer.start_and_wait().await?;
    setup.deposit(accounts::signer(USER)?.address(), 1_000_000).await?;
    let told = bridge(&setup, &sequencer, &["withdraw", "--value", "1000000"]).await?;
    let withdrawal = told["l2Transaction"].as_str().ok_or_eyre("no transaction")?.to_owned();

    let right = eventually("it can be proved", Patience::secs(60), async || {
        let status = status(&setup, &sequencer, &withdrawal).await?;
        Ok((status["stage"] == "ready-to-prove").then(|| status["assertion"].clone()))
    })
    .await?;
    let rival = claim_and_prove_falsely(&setup, &sequencer, &right, &withdrawal).await?;

    let misled = status(&setup, &sequencer, &withdrawal).await?;
    ensure!(misled["stage"] == "ready-to-prove" && misled["again"] == true && misled["assertion"] == right, "{misled}");
    let proven = bridge(&setup, &sequencer, &["prove", &withdrawal]).await?;
    ensure!(proven["outcome"] == "now" && proven["assertion"] == right, "{proven}");
    let proved = status(&setup, &sequencer, &withdrawal).await?;
    ensure!(proved["submitter"] == json!(accounts::signer(USER)?.address()), "{proved}");
    ensure!(proved["assertion"] == right && right != json!(rival), "{proved}");

    // Nobody answers for the rival: the proposer wins by the clock, and the withdrawal is paid by the user's proof.
    let paid = bridge(&setup, &sequencer, &["finalize", &withdrawal, "--wait", "--timeout", "120"]).await?;
    ensure!(paid["stage"] == "delivered", "{paid}");
    Ok(())
}

/// Claims what is right but for the messages consumed, beside the right assertion, lists it, and proves the withdrawal against it. Gives the rival's id.
async fn claim_and_prove_falsely(setup: &Setup, node: &Node, right: &Value, transaction: &str) -> eyre::Result<B256> {
    let all = hostile::assertions(setup).await?;
    let right = all.iter().find(|one| json!(one.id) == *right).ok_or_eyre("the right assertion is not on L1")?;
    let rival = hostile::forged_rival(setup, LIAR, right, |end| end.depositIndex ^= 1).await?;
    ensure!(rival.end.outputRoot == right.end.outputRoot, "the rival claims another output root");
    let liar = accounts::signer(LIAR)?.address();
    let (games, portal) =
        (Games::new(setup.addresses.games, setup.l1.provider()), Portal::new(setup.addresses.portal, setup.l1.provider()));
    games.list(rival.parent, listed(&rival)).from(liar).send().await?.get_receipt().await?;
    let count: u64 = games.gameCount().call().await?.try_into()?;
    let mut index = None;
    for place in 0..count {
        let game = games.gameAtIndex(U256::from(place)).call().await?.proxy;
        index = if games.gameOf(rival.id).call().await? == game { Some(place) } else { index };
    }
    let (withdrawal, output, nodes) = proof(node, transaction, rival.end.l2BlockNumber).await?;
    let index = U256::from(index.ok_or_eyre("the rival is not listed")?);
    let call = portal.proveWithdrawalTransaction(withdrawal, index, output, nodes).from(liar);
    ensure!(call.send().await?.get_receipt().await?.status(), "the Portal refuses the proof");
    Ok(rival.id)
}

fn listed(assertion: &AssertionCreated) -> Listed {
    let end = &assertion.end;
    Listed {
        outputRoot: end.outputRoot,
        l2BlockNumber: end.l2BlockNumber,
        batchIndex: end.batchIndex,
        batchOffset: end.batchOffset,
        depositIndex: end.depositIndex,
    }
}

/// The withdrawal of a transaction, and what proves it at a block.
async fn proof(node: &Node, transaction: &str, block: u64) -> eyre::Result<(WithdrawalTransaction, OutputRootProof, Vec<Bytes>)> {
    let receipt = node.call_raw("eth_getTransactionReceipt", json!([transaction])).await?;
    let logs: Vec<Log> = serde_json::from_value(receipt["logs"].clone())?;
    let event = logs.iter().find_map(|log| MessagePassed::decode_log(&log.inner).ok()).ok_or_eyre("no withdrawal")?.data;
    let slot = keccak256((event.withdrawalHash, U256::ZERO).abi_encode());
    let number = BlockNumberOrTag::Number(block);
    let answer = node.call_raw("eth_getProof", json!([MESSAGE_PASSER, [slot], number])).await?;
    let answer: EIP1186AccountProofResponse = serde_json::from_value(answer)?;
    let output = node.call_raw("gainsay_outputAtBlock", json!([U64::from(block)])).await?;
    let word = |value: &Value| serde_json::from_value::<B256>(value.clone());
    let output = OutputRootProof {
        version: B256::ZERO,
        stateRoot: word(&output["stateRoot"])?,
        messagePasserStorageRoot: word(&output["messagePasserStorageRoot"])?,
        latestBlockhash: word(&output["block"]["hash"])?,
    };
    let MessagePassed { nonce, sender, target, value, gasLimit, data, .. } = event;
    let nodes = answer.storage_proof.into_iter().next().ok_or_eyre("no proof")?.proof;
    Ok((WithdrawalTransaction { nonce, sender, target, value, gasLimit, data }, output, nodes))
}

async fn status(setup: &Setup, node: &Node, transaction: &str) -> eyre::Result<Value> {
    let told = bridge(setup, node, &["status", transaction]).await?;
    Ok(told[0].clone())
}

/// Runs `sequencer bridge …` as the user; what it prints.
async fn bridge(setup: &Setup, node: &Node, arguments: &[&str]) -> eyre::Result<Value> {
    let mut command = Command::new(program("sequencer")?);
    command.arg("bridge").args(arguments).args(["--json", "--l2-rpc", node.url().as_str(), "--l1-rpc", setup.l1.url().as_str()]);
    command.arg("--network").arg(setup.path("network")).env("GAINSAY_KEY", accounts::key(USER)?).env("RUST_LOG", "off");
    let finished = tokio::task::spawn_blocking(move || Process::run(&mut command, Duration::from_secs(150))).await??;
    ensure!(finished.status.success(), "bridge {}: {}", arguments.join(" "), finished.stderr);
    Ok(serde_json::from_str(&finished.stdout)?)
}
