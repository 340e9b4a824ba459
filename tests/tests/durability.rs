//! What the sequencer announced as `latest` is there after it was killed under full load, and followers have the same.

use eyre::ensure;
use gainsay_tests::{Announced, Load, Options, Patience, Random, Setup};
use serde_json::json;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::sleep;

/// Nothing reaches L1: whatever is there afterwards was on this disk.
const NEVER: [&str; 2] = ["--batch-interval", "86400"];

#[tokio::test(flavor = "multi_thread")]
async fn no_announced_block_is_lost_when_the_sequencer_is_killed_under_full_load() -> eyre::Result<()> {
    killed_under_load("durability", 3).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two minutes more: scripts/test --long"]
async fn no_announced_block_is_lost_in_many_kills_under_full_load() -> eyre::Result<()> {
    killed_under_load("long durability", 25).await
}

async fn killed_under_load(name: &str, rounds: u64) -> eyre::Result<()> {
    let mut random = Random::from_env(name);
    // Room for thousands of transfers a block, at a base fee that stays.
    let gas = 1_000_000_000u64;
    let params = vec![("/chain/blockGasLimit", json!(gas)), ("/chain/gasRate", json!(4 * gas)), ("/chain/gasTarget", json!(gas))];
    let setup = Setup::start(Options { params, ..Options::default() }).await?;
    let sequencer = setup.sequencer_with("sequencer", &NEVER)?;
    sequencer.start_and_wait().await?;
    let feed = sequencer.url().as_str().replace("http://", "ws://");
    let follower = setup.follower_with("follower", &["--feed", &feed])?;
    follower.start_and_wait().await?;

    let (load, announced) = (Load::new(setup.l2_chain_id()?)?, Announced::default());
    let mut checked = 0;
    for round in 0..rounds {
        let moment = Duration::from_millis(300 + random.below(2_200));
        let before = announced.newest();
        tokio::select! {
            failed = announced.watch(&sequencer) => failed?,
            killed = load.during(&sequencer, async {
                sleep(moment).await;
                sequencer.kill()
            }) => killed?,
        }
        let promised = announced.newest();
        sequencer.start_and_wait().await?;
        ensure!(sequencer.head("latest").await? >= promised, "round {round}: block {promised} was announced and is gone");
        announced.check(&sequencer, checked, promised).await?;
        eprintln!("{name}: killed after {moment:?}, blocks {before} to {promised}, {} transactions in all", announced.transactions());
        checked = promised;
    }
    ensure!(announced.transactions() > 100 * rounds as usize, "this was no load: {} transactions", announced.transactions());
    let promised = announced.newest();
    follower.reaches("latest", promised, Patience::secs(60)).await?;
    announced.check(&follower, 0, promised).await?;
    announced.check(&sequencer, 0, promised).await
}

/// A machine that lost power may have lost the end of what was written without a sync; here even more is gone. The node then goes on from an older block
/// of the same chain, or says that its data is damaged; it never serves another chain.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "half a minute more: scripts/test --long"]
async fn with_the_end_of_its_newest_file_cut_off_a_sequencer_has_an_older_chain_or_refuses() -> eyre::Result<()> {
    let mut random = Random::from_env("cut files");
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer_with("sequencer", &NEVER)?;
    let (load, announced) = (Load::new(setup.l2_chain_id()?)?, Announced::default());
    sequencer.start_and_wait().await?;
    tokio::select! {
        failed = announced.watch(&sequencer) => failed?,
        killed = load.during(&sequencer, async {
            sleep(Duration::from_secs(5)).await;
            sequencer.kill()
        }) => killed?,
    }
    for most in [1, 4_096, 1 << 20] {
        let file = newest_file(&setup.path("sequencer"))?;
        let (length, cut) = (fs::metadata(&file)?.len(), 1 + random.below(most));
        File::options().write(true).open(&file)?.set_len(length.saturating_sub(cut))?;
        match sequencer.start_and_wait().await {
            Ok(()) => {
                let latest = sequencer.head("latest").await?;
                announced.check(&sequencer, 0, latest.min(announced.newest())).await?;
                sequencer.kill()?;
                eprintln!("{cut} bytes less: block {latest} of {}", announced.newest());
            }
            Err(error) => {
                let words = format!("{error:#}");
                ensure!(words.contains("damaged") || words.contains("database failed"), "it does not say what is wrong: {words}");
                let reason = words.lines().find(|line| line.contains("damaged") || line.contains("database failed"));
                eprintln!("{cut} bytes less: refused: {}", reason.unwrap_or_default());
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The file that was written last.
fn newest_file(folder: &Path) -> eyre::Result<PathBuf> {
    let mut newest = None;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.len() > 0 && newest.as_ref().is_none_or(|(time, _)| meta.modified().is_ok_and(|modified| modified > *time)) {
                newest = Some((meta.modified()?, entry.path()));
            }
        }
    }
    newest.map(|(_, path)| path).ok_or_else(|| eyre::eyre!("the node has written nothing"))
}
