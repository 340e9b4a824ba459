//! The challenger is killed at every move, and L1 takes moves back.

use crate::arena::{Arena, Clocks};
use alloy::{primitives::B256, providers::Provider};
use eyre::{OptionExt, ensure};
use gainsay_tests::{Disputes, Patience, accounts};

/// Transactions of a match at full depth.
const WHOLE: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_challenger_that_is_killed_at_every_move_still_wins() -> eyre::Result<()> {
    let mut arena = Arena::start(Clocks::WIDE).await?;
    let challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    challenger.0.start_and_wait().await?;
    let liar = arena.lie("the liar", 0..1, &["--first", "--lie", "root", "--machine", "random"]).await?;
    let (mut kills, mut seen) = (0, 0);
    while !arena.has_lost(&liar, &arena.setup.disputes().await?) {
        let disputes = arena.until("the next thing happens", Patience::secs(90), |d| steps(d) > seen).await?;
        seen = steps(&disputes);
        challenger.0.kill()?;
        kills += 1;
        challenger.0.start_and_wait().await?;
    }
    let disputes = arena.all_lose(Patience::secs(10)).await?;
    arena.print(&format!("killed {kills} times"), &disputes).await?;
    ensure!(kills >= WHOLE, "killed {kills} times only");
    arena.settle(&challenger, Patience::secs(120)).await?;
    Ok(())
}

/// What has happened so far that a challenger could be killed after.
fn steps(disputes: &Disputes) -> usize {
    disputes.moves() + disputes.stakes.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn stake_opening_and_moves_that_l1_takes_back_are_made_again_and_the_result_is_the_same() -> eyre::Result<()> {
    let mut arena = Arena::start(Clocks::WIDE).await?;
    let challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    challenger.0.start_and_wait().await?;
    let me = accounts::signer(accounts::CHALLENGER)?.address();
    let liar = arena.lie("the liar", 0..1, &["--first", "--lie", "root", "--machine", "random"]).await?;

    let staked = |d: &Disputes| d.stakes_of(me).next().map(|stake| stake.placed_by);
    take_back(&arena, "its stake", staked).await?;
    let opened = |d: &Disputes| d.matches.values().next().and_then(|found| found.transactions.first().copied());
    take_back(&arena, "the opening", opened).await?;
    for moves in [2, 3, 6, 7, 10, 11] {
        let last = move |d: &Disputes| {
            let found = d.matches.values().next().filter(|found| found.played.len() >= moves)?;
            found.played.last().map(|played| played.transaction)
        };
        take_back(&arena, &format!("move {moves}"), last).await?;
    }
    let disputes = arena.lose(&liar, Patience::secs(120)).await?;
    arena.print("taken back", &disputes).await?;
    arena.settle(&challenger, Patience::secs(120)).await?;
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
