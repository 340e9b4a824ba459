//! Scripts at random.

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
use proptest::{
    collection::vec,
    prelude::*,
    strategy::Union,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use std::{
    cell::RefCell,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Plays `usual` games, times `GAINSAY_CASES`, and says what happened in all of them. Prints the seed; `GAINSAY_SEED=N` repeats a run. Of a game that fails,
/// a shorter script that fails too is looked for, and that game is told.
pub(crate) fn games(test: &str, usual: u32, blocks: usize, play: impl Fn(Setup, &[Turn]) -> Result<Report, Fault>) -> Report {
    let given = std::env::var("GAINSAY_SEED").ok().map(|text| text.parse().expect("GAINSAY_SEED is a number below 2^64"));
    let seed: u64 = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64);
    eprintln!("{test}: GAINSAY_SEED={seed} repeats this run");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = gainsay_types::testing::cases(usual);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let total = RefCell::new(Report::default());
    let start = Instant::now();
    let result = runner.run(&(setups(), scripts(blocks)), |(setup, script)| {
        prop_assert!(setup.is_sound());
        let report = play(setup, &script).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        total.borrow_mut().add(&report);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, (setup, script))) => {
            let runs = Runs::new().expect("the program loads");
            let story = Game::new(setup.clone(), &runs, None).map(|game| game.tell(&script).join("\n")).unwrap_or_default();
            panic!("{script:?}\n{setup:?}\n{story}\n{test}, GAINSAY_SEED={seed}: {reason}");
        }
        Err(TestError::Abort(reason)) => panic!("{test}, GAINSAY_SEED={seed}: {reason}"),
    }
    let total = total.into_inner();
    eprintln!("{test}: {cases} games in {:?}: {total:?}", start.elapsed());
    total
}

/// Rules for which the argument holds, as tight as it allows or looser; times of a few seconds.
pub(crate) fn setups() -> impl Strategy<Value = Setup> {
    let times = (2u64..=5, 1u64..=4, 0u64..=16, 0u64..=6, 0u64..=12, 1u64..=3);
    let honest = vec((any::<bool>(), any::<bool>()), 1..=2);
    let conducts = vec![Conduct::Prompt, Conduct::LastSecond, Conduct::Wild, Conduct::Silent];
    let hostile = vec(proptest::sample::select(conducts), 1..=4);
    (times, honest, hostile, 0u64..=6).prop_map(|((extension, reaction, censoring, spare, open, period), honest, hostile, batches)| {
        let reaction = reaction.min(extension - 1);
        // One r more than the argument asks for: a player that has just left has its bond paid before it stakes again.
        let clock = censoring + 8 * reaction + 1 + spare;
        let settings = Settings { bond: U256::from(1_001), window: 2 * clock + 1 + open, clock, extension, period };
        let honest = honest.into_iter().map(|(propose, second)| Policy { propose, second, list: propose }).collect();
        Setup { settings, reaction, censoring, batches, honest, hostile, anarchy: false }
    })
}

/// What is done in so many blocks.
pub(crate) fn scripts(blocks: usize) -> impl Strategy<Value = Vec<Turn>> {
    vec(turns(), 0..=blocks)
}

fn turns() -> impl Strategy<Value = Turn> {
    let gap = prop_oneof![4 => 1u64..=3, 2 => 1u64..=8, 1 => 1u64..=60];
    let held = prop_oneof![2 => Just(0), 2 => any::<u64>(), 1 => Just(u64::MAX)];
    let batches = prop_oneof![6 => Just(0u64), 2 => 1u64..=2];
    let reorg = prop_oneof![8 => Just(0u64), 1 => 1u64..=4];
    let deeds = || prop_oneof![3 => vec((any::<u64>(), deeds()), 0..=1), 1 => vec((any::<u64>(), deeds()), 0..=4)];
    (gap, any::<bool>(), held, batches, deeds(), deeds(), any::<bool>(), reorg, any::<bool>()).prop_map(
        |(gap, last_second, held, batches, before, after, ahead, reorg, again)| Turn {
            gap,
            last_second,
            held,
            batches,
            before,
            after,
            ahead,
            reorg,
            again,
        },
    )
}

fn deeds() -> impl Strategy<Value = Deed> {
    let one = |weight: u32, make: fn(u64) -> Deed| (weight, any::<u64>().prop_map(make).boxed());
    let claim = (any::<u64>(), any::<u64>()).prop_map(|(place, lie)| Deed::Claim { place, lie });
    Union::new_weighted(vec![
        (10, claim.boxed()),
        one(6, |pair| Deed::Open { pair }),
        one(8, |choice| Deed::Play { choice }),
        one(2, |choice| Deed::Timeout { choice }),
        one(2, |choice| Deed::Evict { choice }),
        one(2, |choice| Deed::Confirm { choice }),
        one(2, |choice| Deed::Withdraw { choice }),
        one(2, |choice| Deed::Reward { choice }),
        (8, (any::<u64>(), any::<u64>()).prop_map(|(choice, change)| Deed::Alter { choice, change }).boxed()),
        (1, Just(Deed::Pay).boxed()),
        one(3, |choice| Deed::Copy { choice }),
        one(2, |choice| Deed::Again { choice }),
    ])
}
