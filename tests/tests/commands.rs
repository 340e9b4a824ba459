//! What a person types: deposits from L1, and the state of each node in words.

use alloy::primitives::{Address, U256};
use eyre::ensure;
use gainsay_tests::{Options, Patience, Process, Random, Setup, accounts, program};
use serde_json::Value;
use std::{process::Command, time::Duration};

/// Runs it; it must succeed.
fn output(command: &mut Command) -> eyre::Result<String> {
    let finished = Process::run(command.env("RUST_LOG", "off"), Duration::from_secs(30))?;
    ensure!(finished.status.success(), "{command:?}: {}", finished.stderr);
    Ok(finished.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_deposit_and_tell_the_state_of_each_node() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let (sequencer, challenger) = (setup.sequencer("sequencer")?, setup.challenger("challenger")?);
    sequencer.start_and_wait().await?;
    challenger.0.start_and_wait().await?;

    let to = Address::from_slice(&Random::from_env("commands").bytes(20));
    let mut deposit = Command::new(program("sequencer")?);
    deposit.args(["bridge", "deposit", "--l1-rpc", setup.l1.url().as_str(), "--value", "1.5ether", "--to", &to.to_string()]);
    deposit.args(["--wait", "--timeout", "20", "--json", "--l2-rpc", sequencer.url().as_str()]);
    deposit.arg("--network").arg(setup.path("network")).env("GAINSAY_KEY", accounts::key(0)?);
    let report: Value = serde_json::from_str(&output(&mut deposit)?)?;
    ensure!(report["executed"][0]["outcome"] == "succeeded", "the deposit has not arrived: {report}");
    ensure!(sequencer.balance(to).await? == U256::from(1_500_000_000_000_000_000_u64), "it brought another amount");

    let mut status = Command::new(program("sequencer")?);
    let words = output(status.args(["status", "--rpc", sequencer.url().as_str()]))?;
    for word in ["latest", "safe", "finalized"] {
        ensure!(words.contains(word), "{word} is missing in: {words}");
    }
    let tip = sequencer.head("latest").await?;
    sequencer.reaches("safe", tip, Patience::secs(60)).await?;
    challenger.sees_confirmed(tip, Patience::secs(180)).await?;
    let mut status = Command::new(program("challenger")?);
    let words = output(status.args(["status", "--url", challenger.0.url().as_str()]))?;
    ensure!(words.contains("confirmed: agree"), "no agreement in: {words}");
    Ok(())
}
