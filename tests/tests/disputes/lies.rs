//! Every kind of lie, turned false at every kind of machine step, each by a liar of its own, all at once.

use crate::arena::{Arena, Clocks};
use eyre::{OptionExt, ensure};
use gainsay_tests::{Disputes, Patience, Random, accounts};

/// Gas of a dispute at full depth, both sides.
const MOST_GAS: u64 = 1_500_000;
/// Transactions of a match at full depth.
const WHOLE: usize = 12;

/// What is false of the chain and from which block step on; and from which step of that block step's run on.
const LIES: [(&str, &str); 15] = [
    ("root:first", "first"),
    ("root:last", "halt"),
    ("root:random", "random"),
    ("root:idle", "random"),
    ("root:end", "halted"),
    ("more-blocks", "read"),
    ("huge-blocks", "input"),
    ("fewer-blocks", "key"),
    ("cursor", "write"),
    ("deposits", "load"),
    ("behind:first", "branch"),
    ("behind:last", "multiply"),
    ("root:random", "end"),
    ("more-blocks:first", "read"),
    ("skip-batch:first", "random"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_lie_at_every_kind_of_step_loses_to_a_challenger() -> eyre::Result<()> {
    let mut random = Random::from_env("lies");
    let mut arena = Arena::start(Clocks::WIDE).await?;
    let mut challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    // Slower than the liars, so that most of them open; then the last move is its own.
    challenger.0.set("--l1-poll", "1500")?;
    challenger.0.start_and_wait().await?;
    tell(&mut arena, &LIES, &["--first"], &mut random).await?;
    let disputes = arena.all_lose(Patience::secs(300)).await?;
    arena.print("lies against a challenger", &disputes).await?;
    let by_step = whole(&arena, &disputes).await?;
    ensure!(by_step > 0, "no lie was contradicted by the machine itself");
    arena.silence()?;
    let disputes = arena.settle(&challenger, Patience::secs(180)).await?;
    arena.print("lies against a challenger, in the end", &disputes).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposer_defends_its_own_claim_against_lies() -> eyre::Result<()> {
    let mut random = Random::from_env("lies");
    let mut arena = Arena::with_proposer(Clocks::WIDE).await?;
    let watcher = arena.setup.challenger("watcher")?;
    watcher.0.start_and_wait().await?;
    let lies = [("root:first", "first"), ("root:last", "halt"), ("fewer-blocks", "read"), ("root:random", "random")];
    tell(&mut arena, &lies, &[], &mut random).await?;
    let disputes = arena.all_lose(Patience::secs(240)).await?;
    whole(&arena, &disputes).await?;
    arena.silence()?;
    let disputes = arena.settle(&watcher, Patience::secs(150)).await?;
    arena.print("lies against the proposer", &disputes).await?;
    Ok(())
}

/// Starts a liar for each.
async fn tell(arena: &mut Arena, lies: &[(&str, &str)], how: &[&str], random: &mut Random) -> eyre::Result<()> {
    for (key, (lie, machine)) in (0..).zip(lies) {
        let seed = random.below(1 << 32).to_string();
        let options = [how, &["--lie", lie, "--machine", machine, "--conduct", "prompt", "--seed", &seed]].concat();
        arena.lie(&format!("{lie}+{machine}"), key..key + 1, &options).await?;
    }
    Ok(())
}

/// Every liar that plays on without delay comes to a single machine step, and loses by it; or by the clock, where it is the liar's turn to show that step.
/// How many lose by the step.
async fn whole(arena: &Arena, disputes: &Disputes) -> eyre::Result<usize> {
    let mut by_step = 0;
    for liar in arena.liars() {
        let mut lost = disputes.matches.values().filter(|found| found.won.is_some_and(|won| found.loser(&won) == liar));
        let found = lost.next().ok_or_eyre("nobody has beaten it")?;
        let name = arena.name(found.sides[0]) + " and " + &arena.name(found.sides[1]);
        by_step += usize::from(found.won.is_some_and(|won| !won.by_clock));
        ensure!(found.transactions.len() == WHOLE, "{name}: {} transactions", found.transactions.len());
        let gas = arena.setup.gas_of(&found.transactions).await?;
        eprintln!("{name}: {gas} gas, {} s", found.seconds().unwrap_or_default());
        ensure!(gas <= MOST_GAS, "{name}: {gas} gas");
        ensure!(lost.next().is_none(), "it has lost twice");
    }
    Ok(by_step)
}
