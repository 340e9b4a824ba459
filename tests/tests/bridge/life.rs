//! The whole life of deposits and withdrawals, by what a person types.

use crate::{
    crossing::{Crossing, Person, TOKENS},
    deeds::Money,
};
use alloy::{
    primitives::{Address, B256, U256, address, utils::parse_ether},
    providers::Provider,
};
use eyre::ensure;
use gainsay_tests::{Node, Options, Setup};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A contract on L1 that refuses everything, for a while.
const REFUSER: Address = address!("00000000000000000000000000000000000ea5ed");
/// Every stage up to the proof, in order; those before the last may pass unseen.
const BEFORE_PROOF: [&str; 3] = ["not-on-l1", "waiting-for-assertion", "ready-to-prove"];

#[tokio::test(flavor = "multi_thread")]
async fn ether_and_tokens_go_to_l2_and_back_by_commands_alone() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer_with("sequencer", &["--batch-interval", "1"])?;
    sequencer.start_and_wait().await?;
    let mut crossing = Crossing::open(setup, &sequencer, &["Ada", "Bob"]).await?;
    let [ada, bob] = [crossing.people[0], crossing.people[1]];
    there(&mut crossing, &sequencer, &ada, &bob).await?;
    back(&mut crossing, &sequencer, &ada, &bob).await?;
    refused_and_replayed(&mut crossing, &sequencer, &ada).await
}

/// Deposits to the own account and to another's.
async fn there(crossing: &mut Crossing, node: &Node, ada: &Person, bob: &Person) -> eyre::Result<()> {
    let odd = parse_ether("3")? + U256::from(7);
    crossing.deposit_and_wait(ada, node, Money::Ether(odd), ada.address).await?;
    ensure!(node.balance(ada.address).await? == odd, "the deposit is not what was sent");
    crossing.books.check("after a deposit of ether").await?;

    let token = crossing.token.to_string();
    let (made, why) = crossing.try_bridge(bob, &["token", &token, "--create", "--l2-rpc", node.url().as_str()]).await?;
    ensure!(!made && why.contains("bring ether with"), "a token was made without ether on L2: {why}");
    crossing.bridge(ada, &["token", &token, "--create", "--l2-rpc", node.url().as_str()]).await?;
    crossing.deposit_and_wait(ada, node, Money::Tokens(600), bob.address).await?;
    crossing.deposit_and_wait(ada, node, Money::Ether(parse_ether("1")?), bob.address).await?;
    crossing.books.check("after deposits to another account").await?;
    ensure!(node.balance(bob.address).await? == parse_ether("1")?, "the deposit of ether is not Bob's");
    ensure!(crossing.tokens_on_l1(ada.address).await? == U256::from(TOKENS - 600), "the tokens are not from Ada");

    let much = (TOKENS + 1).to_string();
    let arguments = ["deposit", "--token", &token, "--amount", &much, "--l2-rpc", node.url().as_str()];
    let (done, why) = crossing.try_bridge(ada, &arguments).await?;
    ensure!(!done, "more tokens were deposited than there are: {why}");
    crossing.books.check("after a deposit that was refused").await
}

