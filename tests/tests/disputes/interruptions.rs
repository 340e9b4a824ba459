//! The challenger is killed at every move, and L1 takes moves back.

use crate::arena::{Arena, Clocks};
use alloy::{primitives::B256, providers::Provider};
use eyre::{OptionExt, ensure};
use gainsay_tests::{Challenger, Disputes, Patience, accounts, owner_of};

/// Transactions of a match at full depth.
const WHOLE: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_move_or_with_moves_taken_back_by_l1_the_challenger_wins_all_the_same() -> eyre::Result<()> {
    let mut arena = Arena::start(Clocks::WIDE).await?;
    let mut challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    // Slower than the liars, so that they open; then the last move is its own.
    challenger.0.set("--l1-poll", "1500")?;
    challenger.0.start_and_wait().await?;
    killed(&mut arena, &challenger).await?;
    taken_back(&mut arena).await?;
    let disputes = arena.settle(&challenger, Patience::secs(150)).await?;
    arena.print("interruptions", &disputes).await?;
    Ok(())
}

/// `kill -9` after each thing that happens on L1, from the lie on.
async fn killed(arena: &mut Arena, challenger: &Challenger) -> eyre::Result<()> {
    let liar = arena.lie("the first liar", 0..1, &["--first", "--lie", "root", "--machine", "read", "--seed", "3"]).await?;
    let (mut kills, mut seen) = (0, 0);
    while !arena.has_lost(&liar, &arena.setup.disputes().await?) {
        let disputes = arena.until("the next thing happens", Patience::secs(90), |d| steps(d) > seen).await?;
        seen = steps(&disputes);
        challenger.0.kill()?;
        kills += 1;
        challenger.0.start_and_wait().await?;
    }
    let disputes = arena.lose(&liar, Patience::secs(10)).await?;
    arena.print(&format!("killed {kills} times"), &disputes).await?;
    ensure!(kills >= WHOLE, "killed {kills} times only");
    Ok(())
}

/// What has happened so far that a challenger could be killed after.
fn steps(disputes: &Disputes) -> usize {
    disputes.moves() + disputes.stakes.len()
}

/// L1 undoes the challenger's opening against another liar, and some moves of both sides.
async fn taken_back(arena: &mut Arena) -> eyre::Result<()> {
    let liar = arena.lie("the second liar", 1..2, &["--lie", "root", "--machine", "random"]).await?;
    let against = liar.clone();
    let found =
        move |d: &Disputes| d.matches.values().find(|one| one.sides.into_iter().any(|side| against.contains(&owner_of(side)))).cloned();
    take_back(arena, "the liar's stake", |d| d.stakes_of(liar[0]).next().map(|stake| stake.placed_by)).await?;
    take_back(arena, "the opening", |d| found(d)?.transactions.first().copied()).await?;
    for moves in [2, 3, 6, 7, 10, 11] {
        let last = |d: &Disputes| found(d).filter(|one| one.played.len() >= moves)?.played.last().map(|played| played.transaction);
        take_back(arena, &format!("move {moves}"), last).await?;
    }
    let disputes = arena.lose(&liar, Patience::secs(120)).await?;
    arena.print("taken back", &disputes).await?;
    Ok(())
}

/// Waits for a transaction and has L1 replace its block and what came after by empty ones.
async fn take_back(arena: &Arena, what: &str, transaction: impl Fn(&Disputes) -> Option<B256>) -> eyre::Result<()> {
    let disputes = arena.until(what, Patience::secs(90), |d| transaction(d).is_some()).await?;
    let hash = transaction(&disputes).ok_or_eyre("it was there")?;
    let l1 = &arena.setup.l1;
    let receipt = l1.provider().get_transaction_receipt(hash).await?.ok_or_eyre("no receipt")?;
    let block = receipt.block_number.ok_or_eyre("no block")?;
    let (depth, before) = (l1.height().await? - block + 1, l1.hash(block).await?);
    l1.reorg(depth).await?;
    ensure!(l1.hash(block).await? != before, "L1 made no reorg");
    let after = l1.provider().get_transaction_receipt(hash).await?;
    ensure!(after.is_none_or(|again| again.block_number > Some(block)), "{what} was not taken back");
    eprintln!("{what} taken back with {depth} blocks");
    Ok(())
}
