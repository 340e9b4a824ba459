//! Random things that happen to the contracts: most of them allowed.

use crate::world::{ALICE, LIAR, OTHER, SETTINGS, World, lie};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::Act,
    court::owner_of,
    ledger::{Ledger, Stake, StakeStatus},
    matches::MatchView,
};
use gainsay_types::State;
use proptest::prelude::*;

/// What happens next; what it happens to is picked by the numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happening {
    kind: Kind,
    pick: u64,
    also: u64,
    seconds: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Batch,
    Stake,
    Advance,
    Open,
    Play,
    Timeout,
    Confirm,
    Evict,
    Withdraw,
    Reward,
    Claim,
    List,
    Pause,
    Settle,
    Rewind,
}

pub(crate) fn happenings(most: usize) -> impl Strategy<Value = Vec<Happening>> {
    let kind = prop_oneof![
        2 => Just(Kind::Batch),
        4 => Just(Kind::Stake),
        3 => Just(Kind::Advance),
        5 => Just(Kind::Open),
        20 => Just(Kind::Play),
        2 => Just(Kind::Timeout),
        2 => Just(Kind::Confirm),
        3 => Just(Kind::Evict),
        4 => Just(Kind::Withdraw),
        4 => Just(Kind::Reward),
        1 => Just(Kind::Claim),
        3 => Just(Kind::List),
        1 => Just(Kind::Pause),
        2 => Just(Kind::Settle),
        1 => Just(Kind::Rewind),
    ];
    let one = (kind, any::<u64>(), any::<u64>(), 0u64..15).prop_map(|(kind, pick, also, seconds)| Happening { kind, pick, also, seconds });
    proptest::collection::vec(one, 1..most)
}

impl Happening {
    pub(crate) fn happen(self, world: &mut World) {
        match self.kind {
            Kind::Batch => world.append_batch(),
            Kind::Pause => world.pass([100, 401, 1001][self.pick as usize % 3]),
            Kind::Settle => world.settle(1 + self.pick as usize % 12),
            Kind::Rewind => world.rewind(1 + self.pick as usize % 12),
            _ => {
                // Others follow no dice.
                if let Some(act) = self.act(world).filter(|(sender, _)| [ALICE, LIAR, OTHER].contains(sender)) {
                    // Some are refused, as they would be on L1.
                    world.block(self.seconds, &[act]);
                }
            }
        }
    }

    fn act(self, world: &mut World) -> Option<(Address, Act)> {
        let Self { kind, pick, also, .. } = self;
        let someone = [ALICE, LIAR, OTHER][pick as usize % 3];
        let ledger = world.book.ledger().clone();
        Some(match kind {
            Kind::Stake => {
                let parent = world.confirmed().id;
                let (claim, _) = world.claim(&parent, end(world, &parent, also));
                (someone, Act::Stake { parent, claims: vec![claim] })
            }
            Kind::Advance => {
                let stake = one(pick, ledger.stakes().filter(|stake| stake.is_live()))?;
                let (claim, _) = world.claim(&stake.tip, end(world, &stake.tip, also));
                (stake.owner, Act::Advance { stake: stake.id, claims: vec![claim] })
            }
            Kind::Open => {
                let rivals = one(pick, pairs(&ledger).into_iter().filter_map(|(first, second)| world.rivals(first, second)))?;
                let owner = owner_of(rivals.first);
                let points = world.points(also);
                (owner, if also % 3 == 0 { Act::Open { rivals } } else { Act::OpenAndDissect { rivals, points } })
            }
            Kind::Play => {
                let found = one(pick, ledger.matches().filter(|found| ledger.is_ongoing(found)))?;
                (owner_of(found.on_turn()), world.junk_move(found, also))
            }
            Kind::Timeout => {
                let found = one(pick, ledger.matches().filter(|found| ledger.is_ongoing(found)))?;
                wait(world, found.deadline(SETTINGS.extension), also);
                (someone, Act::Timeout { m: Box::new(found.state.clone()) })
            }
            Kind::Confirm => {
                let latest = world.confirmed().id;
                wait(world, ledger.fork(&latest)?.closes_at(SETTINGS.window), also);
                (someone, Act::Confirm { id: one(pick, ledger.assertions().children(latest))?.id })
            }
            Kind::Evict => {
                let loser = one(pick, ledger.stakes().filter(|stake| stake.status == StakeStatus::Defeated && !stake.records.is_empty()))?;
                (someone, Act::Evict { stake: loser.id, id: one(also, loser.records.keys().copied())? })
            }
            Kind::Withdraw => {
                let confirmed = |id: &B256| world.court.assertion(id).is_some_and(|record| record.confirmed);
                let may = |stake: &&Stake| stake.is_live() && (confirmed(&stake.tip) || also % 8 == 0);
                let stake = one(pick, ledger.stakes().filter(may))?;
                (stake.owner, Act::Withdraw { stake: stake.id })
            }
            Kind::Reward => {
                let out = |id: &U256| ledger.stake(id).is_some_and(|stake| !stake.is_live());
                let earned = |found: &&MatchView, by, from| found.moves_of(by) > 0 && out(&by) && out(&from);
                let either = |found: &&MatchView| {
                    let (mover, rival) = (found.state.mover, found.state.rival);
                    earned(found, mover, rival) || earned(found, rival, mover)
                };
                let found = one(pick, ledger.matches().filter(either))?;
                let winner = if found.state.moverMoves > 0 && also % 2 == 0 { found.state.mover } else { found.state.rival };
                (someone, Act::Reward { m: Box::new(found.state.clone()), winner })
            }
            Kind::List => {
                let assertion = one(also, ledger.assertions().iter())?;
                (someone, Act::List { parent: assertion.parent, end: assertion.end })
            }
            _ => (someone, Act::Claim { to: someone }),
        })
    }
}

/// Mostly lets time pass until then.
fn wait(world: &mut World, until: u64, also: u64) {
    if !also.is_multiple_of(4) && until > world.now {
        world.pass(until - world.now);
    }
}

/// A true end or one of two false ones.
fn end(world: &World, parent: &B256, also: u64) -> State {
    let target = world.assertion(parent).target;
    if also.is_multiple_of(2) { world.true_end(parent) } else { lie(target, also % 3) }
}

fn pairs(ledger: &Ledger) -> Vec<(&Stake, &Stake)> {
    let live = ledger.stakes().filter(|stake| stake.is_live()).collect::<Vec<_>>();
    live.iter().flat_map(|first| live.iter().filter(|second| second.id != first.id).map(|second| (*first, *second))).collect()
}

fn one<T>(pick: u64, all: impl Iterator<Item = T>) -> Option<T> {
    let mut all = all.collect::<Vec<_>>();
    let count = all.len() as u64;
    (count > 0).then(|| all.swap_remove((pick % count) as usize))
}