/// Withdrawals of both, through every stage.
async fn back(crossing: &mut Crossing, node: &Node, ada: &Person, bob: &Person) -> eyre::Result<()> {
    let ether = crossing.withdraw(ada, node, Money::Ether(parse_ether("0.7")? + U256::from(3)), &[]).await?;
    let (done, why) = crossing.try_bridge(ada, &["finalize", &ether.to_string(), "--l2-rpc", node.url().as_str()]).await?;
    ensure!(!done && why.contains("not proved yet"), "without a proof: {why}");
    let tokens = crossing.withdraw(bob, node, Money::Tokens(250), &["--to", &ada.address.to_string()]).await?;
    let raw = crossing.withdraw(bob, node, Money::Ether(U256::from(5)), &["--raw"]).await?;
    crossing.books.check("after withdrawals have begun").await?;
    ensure!(crossing.books.on_the_way() == (parse_ether("0.7")? + U256::from(8), U256::from(250)), "other sums have left L2");

    stages_before_the_proof(crossing, node, ada, ether).await?;
    for (who, withdrawal) in [(ada, ether), (bob, tokens), (bob, raw)] {
        crossing.reaches(who, node, withdrawal, &["ready-to-prove"]).await?;
        crossing.command(who, node, "prove", withdrawal).await?;
        crossing.command(who, node, "prove", withdrawal).await?;
    }
    let (done, why) = crossing.try_bridge(ada, &["finalize", &ether.to_string(), "--l2-rpc", node.url().as_str()]).await?;
    ensure!(!done && why.contains("can be finalised in"), "right after the proof: {why}");
    ensure!(crossing.stage(ada, node, ether).await? == "proved", "it is not proved");
    crossing.books.check("after proofs").await?;

    for (who, withdrawal, end) in [(ada, ether, "delivered"), (bob, tokens, "delivered"), (bob, raw, "finalized")] {
        crossing.pass_time(who, node, withdrawal).await?;
        crossing.command(who, node, "finalize", withdrawal).await?;
        crossing.command(who, node, "finalize", withdrawal).await?;
        ensure!(crossing.stage(who, node, withdrawal).await? == end, "it is not {end}");
        crossing.books.check("after a payment").await?;
    }
    ensure!(crossing.books.on_the_way() == (U256::ZERO, U256::ZERO), "something is still on the way");
    ensure!(crossing.tokens_on_l1(ada.address).await? == U256::from(TOKENS - 350), "the tokens are not Ada's");
    Ok(())
}

/// The stages come in order, each in words too.
async fn stages_before_the_proof(crossing: &Crossing, node: &Node, who: &Person, withdrawal: B256) -> eyre::Result<()> {
    let mut seen = Vec::<String>::new();
    let end = Instant::now() + Duration::from_secs(90);
    while seen.last().is_none_or(|last| last != BEFORE_PROOF[2]) {
        ensure!(Instant::now() < end, "it cannot be proved; the stages were {seen:?}");
        let found = crossing.stage(who, node, withdrawal).await?;
        if seen.last() != Some(&found) {
            crossing.command(who, node, "status", withdrawal).await?;
            seen.push(found);
        }
    }
    let mut order = BEFORE_PROOF.iter();
    ensure!(seen.iter().all(|stage| order.any(|next| next == stage)), "the stages were {seen:?}");
    Ok(())
}

/// A call on L1 that fails is kept by the messenger, with its ether, until somebody replays it.
async fn refused_and_replayed(crossing: &mut Crossing, node: &Node, ada: &Person) -> eyre::Result<()> {
    set_code(&crossing.setup, "0xfe").await?;
    let sum = U256::from(123_456_789);
    let withdrawal = crossing.withdraw(ada, node, Money::Ether(sum), &["--to", &REFUSER.to_string()]).await?;
    crossing.reaches(ada, node, withdrawal, &["ready-to-prove"]).await?;
    crossing.command(ada, node, "prove", withdrawal).await?;
    crossing.pass_time(ada, node, withdrawal).await?;
    crossing.command(ada, node, "finalize", withdrawal).await?;
    ensure!(crossing.stage(ada, node, withdrawal).await? == "replayable", "its call did not fail");
    crossing.books.check("after a payment that was refused").await?;
    ensure!(crossing.setup.l1.balance(REFUSER).await?.is_zero(), "who refused was paid");

    let (done, why) = crossing.try_bridge(ada, &["replay", &withdrawal.to_string(), "--l2-rpc", node.url().as_str()]).await?;
    ensure!(!done && why.contains("again"), "it was replayed to who refuses: {why}");
    set_code(&crossing.setup, "0x").await?;
    crossing.command(ada, node, "replay", withdrawal).await?;
    ensure!(crossing.stage(ada, node, withdrawal).await? == "delivered", "it was not replayed");
    ensure!(crossing.setup.l1.balance(REFUSER).await? == sum, "the replay paid another sum");
    crossing.books.check("after a replay").await
}

async fn set_code(setup: &Setup, code: &str) -> eyre::Result<()> {
    let _: Value = setup.l1.provider().raw_request("anvil_setCode".into(), json!([REFUSER, code])).await?;
    Ok(())
}
