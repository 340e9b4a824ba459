//! A small game in full: one honest player, one lie, and in every second everything that may happen then. The liar claims, opens (with its dissection or
//! bare) and moves, before the honest player in the block, after it, or not at all; L1 keeps the honest player out, or not, as long as the budget lasts.

use alloy::primitives::{B256, U256};
use gainsay_game::{
    court::owner_of,
    decide::{Alarm, Policy},
    ledger::StakeStatus,
    settings::Settings,
};
use gainsay_model::{
    fault::Fault,
    game::Game,
    hostile::{Conduct, Deed},
    run::Runs,
    setup::{Setup, Turn},
};
use std::{collections::BTreeSet, time::Instant};

/// X + 7r < C < W / 2, r < E: nothing can be smaller with this X.
fn setup(censoring: u64, propose: bool, beside: Option<Conduct>) -> Setup {
    let (reaction, extension) = (1, 2);
    let clock = censoring + 7 * reaction + 1;
    let settings = Settings { bond: U256::from(1_001), window: 2 * clock + 1, clock, extension, period: 1 };
    let honest = vec![Policy { propose, second: false, list: false }];
    Setup {
        settings,
        reaction,
        censoring,
        batches: 2,
        honest,
        hostile: [Conduct::Silent].into_iter().chain(beside).collect(),
        anarchy: false,
    }
}

/// A claim of a hostile player that is another lie about the first fork than what was claimed before.
fn lie(game: &Game<'_>, who: u64) -> Deed {
    // Below the first assertion the truth repeats it.
    let told = |game: &Game<'_>| {
        let court = game.l1().court();
        let first = court.assertion(&court.genesis_id()).expect("it is there").end;
        court.assertions().filter(|(_, record)| record.parent == court.genesis_id() && record.end != first).count()
    };
    let claims = (1..1_000).map(|number| Deed::Claim { place: number, lie: number });
    let mut lies = claims.filter(|claim| {
        let mut next = game.copy().expect("no contracts");
        next.turn(&Turn { gap: 2, before: vec![(who, *claim)], ..Turn::default() }).expect("a claim harms nobody");
        told(&next) == told(game) + 1
    });
    lies.next().expect("one of so many")
}

fn is_hostile(stake: &U256) -> bool {
    owner_of(*stake)[0] == 0xbb
}

/// Whether it is the liar of whom everything is tried, not another one.
fn is_liar(stake: &U256) -> bool {
    is_hostile(stake) && owner_of(*stake)[19] == 1
}

/// What the liar can do now. When it claims matters only where somebody has claimed before: then it does so at once, or as late as it can.
fn deeds(game: &Game<'_>, lie: Deed) -> Vec<Option<Deed>> {
    let court = game.l1().court();
    let Settings { window, clock, .. } = *court.settings();
    let standing = court.stake_records().find(|(id, _)| is_liar(id));
    let mut deeds = vec![None];
    match standing {
        None => match court.assertion(&court.genesis_id()).and_then(|fork| fork.first_child_at) {
            None => deeds = vec![Some(lie)],
            Some(first) if [1, 2, window - clock - 1, window - clock].contains(&(game.l1().now() + 1 - first)) => deeds.push(Some(lie)),
            Some(_) => {}
        },
        Some((_, record)) if record.status != StakeStatus::Live => {}
        Some(_) => {
            let mut own = court.matches().map(|(_, m)| m).filter(|m| is_liar(&m.mover) || is_liar(&m.rival)).peekable();
            if own.peek().is_none() && court.stake_records().any(|(id, _)| !is_hostile(id)) {
                deeds.extend([0, 1].map(|pair| Some(Deed::Open { pair })));
            }
            if own.any(|m| is_liar(&m.mover)) {
                deeds.push(Some(Deed::Play { choice: 2 }));
            }
        }
    }
    deeds
}

/// All games that a start leads to.
struct Search {
    lie: Deed,
    until: u64,
    seen: BTreeSet<B256>,
    ends: u64,
}

