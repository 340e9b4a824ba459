//! Challengers that do not play: one without a key, and one that cannot know the truth.

use crate::arena::{Arena, Clocks};
use eyre::ensure;
use gainsay_tests::{L1, Patience, Verdict, accounts, eventually, free_port, hostile};
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread")]
async fn a_challenger_without_blobs_does_nothing_and_says_why_and_one_without_a_key_only_watches() -> eyre::Result<()> {
    let mut arena = Arena::in_blobs(Clocks::WIDE).await?;
    let watcher = arena.setup.challenger("watcher")?;
    watcher.0.start_and_wait().await?;
    // Another L1's beacon endpoint has none of these blobs.
    let elsewhere = L1::start(free_port()?, 31_337, &arena.setup.path("logs")).await?;
    let mut challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    challenger.0.set("--beacon", elsewhere.url().as_str())?;
    challenger.0.start_and_wait().await?;
    arena.expect_liar("the liar", accounts::signer(5)?.address());
    let lie =
        eventually("a rival is staked", Patience::secs(60), async || Ok(Some(hostile::false_assertion(&arena.setup, 5).await?.0))).await?;

    let verdict = watcher.verdict(lie, Patience::secs(60)).await?;
    ensure!(matches!(verdict, Verdict::Disagree { .. }), "the one that watches: {verdict:?}");
    ensure!(watcher.status()?["play"].is_null(), "it plays without a key");
    sleep(Duration::from_secs(5)).await;
    let status = challenger.status()?;
    ensure!(status["chain"]["derived"].as_u64() < status["chain"]["batches"].as_u64(), "it has derived all: {status}");
    let (waiting, idle) = (&status["play"]["waiting"], &status["play"]["idle"]);
    eprintln!("without blobs it waits for {waiting}, and claims nothing: {idle}");
    ensure!(!waiting.is_null() || !idle.is_null(), "it does not say why it waits: {status}");
    let disputes = arena.setup.disputes().await?;
    let early = disputes.stakes_of(accounts::signer(accounts::CHALLENGER)?.address()).count();
    ensure!(early == 0, "it has staked on what it cannot know");

    challenger.0.kill()?;
    challenger.0.set("--beacon", arena.setup.l1.url().as_str())?;
    challenger.0.start_and_wait().await?;
    arena.all_lose(Patience::secs(120)).await?;
    let disputes = arena.settle(&watcher, Patience::secs(120)).await?;
    arena.print("apart", &disputes).await?;
    Ok(())
}
