//! Whole games at random, by the rules in Rust: many, since they are cheap.

mod support;

use gainsay_model::{game::Game, run::Runs};
use support::games;

#[test]
fn whatever_is_done_honest_stakes_never_lose_and_the_truth_is_confirmed_in_time() {
    let runs = Runs::new().expect("the program loads");
    let total = games("long games", 800, 60, |setup, script| Game::new(setup, &runs, None)?.play(script));
    // The games are worth something only if everything happens in them.
    for act in ["open", "open and dissect", "dissect", "move", "enter machine", "load", "step", "timeout", "evict", "confirm", "reward"] {
        assert!(total.done.get(act).is_some_and(|count| *count > 10), "hardly any {act}: {total:?}");
    }
    assert!(total.reorgs > 10 && total.refused.len() > 30, "{total:?}");
    assert!(total.defeated > 500 && total.least_clock < 4, "{total:?}");
}

#[test]
fn a_short_attack_followed_by_silence_ends_as_well() {
    let runs = Runs::new().expect("the program loads");
    let total = games("short games", 2_000, 20, |setup, script| Game::new(setup, &runs, None)?.play(script));
    assert!(total.confirmed > 2_000 && !total.earned.is_zero(), "{total:?}");
}
