//! Liars that do not play fair, against two honest challengers.

use crate::arena::{Arena, Clocks};
use gainsay_tests::{Patience, accounts};

const CONDUCTS: [&str; 5] = ["late:20", "random:20", "stall:2", "noise", "bare"];

#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_stalls_or_answers_noise_loses_to_two_challengers_who_both_gain() -> eyre::Result<()> {
    let mut arena = Arena::start(Clocks { window: 300, clock: 120, extension: 24 }).await?;
    let first = arena.challenger("the first challenger", accounts::CHALLENGER, &[]).await?;
    let second = arena.challenger("the second challenger", accounts::CHALLENGER + 1, &[]).await?;
    first.0.start_and_wait().await?;
    second.0.start_and_wait().await?;
    for (key, conduct) in (0..).zip(CONDUCTS) {
        let how = ["--first", "--lie", "root:random", "--machine", "random", "--seed", "7", "--conduct", conduct];
        arena.lie(conduct, key..key + 1, &how).await?;
    }
    let disputes = arena.all_lose(Patience::secs(300)).await?;
    arena.print("conducts", &disputes).await?;
    arena.silence()?;
    let disputes = arena.settle(&first, Patience::secs(180)).await?;
    arena.print("conducts, in the end", &disputes).await?;
    Ok(())
}
