//! A thousand mixed transactions through the whole system, as blobs and as calldata.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    rpc::types::Filter,
    sol_types::SolEvent,
};
use eyre::ensure;
use gainsay_bindings::Inbox::BatchAppended;
use gainsay_tests::{Node, Options, Patience, Random, Setup, Traffic, Verdict, accounts, eventually, hostile, same_chain};

/// Transactions of one run.
const COUNT: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_transactions_in_blobs_are_derived_claimed_checked_and_confirmed() -> eyre::Result<()> {
    run("blobs", 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_transactions_in_calldata_are_derived_claimed_checked_and_confirmed() -> eyre::Result<()> {
    run("calldata", 1).await
}

/// `kind` is the byte that every batch header must start with.
async fn run(da: &'static str, kind: u8) -> eyre::Result<()> {
    let mut random = Random::from_env(da);
    let setup = Setup::start(Options { da, ..Options::default() }).await?;
    let (sequencer, follower, challenger) = (setup.sequencer("sequencer")?, setup.follower("follower")?, setup.challenger("challenger")?);
    sequencer.start_and_wait().await?;
    follower.start_and_wait().await?;
    challenger.0.start_and_wait().await?;

    let traffic = Traffic::sign(setup.l2_chain_id()?, COUNT, &mut random).await?;
    let driven = traffic.drive(&sequencer, "safe", Patience::secs(400));
    let ((), deposits) = tokio::try_join!(driven, deposit_some(&setup, &mut random))?;
    for (account, wei) in &deposits {
        eventually("a deposit arrives", Patience::secs(60), async || {
            Ok((sequencer.balance(*account).await? == U256::from(*wei)).then_some(()))
        })
        .await?;
    }

    let tip = sequencer.head("latest").await?;
    sequencer.reaches("safe", tip, Patience::secs(120)).await?;
    follower.reaches("safe", tip, Patience::secs(120)).await?;
    let transactions = same_chain(&sequencer, &follower, tip).await?;
    ensure!(transactions >= COUNT + deposits.len(), "only {transactions} transactions in the chain");
    in_the_fault_vm(&follower, tip).await?;
    traffic.check(&sequencer).await?;
    traffic.check(&follower).await?;
    follower.reaches("finalized", tip, Patience::secs(60)).await?;

    let kinds = batch_kinds(&setup).await?;
    ensure!(kinds.len() >= 3 && kinds.iter().all(|found| *found == kind), "batches are of the kinds {kinds:?}");
    challenger.sees_confirmed(tip, Patience::secs(240)).await?;
    a_forged_claim_is_caught(&setup, &challenger, &mut random).await?;
    for node in [&sequencer, &follower, &challenger.0] {
        node.check_alive()?;
        node.stop()?;
    }
    Ok(())
}

/// Runs every block in the fault VM, but for those whose blobs are settled.
async fn in_the_fault_vm(node: &Node, tip: u64) -> eyre::Result<()> {
    let replayed = node.replay(1..=tip).await?;
    eprintln!("of {tip} blocks in the fault VM: {replayed:?}");
    ensure!(replayed.blocks as u64 * 2 > tip && replayed.steps > 1_000_000, "of {tip} blocks: {replayed:?}");
    Ok(())
}

/// Deposits of some wei each, to accounts that nothing else pays.
async fn deposit_some(setup: &Setup, random: &mut Random) -> eyre::Result<Vec<(Address, u64)>> {
    let mut deposits = Vec::new();
    for _ in 0..8 {
        let (to, wei) = (Address::from_slice(&random.bytes(20)), 1 + random.below(1_000_000));
        setup.deposit(to, wei).await?;
        deposits.push((to, wei));
        setup.l1.advance(random.below(3)).await?;
    }
    Ok(deposits)
}

async fn batch_kinds(setup: &Setup) -> eyre::Result<Vec<u8>> {
    let filter = Filter::new().address(setup.addresses.inbox).event_signature(BatchAppended::SIGNATURE_HASH).from_block(0);
    let logs = setup.l1.provider().get_logs(&filter).await?;
    logs.iter().map(|log| Ok(BatchAppended::decode_log(&log.inner)?.header[0])).collect()
}

/// Posts a false rival of a fresh assertion: the challenger names the block, and goes on agreeing with the true ones.
async fn a_forged_claim_is_caught(setup: &Setup, challenger: &gainsay_tests::Challenger, random: &mut Random) -> eyre::Result<()> {
    // Something new to claim.
    setup.deposit(Address::from_slice(&random.bytes(20)), 1).await?;
    let (id, block) = eventually("a rival is staked", Patience::secs(120), async || {
        Ok(Some(hostile::false_assertion(setup, accounts::USERS - 2).await?))
    })
    .await?;
    let verdict = challenger.verdict(id, Patience::secs(60)).await?;
    ensure!(verdict == Verdict::Disagree { first_wrong_block: block }, "on a forged claim about block {block}: {verdict:?}");
    for other in challenger.assertions()? {
        ensure!(other.id == id || !matches!(other.verdict, Verdict::Disagree { .. }), "disagrees with {other:?}");
    }
    Ok(())
}
