//! A thousand mixed transactions through the whole system, as blobs and as calldata.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    rpc::types::Filter,
    sol_types::SolEvent,
};
use eyre::{OptionExt, ensure};
use gainsay_bindings::Inbox::BatchAppended;
use gainsay_tests::{Node, Options, Patience, Random, Replayed, Setup, Traffic, Verdict, accounts, eventually, hostile, same_chain};
use std::{sync::OnceLock, time::Duration};

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
    let tip = OnceLock::new();
    let (transactions, replayed) =
        tokio::try_join!(drive(&setup, &traffic, &sequencer, &follower, &mut random, &tip), in_the_fault_vm(&follower, &tip))?;
    let tip = *tip.get().ok_or_eyre("there is no tip")?;
    eprintln!("of {tip} blocks with {transactions} transactions in the fault VM: {replayed:?}");
    ensure!(replayed.blocks as u64 * 2 > tip && replayed.steps > 1_000_000, "of {tip} blocks in the fault VM: {replayed:?}");
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

/// Gets all transactions and some deposits into the chain, which two nodes then have in common up to `tip`; how many there are.
async fn drive(
    setup: &Setup,
    traffic: &Traffic,
    sequencer: &Node,
    follower: &Node,
    random: &mut Random,
    tip: &OnceLock<u64>,
) -> eyre::Result<usize> {
    let driven = traffic.drive(sequencer, "safe", Patience::secs(400));
    let ((), deposits) = tokio::try_join!(driven, deposit_some(setup, random))?;
    for (account, wei) in &deposits {
        eventually("a deposit arrives", Patience::secs(60), async || {
            Ok((sequencer.balance(*account).await? == U256::from(*wei)).then_some(()))
        })
        .await?;
    }
    let head = sequencer.head("latest").await?;
    sequencer.reaches("safe", head, Patience::secs(120)).await?;
    follower.reaches("safe", head, Patience::secs(120)).await?;
    let head = *tip.get_or_init(|| head);
    let transactions = same_chain(sequencer, follower, head).await?;
    ensure!(transactions >= COUNT + deposits.len(), "only {transactions} transactions in the chain");
    Ok(transactions)
}

/// Runs every block in the fault VM as soon as it is derived: later its blobs may be settled, and gone.
async fn in_the_fault_vm(node: &Node, tip: &OnceLock<u64>) -> eyre::Result<Replayed> {
    let (mut next, mut sum) = (1, Replayed::default());
    while tip.get().is_none_or(|tip| next <= *tip) {
        let safe = node.head("safe").await?;
        sum += node.replay(next..=safe).await?;
        next = safe + 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(sum)
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
