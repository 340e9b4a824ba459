//! Liars that do not play fair, against two honest challengers.

use crate::arena::{Arena, Clocks};
use eyre::ensure;
use gainsay_tests::{Patience, Status, accounts};

/// Those that are slow answer 20 s before their time is over, at the latest.
const CONDUCTS: [&str; 5] = ["late:20", "random:20", "stall:2", "noise", "bare"];
/// Stakes on the truth, to win against a liar of its own before the honest ones do.
const ACCOMPLICE: u32 = accounts::LIARS + accounts::MOST_LIARS;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_stalls_answers_noise_or_plays_against_itself_loses_to_two_challengers_who_both_gain() -> eyre::Result<()> {
    let mut arena = Arena::start(Clocks { window: 300, clock: 120, extension: 24 }).await?;
    let first = arena.challenger("the first challenger", accounts::CHALLENGER, &[]).await?;
    let second = arena.challenger("the second challenger", accounts::CHALLENGER + 1, &[]).await?;
    first.0.start_and_wait().await?;
    second.0.start_and_wait().await?;
    let lie = ["--first", "--lie", "root:random", "--machine", "random", "--seed", "7"];
    for (key, conduct) in (0..).zip(CONDUCTS) {
        arena.lie(conduct, key..key + 1, &[&lie[..], &["--conduct", conduct]].concat()).await?;
    }
    let accomplice = accounts::signer(ACCOMPLICE)?.address();
    arena.endow(accomplice).await?;
    let number = ACCOMPLICE.to_string();
    arena.lie("the one with an accomplice", 5..6, &[&lie[..], &["--conduct", "late:20", "--accomplice", &number]].concat()).await?;

    let disputes = arena.all_lose(Patience::secs(300)).await?;
    arena.print("conducts", &disputes).await?;
    arena.silence()?;
    let disputes = arena.settle(&first, Patience::secs(180)).await?;
    arena.print("conducts, in the end", &disputes).await?;
    // Telling the truth is no crime.
    ensure!(disputes.stakes_of(accomplice).all(|stake| stake.status != Status::Defeated), "{}", arena.story(&disputes));
    Ok(())
}
