//! What the inbox allows to others than an honest sequencer: forced inclusion while it is silent, garbage with its key.

use alloy::primitives::{Address, Bytes, U256};
use eyre::ensure;
use gainsay_tests::{
    Finished, Node, Options, Patience, Process, Random, Setup, Traffic, accounts, eventually, hostile, program, same_chain,
};
use std::{process::Command, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_forced_in_while_the_sequencer_is_silent_and_it_goes_on_from_there() -> eyre::Result<()> {
    let mut random = Random::from_env("forced inclusion");
    let setup = Setup::start(Options::default()).await?;
    let (sequencer, follower) = (setup.sequencer("sequencer")?, setup.follower("follower")?);
    follower.start_and_wait().await?;
    let account = Address::from_slice(&random.bytes(20));
    setup.deposit(account, 5_000).await?;

    let early = force(&setup)?;
    ensure!(!early.status.success(), "a deposit was forced before its delay was over: {}", early.stdout);
    ensure!(setup.batches().await? == 0, "a batch was made of it");
    eventually("the deposit is forced", Patience::secs(60), async || {
        setup.l1.skip_time(30).await?;
        let forced = force(&setup)?;
        ensure!(forced.status.success(), "{}", forced.stderr);
        Ok(Some(()))
    })
    .await?;
    ensure!(setup.batches().await? == 1, "no batch was made");
    arrives(&follower, account, 5_000).await?;

    sequencer.start_and_wait().await?;
    arrives(&sequencer, account, 5_000).await?;
    let later = Address::from_slice(&random.bytes(20));
    setup.deposit(later, 6_000).await?;
    arrives(&sequencer, later, 6_000).await?;
    let tip = sequencer.head("latest").await?;
    follower.reaches("safe", tip, Patience::secs(60)).await?;
    same_chain(&sequencer, &follower, tip).await?;
    Ok(())
}

fn force(setup: &Setup) -> eyre::Result<Finished> {
    let mut command = Command::new(program("sequencer")?);
    command.args(["bridge", "force-include", "--l1-rpc", setup.l1.url().as_str(), "--network"]).arg(setup.path("network"));
    command.env("GAINSAY_KEY", accounts::key(accounts::USERS - 2)?);
    Process::run(&mut command, Duration::from_secs(30))
}

async fn arrives(node: &Node, account: Address, wei: u64) -> eyre::Result<()> {
    let what = format!("{wei} wei arrive on {}", node.name());
    eventually(&what, Patience::secs(60), async || Ok((node.balance(account).await? == U256::from(wei)).then_some(()))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_the_inbox_is_skipped_by_sequencer_follower_and_challenger_alike() -> eyre::Result<()> {
    let mut random = Random::from_env("garbage");
    let setup = Setup::start(Options::default()).await?;
    let (sequencer, follower, challenger) = (setup.sequencer("sequencer")?, setup.follower("follower")?, setup.challenger("challenger")?);
    for node in [&sequencer, &follower, &challenger.0] {
        node.start_and_wait().await?;
    }
    let traffic = Traffic::sign(setup.l2_chain_id()?, 120, &mut random).await?;
    // While the sequencer works, its own batches and the garbage race for the same place.
    tokio::try_join!(traffic.drive(&sequencer, "safe", Patience::secs(200)), post_garbage(&setup, &mut random))?;

    let before = setup.batches().await?;
    sequencer.stop()?;
    post_garbage(&setup, &mut random).await?;
    ensure!(setup.batches().await? >= before + 6, "the garbage is not in the inbox");
    sequencer.start_and_wait().await?;
    let account = Address::from_slice(&random.bytes(20));
    setup.deposit(account, 9).await?;
    arrives(&sequencer, account, 9).await?;

    let tip = sequencer.head("latest").await?;
    sequencer.reaches("safe", tip, Patience::secs(90)).await?;
    follower.reaches("safe", tip, Patience::secs(60)).await?;
    same_chain(&sequencer, &follower, tip).await?;
    traffic.check(&follower).await?;
    challenger.sees_confirmed(tip, Patience::secs(240)).await?;
    Ok(())
}

/// Six batches that hold no blocks, each for another reason.
async fn post_garbage(setup: &Setup, random: &mut Random) -> eyre::Result<()> {
    let beyond = [&[0xff; 4], random.bytes(200).as_slice()].concat();
    let no_stream = [&[0, 0, 0, 100], random.bytes(100).as_slice()].concat();
    let payloads = [Vec::new(), vec![0; 3], random.bytes(2_000), beyond, no_stream];
    for payload in payloads {
        let payload = Bytes::from(payload);
        eventually("garbage is posted", Patience::secs(60), async || Ok(Some(hostile::garbage_calldata(setup, payload.clone()).await?)))
            .await?;
    }
    let blob = random.bytes(50_000);
    eventually("a garbage blob is posted", Patience::secs(60), async || Ok(Some(hostile::garbage_blob(setup, &blob).await?))).await?;
    Ok(())
}
