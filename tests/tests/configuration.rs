//! Bad configuration: one clear line, a non-zero exit, and nothing else.

use alloy::primitives::Address;
use eyre::ensure;
use gainsay_tests::{Finished, L1, Node, Options, Process, Setup, accounts, free_port, program};
use serde_json::json;
use std::{fs, net::TcpListener, process::Command, time::Duration};

/// Runs what must fail; checks that it says one line with all the words, and how it ends.
fn refused(command: &mut Command, words: &[&str]) -> eyre::Result<()> {
    // Without the log, only the error is left on stderr.
    let Finished { status, stdout, stderr } = Process::run(command.env("RUST_LOG", "off"), Duration::from_secs(40))?;
    ensure!(status.code() == Some(1), "{command:?} ended with {status}: {stdout}{stderr}");
    let lines: Vec<_> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    ensure!(lines.len() == 1, "{command:?} says {} lines: {stderr}", lines.len());
    let line = lines[0].to_lowercase();
    for word in words {
        ensure!(line.contains(&word.to_lowercase()), "{word:?} is missing in: {stderr}");
    }
    Ok(())
}

/// The command of a node with one option's value replaced.
fn with(node: &Node, option: &str, value: &str) -> eyre::Result<Command> {
    let original = node.command()?;
    let mut command = Command::new(original.get_program());
    let mut arguments: Vec<_> = original.get_args().map(ToOwned::to_owned).collect();
    let position = arguments.iter().position(|one| one == option);
    let slot = position.and_then(|position| arguments.get_mut(position + 1));
    *slot.ok_or_else(|| eyre::eyre!("the node has no {option}"))? = value.into();
    command.args(arguments);
    command.envs(original.get_envs().filter_map(|(key, value)| Some((key, value?))));
    Ok(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_gets_one_clear_line_and_a_failure() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let (sequencer, follower, challenger) = (setup.sequencer("sequencer")?, setup.follower("follower")?, setup.challenger("challenger")?);
    let nodes = [&sequencer, &follower, &challenger.0];

    let elsewhere = L1::start(free_port()?, 4_242, &setup.path("logs")).await?;
    let nowhere = format!("http://127.0.0.1:{}", free_port()?);
    for node in nodes {
        refused(&mut with(node, "--l1-rpc", elsewhere.url().as_str())?, &["chain id", "4242", "31337"])?;
        refused(&mut with(node, "--l1-rpc", &nowhere)?, &["L1", &nowhere])?;
        refused(&mut with(node, "--network", "/nonexistent")?, &["addresses.json"])?;
    }

    let mut wrong_key = sequencer.command()?;
    let stranger = accounts::signer(0)?.address();
    refused(wrong_key.env("GAINSAY_BATCHER_KEY", accounts::key(0)?), &["sequencer", &address(stranger)])?;
    refused(sequencer.command()?.env("GAINSAY_BATCHER_KEY", "0x12"), &["key"])?;
    refused(sequencer.command()?.env_remove("GAINSAY_BATCHER_KEY"), &["GAINSAY_BATCHER_KEY"])?;

    fs::create_dir(setup.path("broken"))?;
    fs::write(setup.path("broken/addresses.json"), "{ \"l1ChainId\": ")?;
    refused(&mut with(&follower, "--network", &setup.path("broken").display().to_string())?, &["addresses.json"])?;
    Ok(())
}

fn address(account: Address) -> String {
    account.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_serves_one_process_of_one_chain() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    setup.deploy("other", &[("/l2ChainId", json!(424_242))])?;
    let other = setup.path("other").display().to_string();
    let (sequencer, follower, challenger) = (setup.sequencer("sequencer")?, setup.follower("follower")?, setup.challenger("challenger")?);
    for node in [&sequencer, &follower, &challenger.0] {
        node.start_and_wait().await?;
        let port_option = if node.name() == "challenger" { "--status-port" } else { "--port" };
        let free = free_port()?.to_string();
        let data = setup.path(node.name()).display().to_string();
        refused(&mut with(node, port_option, &free)?, &[&data, "another process"])?;
        node.stop()?;
        refused(&mut with(node, "--network", &other)?, &[&data, "another chain"])?;

        let taken = TcpListener::bind("127.0.0.1:0")?;
        let port = taken.local_addr()?.port().to_string();
        refused(&mut with(node, port_option, &port)?, &[&port])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deploying_twice_changes_nothing_and_bad_parameters_are_refused() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let before = setup.network()?;
    let height = setup.l1.height().await?;
    setup.deploy("network", &[])?;
    ensure!(setup.network()? == before, "addresses.json has changed");
    let sent = sent_since(&setup, height).await?;
    ensure!(sent == 0, "deploying again sent {sent} transactions");

    let deploy = |params: &str| -> eyre::Result<Command> {
        let mut command = Command::new(program("sequencer")?);
        let out = setup.path("refused");
        command.args(["deploy", "--l1-rpc", setup.l1.url().as_str(), "--params", params, "--out"]).arg(out);
        command.env("GAINSAY_DEPLOYER_KEY", accounts::key(accounts::DEPLOYER)?);
        Ok(command)
    };
    refused(&mut deploy("/nonexistent.json")?, &["/nonexistent.json"])?;
    let broken = setup.path("broken.json");
    fs::write(&broken, "{ \"l2ChainId\": 1, ")?;
    refused(&mut deploy(&broken.display().to_string())?, &["broken.json"])?;
    Ok(())
}

/// Transactions in L1's blocks after `height`.
async fn sent_since(setup: &Setup, height: u64) -> eyre::Result<usize> {
    use alloy::providers::Provider;
    let mut sent = 0;
    for number in height + 1..=setup.l1.height().await? {
        let block = setup.l1.provider().get_block_by_number(number.into()).await?;
        sent += block.map_or(0, |block| block.transactions.len());
    }
    Ok(sent)
}
