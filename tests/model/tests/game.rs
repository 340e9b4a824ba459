//! Whole games at random, by the rules in Rust: many, since they are cheap.

mod support;

use gainsay_model::{game::Game, run::Runs};
use support::games;

#[test]
fn whatever_is_done_honest_stakes_never_lose_and_the_truth_is_confirmed_in_time() {
    let runs = Runs::new().expect("the program loads");
    games("games", 2_000, 60, |setup, script| Game::new(setup, &runs, None)?.play(script));
}
