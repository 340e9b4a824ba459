//! Every process is killed at random moments while transactions flow, and L1 drops blocks; the outcome is the same.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use eyre::ensure;
use gainsay_tests::{Node, Options, Patience, Random, Setup, Traffic, eventually, same_chain};
use std::time::Duration;
use tokio::time::sleep;

const COUNT: usize = 900;
const ROUNDS: u64 = 9;

#[tokio::test(flavor = "multi_thread")]
async fn killing_every_process_and_reorganising_l1_changes_nothing_in_the_end() -> eyre::Result<()> {
    let mut random = Random::from_env("crash");
    let setup = Setup::start(Options { da: "blobs", ..Options::default() }).await?;
    let (sequencer, follower, challenger) = (setup.sequencer("sequencer")?, setup.follower("follower")?, setup.challenger("challenger")?);
    let nodes = [&sequencer, &follower, &challenger.0];
    for node in nodes {
        node.start_and_wait().await?;
    }
    let traffic = Traffic::sign(setup.l2_chain_id()?, COUNT, &mut random).await?.slowly();
    let driven = traffic.drive(&sequencer, "safe", Patience::secs(500));
    let ((), dropped) = tokio::try_join!(driven, chaos(&setup, nodes, &mut random))?;

    let kept = (Address::from_slice(&random.bytes(20)), 77);
    setup.deposit(kept.0, kept.1).await?;
    eventually("a deposit after all this arrives", Patience::secs(90), async || {
        Ok((sequencer.balance(kept.0).await? == U256::from(kept.1)).then_some(()))
    })
    .await?;
    let tip = sequencer.head("latest").await?;
    sequencer.reaches("safe", tip, Patience::secs(120)).await?;
    traffic.check(&sequencer).await?;
    for (account, wei) in dropped {
        let found = sequencer.balance(account).await?;
        ensure!(found == wei, "a deposit left {found} wei, but L1 has {wei}");
    }
    let newcomer = setup.follower("newcomer")?;
    newcomer.start_and_wait().await?;
    for node in [&follower, &newcomer] {
        node.reaches("safe", tip, Patience::secs(120)).await?;
        same_chain(&sequencer, node, tip).await?;
        traffic.check(node).await?;
    }
    challenger.sees_confirmed(tip, Patience::secs(240)).await?;
    Ok(())
}

/// Kills and restarts; in between L1 drops a batch and a deposit. Returns what the deposits of those blocks come to in the end.
async fn chaos(setup: &Setup, nodes: [&Node; 3], random: &mut Random) -> eyre::Result<Vec<(Address, U256)>> {
    let mut deposits = Vec::new();
    for round in 0..ROUNDS {
        sleep(Duration::from_millis(1_000 + random.below(4_000))).await;
        if round % 3 == 2 {
            deposits.push(drop_batch_and_deposit(setup, random).await?);
        }
        // Each process in turn, so that every one of them is hit, at a moment that is left to chance.
        let node = nodes[(round % 3) as usize];
        node.check_alive()?;
        node.kill()?;
        sleep(Duration::from_millis(random.below(2_500))).await;
        node.start_and_wait().await?;
    }
    let mut outcome = Vec::new();
    for (account, wei, transaction) in deposits {
        let receipt = setup.l1.provider().get_transaction_receipt(transaction).await?;
        outcome.push((account, receipt.map_or(U256::ZERO, |_| U256::from(wei))));
    }
    Ok(outcome)
}

/// Waits for blocks that hold a deposit and a batch, and has L1 replace them by empty ones.
async fn drop_batch_and_deposit(setup: &Setup, random: &mut Random) -> eyre::Result<(Address, u64, alloy::primitives::B256)> {
    let (account, wei) = (Address::from_slice(&random.bytes(20)), 1 + random.below(1_000));
    let receipt = setup.deposit(account, wei).await?;
    let included = receipt.block_number.unwrap_or_default();
    // A batch that came between the two would stay.
    let batches = setup.batches_at(included.saturating_sub(1)).await?;
    eventually("another batch", Patience::secs(90), async || Ok((setup.batches().await? > batches).then_some(()))).await?;
    let (height, before) = (setup.l1.height().await?, setup.l1.hash(included).await?);
    setup.l1.reorg(height - included + 1).await?;
    ensure!(setup.l1.hash(included).await? != before, "L1 made no reorg");
    // Later blocks may hold them again already.
    ensure!(setup.batches_at(height).await? == batches, "the reorg dropped no batch");
    Ok((account, wei, receipt.transaction_hash))
}
