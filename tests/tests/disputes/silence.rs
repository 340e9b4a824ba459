//! Lies that nobody plays for: they lose by the clock.

use crate::arena::{Arena, Clocks};
use alloy::primitives::{B256, U256};
use eyre::ensure;
use gainsay_tests::{Patience, accounts, eventually, hostile};

const SILENT: [(u32, &str); 3] = [(3, "a huge block number"), (4, "a false root"), (5, "the same false root")];

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_claims_and_a_huge_block_number_lose_by_the_clock_and_two_honest_sides_do_not_harm_each_other() -> eyre::Result<()> {
    let mut arena = Arena::with_proposer(Clocks::WIDE).await?;
    let challenger = arena.challenger("the challenger", accounts::CHALLENGER, &[]).await?;
    challenger.0.start_and_wait().await?;
    for (account, name) in SILENT {
        arena.expect_liar(name, accounts::signer(account)?.address());
    }
    // One assertion is chosen, so that the two claim the same.
    let chosen = eventually("there is an assertion to deny", Patience::secs(60), async || {
        let newest = hostile::assertions(&arena.setup).await?.pop().filter(|newest| newest.end.l2BlockNumber > 0);
        let Some(newest) = newest else { return Ok(None) };
        let beyond = hostile::forged_rival(&arena.setup, 3, &newest, |end| end.batchIndex = u64::MAX).await;
        let refused = format!("{:?}", beyond.err());
        ensure!(refused.contains("revert"), "a claim beyond the data on L1: {refused}");
        hostile::forged_rival(&arena.setup, 3, &newest, |end| end.l2BlockNumber = u64::MAX).await?;
        Ok(Some(newest))
    })
    .await?;
    for account in [4, 5] {
        hostile::forged_rival(&arena.setup, account, &chosen, |end| end.outputRoot ^= B256::with_last_byte(1)).await?;
    }
    let disputes = arena.all_lose(Patience::secs(150)).await?;
    let by_clock = disputes.matches.values().filter(|found| found.won.is_some_and(|won| won.by_clock)).count();
    ensure!(by_clock == 3, "{by_clock} lost by the clock: {}", arena.story(&disputes));
    let disputes = arena.settle(&challenger, Patience::secs(120)).await?;
    arena.print("lies that nobody plays for", &disputes).await?;
    // Three half bonds in all, shared between the two.
    let prizes: U256 = disputes.prizes.values().copied().sum();
    ensure!(prizes == U256::from(1_500_000_000_000_000_000_u64), "{prizes} wei of prizes");
    Ok(())
}
