//! Lies that nobody plays for; and challengers that do not play: one without a key, and one that cannot know the truth.

use crate::arena::{Arena, Clocks};
use alloy::primitives::{Address, B256, U256};
use eyre::ensure;
use gainsay_bindings::Rollup::AssertionCreated;
use gainsay_tests::{Challenger, L1, Patience, Verdict, accounts, eventually, free_port, hostile};
use std::time::Duration;
use tokio::time::sleep;

const SILENT: [(u32, &str); 3] = [(3, "a huge block number"), (4, "a false root"), (5, "the same false root")];

#[tokio::test(flavor = "multi_thread")]
async fn lies_lose_by_the_clock_while_a_challenger_without_blobs_waits_and_says_why_and_one_without_a_key_watches() -> eyre::Result<()> {
    let mut arena = Arena::in_blobs(Clocks::WIDE).await?;
    let watcher = arena.setup.challenger("watcher")?;
    watcher.0.start_and_wait().await?;
    // The beacon endpoint of another L1 has none of these blobs.
    let elsewhere = L1::start(free_port()?, 31_337, &arena.setup.path("logs")).await?;
    let mut challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    challenger.0.set("--beacon", elsewhere.url().as_str())?;
    challenger.0.start_and_wait().await?;
    for (account, name) in SILENT {
        arena.expect_liar(name, accounts::signer(account)?.address());
    }

    let lies = claim(&arena).await?;
    for lie in lies {
        let verdict = watcher.verdict(lie, Patience::secs(60)).await?;
        ensure!(matches!(verdict, Verdict::Disagree { .. }), "the one that watches: {verdict:?}");
    }
    ensure!(watcher.status()?["play"].is_null(), "it plays without a key");
    says_why_it_waits(&arena, &challenger, accounts::signer(accounts::CHALLENGER)?.address()).await?;

    challenger.0.kill()?;
    challenger.0.set("--beacon", arena.setup.l1.url().as_str())?;
    challenger.0.start_and_wait().await?;
    let disputes = arena.all_lose(Patience::secs(150)).await?;
    let by_clock = disputes.matches.values().filter(|found| found.won.is_some_and(|won| won.by_clock)).count();
    ensure!(by_clock == SILENT.len(), "{by_clock} lost by the clock: {}", arena.story(&disputes));
    let disputes = arena.settle(&watcher, Patience::secs(150)).await?;
    arena.print("lies that nobody plays for", &disputes).await?;
    // Three half bonds in all, shared by those who moved.
    let prizes: U256 = disputes.prizes.values().copied().sum();
    ensure!(prizes == U256::from(1_500_000_000_000_000_000_u64), "{prizes} wei of prizes");
    Ok(())
}

/// Stakes on three false rivals of one assertion, two of them the same. One that ends beyond the data on L1 is refused.
async fn claim(arena: &Arena) -> eyre::Result<[B256; 2]> {
    let setup = &arena.setup;
    let (chosen, huge) = eventually("there is an assertion to deny", Patience::secs(60), async || {
        let newest = hostile::assertions(setup).await?.pop().filter(|newest| newest.end.l2BlockNumber > 0);
        let Some(newest) = newest else { return Ok(None) };
        let beyond = hostile::forged_rival(setup, SILENT[0].0, &newest, |end| end.batchIndex = u64::MAX).await;
        let refused = format!("{:?}", beyond.err());
        ensure!(refused.contains("revert"), "a claim beyond the data on L1: {refused}");
        let huge = hostile::forged_rival(setup, SILENT[0].0, &newest, |end| end.l2BlockNumber = u64::MAX).await?;
        Ok(Some((newest, huge)))
    })
    .await?;
    let mut same = Vec::<AssertionCreated>::new();
    for (account, _) in &SILENT[1..] {
        same.push(hostile::forged_rival(setup, *account, &chosen, |end| end.outputRoot ^= B256::with_last_byte(1)).await?);
    }
    ensure!(same[0].id == same[1].id && same[0].id != huge.id, "{same:?} and {huge:?}");
    Ok([huge.id, same[0].id])
}

/// A challenger that cannot read the blobs has derived nothing, stakes nothing, and says so.
async fn says_why_it_waits(arena: &Arena, challenger: &Challenger, account: Address) -> eyre::Result<()> {
    sleep(Duration::from_secs(3)).await;
    let status = challenger.status()?;
    ensure!(status["chain"]["derived"].as_u64() < status["chain"]["batches"].as_u64(), "it has derived all: {status}");
    let (waiting, idle) = (&status["play"]["waiting"], &status["play"]["idle"]);
    eprintln!("without blobs it waits for {waiting}, and claims nothing: {idle}");
    ensure!(!waiting.is_null() || !idle.is_null(), "it does not say why it waits: {status}");
    let early = arena.setup.disputes().await?.stakes_of(account).count();
    ensure!(early == 0, "it has staked on what it cannot know");
    Ok(())
}
