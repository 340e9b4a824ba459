//! Many liars at once against one honest challenger.

use crate::arena::{Arena, Clocks};
use eyre::ensure;
use gainsay_tests::{Disputes, Patience, accounts};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_liars_at_once_lose_to_one_honest_challenger() -> eyre::Result<()> {
    against(20, Patience::secs(240)).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "one and a half minutes more: scripts/test --long"]
async fn sixty_liars_at_once_lose_to_one_honest_challenger() -> eyre::Result<()> {
    against(60, Patience::secs(900)).await
}

async fn against(count: u32, patience: Patience) -> eyre::Result<()> {
    let mut arena = Arena::start(Clocks::WIDE).await?;
    let mut challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    // Slower than the liars, so that they open: then the last move is its own, and no clock has to run out.
    challenger.0.set("--l1-poll", "1500")?;
    challenger.0.start_and_wait().await?;
    arena.lie("the crowd", 0..count, &["--first", "--lie", "root:random", "--machine", "random"]).await?;
    let disputes = arena.all_lose(patience).await?;
    let spending = arena.print(&format!("{count} liars"), &disputes).await?;
    let (most, seconds) = overlap(&disputes);
    let honest = spending[&accounts::signer(accounts::CHALLENGER)?.address()];
    eprintln!(
        "{count} liars in {seconds} s of L1, {most} matches at once at most; {} gas of the honest side for each",
        honest.gas / u64::from(count)
    );
    ensure!(most >= count as usize / 2, "only {most} matches were on at the same time");
    arena.silence()?;
    arena.settle(&challenger, Patience::secs(180)).await?;
    Ok(())
}

/// The most matches that were on at the same time, and the seconds from the first opening to the last end.
fn overlap(disputes: &Disputes) -> (usize, u64) {
    let spans: Vec<_> = disputes.matches.values().filter_map(|found| Some((found.opened, found.won?.time))).collect();
    let at = |time: u64| spans.iter().filter(|(from, to)| *from <= time && time < *to).count();
    let most = spans.iter().map(|(from, _)| at(*from)).max().unwrap_or_default();
    let (first, last) = (spans.iter().map(|span| span.0).min(), spans.iter().map(|span| span.1).max());
    (most, last.unwrap_or_default() - first.unwrap_or_default())
}
