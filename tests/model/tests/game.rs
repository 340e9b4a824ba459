//! Whole games at random, by the rules in Rust: many, since they are cheap.

mod support;

use gainsay_model::{game::Game, referee::Report, run::Runs};
use proptest::{prelude::*, test_runner::TestCaseError};
use std::{cell::RefCell, time::Instant};
use support::{check, scripts, setups};

#[test]
fn whatever_is_done_honest_stakes_never_lose_and_the_truth_is_confirmed_in_time() {
    let runs = Runs::new().expect("the program loads");
    let total = RefCell::new(Report::default());
    let start = Instant::now();
    check("games", 2_000, &(setups(), scripts(60)), |(setup, script)| {
        prop_assert!(setup.is_sound());
        let game = Game::new(setup, &runs, None).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        let report = game.play(&script).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        total.borrow_mut().add(&report);
        Ok(())
    });
    eprintln!("{:?}: {:#?}", start.elapsed(), total.borrow());
}
