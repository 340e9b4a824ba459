//! What others do in the same block just before an honest player, so that its transaction finds L1 changed.

use alloy::primitives::U256;
use gainsay_game::{decide::Policy, settings::Settings};
use gainsay_model::{
    fault::Fault,
    game::Game,
    hostile::{Conduct, Deed},
    report::Report,
    run::Runs,
    setup::{Setup, Turn},
};

/// The first claim among many that leads to what is looked for.
fn claim(game: &Game<'_>, gap: u64, wanted: impl Fn(&Game<'_>) -> bool) -> Turn {
    let numbers = (0..100).flat_map(|place| (1..60).map(move |lie| Deed::Claim { place, lie }));
    let turns = numbers.map(|claim| Turn { gap, before: vec![(0, claim)], ..Turn::default() });
    let found = turns.into_iter().find(|turn| {
        let mut next = game.copy().expect("no contracts");
        next.turn(turn).is_ok() && wanted(&next)
    });
    found.expect("one of so many")
}

/// A lie below what somebody has claimed alone and right, and which can be confirmed just when the honest player wants to come in: that is done ahead of
/// its stake, which L1 may have held back a second before. Then the match is opened bare ahead of it, and L1 keeps its last move out for as long as the
/// budget lasts. What becomes of the game.
fn confirmed_ahead(runs: &Runs, censoring: u64, held: bool) -> Result<Report, Fault> {
    let settings = Settings { bond: U256::from(1_001), window: 21, clock: 10, extension: 2, period: 1 };
    let honest = vec![Policy::default()];
    let setup = Setup { settings, reaction: 1, censoring, batches: 2, honest, hostile: vec![Conduct::Silent], anarchy: false };
    let mut game = Game::new(setup, runs, None).expect("it deploys");
    let genesis = game.l1().court().genesis_id();
    let truth = claim(&game, 2, |game| game.l1().court().assertions().count() == 2 && game.plan(0).todos.is_empty());
    game.turn(&truth).expect("nothing is wrong");
    game.turn(&Turn { gap: settings.window - 1, ..Turn::default() }).expect("nothing is wrong");
    let lie = claim(&game, 1, |game| game.l1().court().assertions().count() == 3 && !game.plan(0).todos.is_empty());
    game.turn(&lie).expect("nothing is wrong");
    let child = game.l1().court().assertions().find(|(_, record)| record.parent == genesis).map(|(id, _)| *id).expect("it is there");
    let choice = game.l1().ledger().assertions().iter().position(|assertion| assertion.id == child).expect("it is there") as u64;
    let kept_out = if held { u64::MAX } else { 0 };
    game.turn(&Turn { gap: 1, held: kept_out, before: vec![(0, Deed::Confirm { choice })], ..Turn::default() }).expect("nothing is wrong");
    assert_eq!(game.l1().court().latest_confirmed(), child);
    let entered = |game: &Game<'_>| game.l1().court().stake_records().count() == 2;
    assert_eq!(entered(&game), !held);
    if held {
        game.turn(&Turn { gap: 1, ..Turn::default() }).expect("nothing is wrong");
        assert!(entered(&game));
    }
    let bare = (0..100).map(|pair| Turn { gap: 1, before: vec![(0, Deed::Open { pair })], ..Turn::default() }).find(|turn| {
        let mut next = game.copy().expect("no contracts");
        next.turn(turn).is_ok() && next.l1().court().matches().any(|(_, m)| m.round == 0)
    });
    game.turn(&bare.expect("one of so many")).expect("nothing is wrong");
    for _ in 0..40 {
        let last = game.l1().court().matches().any(|(_, m)| m.round == 10);
        let held = if last { u64::MAX } else { 0 };
        game.turn(&Turn { gap: 1, held, after: vec![(0, Deed::Play { choice: 2 })], ..Turn::default() })?;
    }
    game.play(&[])
}

#[test]
fn confirming_ahead_of_an_honest_stake_takes_it_no_time() {
    let runs = Runs::new().expect("the program loads");
    for censoring in [0, 1, 2] {
        let end = confirmed_ahead(&runs, censoring, false);
        assert_eq!(end.unwrap_or_else(|fault| panic!("X = {censoring}: {fault}")).defeated, 1);
    }
    let end = confirmed_ahead(&runs, 2, true);
    assert_eq!(end.unwrap_or_else(|fault| panic!("held back: {fault}")).defeated, 1);
}
