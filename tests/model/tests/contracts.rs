//! The same games with the contracts beside the rules: every act has the same result, the same events or the same error, and all that is held is the same.

mod support;

use gainsay_model::{chain::Chain, game::Game, referee::Report, run::Runs};
use proptest::{prelude::*, test_runner::TestCaseError};
use std::{cell::RefCell, time::Instant};
use support::{check, scripts, setups};

#[test]
fn the_contracts_do_what_the_rules_say_in_every_game() {
    let runs = Runs::new().expect("the program loads");
    let chain = RefCell::new(Chain::new().expect("the contracts deploy"));
    let fresh = chain.borrow().save();
    let total = RefCell::new(Report::default());
    let start = Instant::now();
    check("contracts", 200, &(setups(), scripts(60)), |(setup, script)| {
        prop_assert!(setup.is_sound());
        let mut chain = chain.borrow_mut();
        chain.restore(&fresh);
        let game = Game::new(setup, &runs, Some(&mut chain)).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        let report = game.play(&script).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        total.borrow_mut().add(&report);
        Ok(())
    });
    eprintln!("{:?}: {:#?}", start.elapsed(), total.borrow());
}
