//! A small game in full: one honest player, one lie, and in every second everything that may happen then. The liar claims, opens (with its dissection or
//! bare) and moves, before the honest player in the block, after it, or not at all; L1 keeps the honest player out, or not, as long as the budget lasts.

use alloy::primitives::{B256, U256};
use gainsay_game::{decide::Policy, ledger::StakeStatus, settings::Settings};
use gainsay_model::{
    game::{Game, Setup, Turn},
    hostile::{Conduct, Deed},
    run::Runs,
};
use std::{collections::BTreeSet, time::Instant};

/// X + 7r < C < W / 2, r < E: nothing can be smaller with this X.
fn setup(censoring: u64, propose: bool) -> Setup {
    let (reaction, extension) = (1, 2);
    let clock = censoring + 7 * reaction + 1;
    let settings = Settings { bond: U256::from(1_001), window: 2 * clock + 1, clock, extension, period: 1 };
    let honest = vec![Policy { propose, second: false }];
    Setup { settings, reaction, censoring, batches: 2, honest, hostile: vec![Conduct::Silent] }
}

/// A claim of the liar that is a lie about the first fork.
fn first_lie(runs: &Runs, setup: &Setup) -> Deed {
    let claims = (1..1_000).map(|number| Deed::Claim { place: number, lie: number });
    let mut lies = claims.filter(|claim| {
        let mut game = Game::new(setup.clone(), runs, None).expect("it deploys");
        let turn = Turn { gap: 2, before: vec![(0, *claim)], held: u64::MAX, ..Turn::default() };
        game.turn(&turn).expect("a claim harms nobody");
        let ends: Vec<_> = game.l1().court().assertions().map(|(_, record)| record.end).collect();
        ends.iter().any(|end| end.output_root != ends[0].output_root)
    });
    lies.next().expect("one of so many")
}

/// What the liar can do now. When it claims matters only where somebody has claimed before: then it does so at once, or as late as it can.
fn deeds(game: &Game<'_>, lie: Deed) -> Vec<Option<Deed>> {
    let court = game.l1().court();
    let Settings { window, clock, .. } = *court.settings();
    let liar = |id: &U256| (*id >> 96usize).byte(19) == 0xbb;
    let standing = court.stake_records().find(|(id, _)| liar(id));
    let mut deeds = vec![None];
    match standing {
        None => match court.assertion(&court.genesis_id()).and_then(|fork| fork.first_child_at) {
            None => deeds = vec![Some(lie)],
            Some(first) if [1, 2, window - clock - 1, window - clock].contains(&(game.l1().now() + 1 - first)) => deeds.push(Some(lie)),
            Some(_) => {}
        },
        Some((_, record)) if record.status != StakeStatus::Live => {}
        Some(_) => match court.matches().next() {
            None if court.stake_records().count() > 1 => deeds.extend([0, 1].map(|pair| Some(Deed::Open { pair }))),
            Some((_, m)) if liar(&m.mover) => deeds.push(Some(Deed::Play { choice: 2 })),
            _ => {}
        },
    }
    deeds
}

/// Every way on from here. Gives how many ends there are.
fn explore(game: &Game<'_>, lie: Deed, until: u64, seen: &mut BTreeSet<B256>, ends: &mut u64) {
    let defeated = game.l1().court().stake_records().any(|(_, record)| record.status == StakeStatus::Defeated);
    if defeated || game.l1().now() >= until {
        let end = game.copy().expect("no contracts");
        let report = end.play(&[]).unwrap_or_else(|fault| panic!("{fault}"));
        // Without a lie there is nothing to end.
        assert!(report.defeated == 1 || !defeated, "{report:?}");
        *ends += 1;
        return;
    }
    for deed in deeds(game, lie) {
        for (ahead, held) in [(true, 0), (true, u64::MAX), (false, 0), (false, u64::MAX)] {
            // The order in the block says nothing where only one side does something.
            if deed.is_none() && ahead {
                continue;
            }
            let deed: Vec<_> = deed.iter().map(|deed| (0, *deed)).collect();
            let (before, after) = if ahead { (deed, Vec::new()) } else { (Vec::new(), deed) };
            let mut next = game.copy().expect("no contracts");
            next.turn(&Turn { gap: 1, held, before, after, ..Turn::default() }).unwrap_or_else(|fault| panic!("{fault}"));
            if seen.insert(next.key()) {
                explore(&next, lie, until, seen, ends);
            }
        }
    }
}

#[test]
fn in_every_second_everything_may_happen_and_the_truth_wins() {
    let runs = Runs::new().expect("the program loads");
    for (censoring, propose) in [(0, false), (0, true), (1, false), (1, true), (2, false)] {
        let setup = setup(censoring, propose);
        let Settings { window, clock, extension, .. } = setup.settings;
        let lie = first_lie(&runs, &setup);
        let game = Game::new(setup, &runs, None).expect("it deploys");
        let until = game.l1().now() + window + clock + 14 * extension + 5;
        let (start, mut seen, mut ends) = (Instant::now(), BTreeSet::new(), 0);
        explore(&game, lie, until, &mut seen, &mut ends);
        eprintln!("X = {censoring}, propose: {propose}: {} states, {ends} ends in {:?}", seen.len(), start.elapsed());
        assert!(ends > 10);
    }
}
