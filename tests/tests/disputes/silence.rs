//! Lies that nobody plays for.

use crate::arena::{Arena, Clocks};
use gainsay_tests::{Patience, accounts, eventually, hostile};

#[tokio::test(flavor = "multi_thread")]
async fn a_lie_that_nobody_plays_for_loses_by_the_clock_against_proposer_and_challenger() -> eyre::Result<()> {
    let mut arena = Arena::with_proposer(Clocks::WIDE).await?;
    let challenger = arena.challenger("challenger", accounts::CHALLENGER, &[]).await?;
    challenger.0.start_and_wait().await?;
    let liar = accounts::signer(accounts::USERS - 2)?.address();
    arena.expect_liar("the silent one", liar);
    let what = "a rival is staked";
    eventually(what, Patience::secs(60), async || Ok(Some(hostile::false_assertion(&arena.setup, accounts::USERS - 2).await?))).await?;
    let disputes = arena.all_lose(Patience::secs(120)).await?;
    arena.print("silence", &disputes).await?;
    let disputes = arena.settle(&challenger, Patience::secs(120)).await?;
    arena.print("silence, in the end", &disputes).await?;
    Ok(())
}
