//! The same games with the contracts beside the rules: every act has the same result, the same events or the same error, and all that is held is the same.

mod support;

use gainsay_model::{chain::Chain, game::Game, run::Runs};
use std::cell::RefCell;
use support::games;

#[test]
fn the_contracts_do_what_the_rules_say_in_every_game() {
    let runs = Runs::new().expect("the program loads");
    let chain = RefCell::new(Chain::new().expect("the contracts deploy"));
    let fresh = chain.borrow().save();
    games("contracts", 200, 60, |setup, script| {
        let mut chain = chain.borrow_mut();
        chain.restore(&fresh);
        Game::new(setup, &runs, Some(&mut chain))?.play(script)
    });
}