impl Search {
    /// Looks through all of them, up to the first that goes wrong.
    fn of(runs: &Runs, setup: &Setup) -> Result<Self, Fault> {
        let Settings { window, clock, extension, .. } = setup.settings;
        let mut game = Game::new(setup.clone(), runs, None)?;
        let until = game.l1().now() + window + clock + 14 * extension + 5;
        if setup.hostile.len() > 1 {
            let other = lie(&game, 1);
            game.turn(&Turn { gap: 1, before: vec![(1, other)], ..Turn::default() })?;
        }
        let mut search = Self { lie: lie(&game, 0), until, seen: BTreeSet::new(), ends: 0 };
        search.explore(&game)?;
        Ok(search)
    }

    /// Every way on from here.
    fn explore(&mut self, game: &Game<'_>) -> Result<(), Fault> {
        let court = game.l1().court();
        let defeated = court.stake_records().any(|(id, record)| is_liar(id) && record.status == StakeStatus::Defeated);
        if defeated || game.l1().now() >= self.until {
            let lies = court.stake_records().filter(|(id, _)| is_hostile(id)).count();
            let report = game.copy().expect("no contracts").play(&[])?;
            assert_eq!(report.defeated, lies as u64, "{report:?}");
            self.ends += 1;
            return Ok(());
        }
        for deed in deeds(game, self.lie) {
            for (ahead, held) in [(true, 0), (true, u64::MAX), (false, 0), (false, u64::MAX)] {
                // The order in the block says nothing where only one side does something.
                if deed.is_none() && ahead {
                    continue;
                }
                let deed: Vec<_> = deed.iter().map(|deed| (0, *deed)).collect();
                let (before, after) = if ahead { (deed, Vec::new()) } else { (Vec::new(), deed) };
                let mut next = game.copy().expect("no contracts");
                next.turn(&Turn { gap: 1, held, before, after, ..Turn::default() })?;
                if self.seen.insert(next.key()) {
                    self.explore(&next)?;
                }
            }
        }
        Ok(())
    }
}

/// All games of these kinds: X, whether the honest player proposes, and how another liar plays beside.
fn search_all(kinds: &[(u64, bool, Option<Conduct>)]) {
    let runs = Runs::new().expect("the program loads");
    for (censoring, propose, beside) in kinds.iter().copied() {
        let start = Instant::now();
        let setup = setup(censoring, propose, beside);
        assert!(setup.is_sound());
        let search = Search::of(&runs, &setup).unwrap_or_else(|fault| panic!("{setup:?}: {fault}"));
        let (states, ends) = (search.seen.len(), search.ends);
        eprintln!("X = {censoring}, propose: {propose}, beside: {beside:?}: {states} states, {ends} ends in {:?}", start.elapsed());
        assert!(ends > 100);
    }
}

#[test]
fn in_every_second_everything_may_happen_and_the_truth_wins() {
    search_all(&[(0, false, None), (0, true, None), (1, false, None), (1, true, None), (2, false, None)]);
}

#[test]
fn in_every_second_everything_may_happen_beside_another_lie_and_the_truth_wins() {
    search_all(&[(0, false, Some(Conduct::LastSecond)), (0, true, Some(Conduct::LastSecond))]);
}

#[test]
fn with_one_second_more_of_censorship_an_honest_stake_can_be_lost() {
    let runs = Runs::new().expect("the program loads");
    let setup = Setup { censoring: 2, ..setup(1, false, None) };
    assert_eq!(setup.censoring + 7 * setup.reaction, setup.settings.clock);
    let found = Search::of(&runs, &setup).err();
    assert!(matches!(&found, Some(Fault::Alarm { alarm, .. }) if matches!(**alarm, Alarm::Overdue { .. })), "{found:?}");
}

#[test]
fn with_nobody_honest_a_lie_is_confirmed_and_the_referee_sees_it() {
    let runs = Runs::new().expect("the program loads");
    let setup = Setup { honest: Vec::new(), ..setup(0, false, None) };
    let mut game = Game::new(setup.clone(), &runs, None).expect("it deploys");
    let lie = lie(&game, 0);
    let gap = setup.settings.window;
    game.turn(&Turn { gap: 2, before: vec![(0, lie)], ..Turn::default() }).expect("claimed");
    let confirm = (0..2).map(|choice| (0, Deed::Confirm { choice })).collect();
    let fault = game.turn(&Turn { gap, before: confirm, ..Turn::default() }).err();
    assert!(matches!(fault, Some(Fault::FalseConfirmed { .. })), "{fault:?}");
}
