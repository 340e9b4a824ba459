//! Blocks that are not on L1 yet: what the sequencer announced, it keeps; a follower with the feed has it too.

use eyre::ensure;
use gainsay_tests::{Options, Patience, Random, Setup, Traffic, same_chain};

/// Longer than any test: nothing reaches L1.
const NEVER: [&str; 2] = ["--batch-interval", "86400"];

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_with_the_feed_has_blocks_before_they_are_on_l1() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer_with("sequencer", &NEVER)?;
    sequencer.start_and_wait().await?;
    let feed = sequencer.url().as_str().replace("http://", "ws://");
    let (fed, unfed) = (setup.follower_with("fed", &["--feed", &feed])?, setup.follower("unfed")?);
    fed.start_and_wait().await?;
    unfed.start_and_wait().await?;

    let traffic = Traffic::sign(setup.l2_chain_id()?, 60, &mut Random::from_env("feed")).await?;
    traffic.drive(&sequencer, "latest", Patience::secs(90)).await?;
    let tip = sequencer.head("latest").await?;
    fed.reaches("latest", tip, Patience::secs(30)).await?;
    same_chain(&sequencer, &fed, tip).await?;
    traffic.check(&fed).await?;
    ensure!(fed.head("safe").await? == 0, "the feed alone made a block safe");
    ensure!(unfed.head("latest").await? == 0, "a follower without a feed has a block that is not on L1");

    // One that comes later, or comes back, gets what it has missed.
    fed.kill()?;
    fed.start_and_wait().await?;
    let late = setup.follower_with("late", &["--feed", &feed])?;
    late.start_and_wait().await?;
    for node in [&fed, &late] {
        node.reaches("latest", tip, Patience::secs(30)).await?;
        same_chain(&sequencer, node, tip).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_were_announced_survive_a_kill() -> eyre::Result<()> {
    let mut random = Random::from_env("announced blocks");
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer_with("sequencer", &NEVER)?;
    sequencer.start_and_wait().await?;
    let traffic = Traffic::sign(setup.l2_chain_id()?, 90, &mut random).await?;
    traffic.drive(&sequencer, "latest", Patience::secs(90)).await?;
    let tip = sequencer.head("latest").await?;
    let mut before = Vec::new();
    for number in 0..=tip {
        before.push(sequencer.block(number).await?);
    }
    sequencer.kill()?;
    sequencer.start_and_wait().await?;
    for (number, block) in before.iter().enumerate() {
        let after = sequencer.block(number as u64).await?;
        ensure!(after == *block, "block {number} was {block:?}, and after a kill it is {after:?}");
    }
    traffic.check(&sequencer).await
}
