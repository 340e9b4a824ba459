//! What applications and developers use, against a node: viem, ethers, web3.py, viem's actions for the OP Stack, Uniswap's and Safe's contracts,
//! hardhat with OpenZeppelin's contracts.

use alloy::primitives::U256;
use eyre::ensure;
use gainsay_tests::{Node, Options, Patience, Setup, accounts, eventually};
use serde_json::json;

/// A network with a running sequencer.
async fn network() -> eyre::Result<(Setup, Node)> {
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer("sequencer")?;
    sequencer.start_and_wait().await?;
    Ok((setup, sequencer))
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_and_ethers_work_against_the_sequencer() -> eyre::Result<()> {
    let (setup, sequencer) = network().await?;
    setup.run_client("viem", &sequencer, [0, 1])?;
    setup.run_client("ethers", &sequencer, [2, 3])
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_and_tools_work_beside_each_other() -> eyre::Result<()> {
    let (setup, sequencer) = network().await?;
    setup.run_clients(&[("hardhat", [0, 1]), ("web3py", [2, 3]), ("uniswap", [4, 5])], &sequencer)?;
    setup.run_clients(&[("safe", [0, 1]), ("explorer", [2, 3]), ("reads", [4, 5]), ("dev", [6, 7])], &sequencer)
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_go_on_after_the_sequencer_was_killed() -> eyre::Result<()> {
    let (setup, sequencer) = network().await?;
    setup.run_client_with_restart("restart", &sequencer, [0, 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_works_against_a_follower_with_the_feed() -> eyre::Result<()> {
    let (setup, sequencer) = network().await?;
    let feed = sequencer.url().as_str().replace("http://", "ws://");
    let follower = setup.follower_with("follower", &["--feed", &feed, "--sequencer-rpc", sequencer.url().as_str()])?;
    follower.start_and_wait().await?;
    let done = async || Ok((follower.call_raw("eth_syncing", json!([])).await? == false).then_some(()));
    eventually("the follower says that it has caught up", Patience::secs(30), done).await?;
    setup.run_client("viem", &follower, [0, 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actions_for_the_op_stack_work() -> eyre::Result<()> {
    let (setup, sequencer) = network().await?;
    setup.run_client("op-stack", &sequencer, [0, 1])?;
    same_deposits(&setup, &sequencer).await
}

/// A follower that knows L1 alone tells the same of every deposit, once it has derived the blocks.
async fn same_deposits(setup: &Setup, sequencer: &Node) -> eyre::Result<()> {
    let l1_transaction = setup.deposit(accounts::signer(5)?.address(), 7).await?.transaction_hash;
    let follower = setup.follower("follower")?;
    follower.start_and_wait().await?;
    let params = json!([l1_transaction]);
    let included = async |node: &Node| {
        let found = node.call_raw("gainsay_getDepositsByL1Transaction", params.clone()).await?;
        ensure!(found.as_array().is_some_and(|all| all.len() <= 1), "one deposit became several: {found}");
        Ok((found[0]["status"] == "included").then(|| found[0].clone()))
    };
    let last = eventually("the follower has the last deposit in a block", Patience::secs(60), async || included(&follower).await).await?;
    ensure!(Some(&last) == included(sequencer).await?.as_ref(), "the follower tells {last}");
    let count: U256 = serde_json::from_value(last["index"].clone())?;
    for index in 1..=count.to::<u64>() {
        let params = json!([format!("{index:#x}")]);
        let told = follower.call_raw("gainsay_getDeposit", params.clone()).await?;
        ensure!(
            told["status"] == "included" && told == sequencer.call_raw("gainsay_getDeposit", params).await?,
            "the follower tells {told}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ether_and_tokens_go_both_ways_with_viem() -> eyre::Result<()> {
    let (setup, sequencer) = network().await?;
    let challenger = setup.challenger_with_key("challenger", 6, &[])?;
    challenger.0.start_and_wait().await?;
    setup.run_client("bridge", &sequencer, [0, 1])
}
