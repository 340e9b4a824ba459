//! Players that do what they like: tell consistent lies, make any move that the contracts take, meddle with others' matches.

use crate::{
    alter::altered,
    honest::load_for,
    l1::L1,
    truth::{Derived, Forgery, Lie, Story, Twist},
};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_bindings::Matches::{Match, Opening, Rivals};
use gainsay_game::{
    act::{Act, Claim},
    assertions::Assertion,
    court::owner_of,
    ledger::{Ledger, Stake, StakeStatus},
    matches::{MatchView, round},
    play,
    truth::Truth,
};
use gainsay_machine::Status;
use gainsay_trace::MAX_STEPS;
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State, assertion_id};
use std::collections::BTreeMap;

/// How a hostile player behaves by itself, between the deeds of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Opens and answers at once, by its story.
    Prompt,
    /// Answers by its story, as late as it can.
    LastSecond,
    /// Answers at once, with anything that the contracts take.
    Wild,
    /// Does nothing by itself.
    Silent,
}

/// A hostile player.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    /// Its address.
    pub address: Address,
    /// What it does by itself.
    pub conduct: Conduct,
}

/// One thing that a script has a hostile player do. Numbers are read as choices among what there is: any number means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Stakes or advances, on the truth, a lie, or whatever is there.
    Claim {
        /// Where.
        place: u64,
        /// Which lie.
        lie: u64,
    },
    /// Opens a match between any two rivals; bare unless the first one is its own.
    Open {
        /// Which pair, and how.
        pair: u64,
    },
    /// Answers in a match, by its story or with anything.
    Play {
        /// Which match, and how.
        choice: u64,
    },
    /// Calls `timeout` in any match, in time or not.
    Timeout {
        /// Which.
        choice: u64,
    },
    /// Evicts any stake anywhere.
    Evict {
        /// Whom, where.
        choice: u64,
    },
    /// Confirms any assertion.
    Confirm {
        /// Which.
        choice: u64,
    },
    /// Withdraws any stake.
    Withdraw {
        /// Which.
        choice: u64,
    },
    /// Rewards anybody in any match.
    Reward {
        /// Whom.
        choice: u64,
    },
    /// Has what it is owed paid.
    Pay,
    /// Sends what an honest player is about to send, ahead of it.
    Copy {
        /// Which act.
        choice: u64,
    },
    /// Sends what it or an honest player could send, with one thing in it changed.
    Alter {
        /// Which act.
        choice: u64,
        /// What in it.
        change: u64,
    },
    /// Sends again what somebody sent before.
    Again {
        /// Which act.
        choice: u64,
    },
}

/// The stories behind the assertions that hostile players made.
pub type Stories = BTreeMap<B256, Lie>;

/// Chooses one of so many; none of none.
fn pick<T>(items: &[T], choice: u64) -> Option<&T> {
    items.get((choice % (items.len() as u64).max(1)) as usize)
}

/// Randomness that follows from a choice.
fn word(choice: u64, what: u64) -> B256 {
    keccak256([choice.to_be_bytes(), what.to_be_bytes()].concat())
}

fn number(choice: u64, what: u64) -> u64 {
    word(choice, what).0.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// A lie about what follows `parent`.
#[must_use]
pub fn lie_of(chain: &Derived<'_>, parent: &Assertion, choice: u64) -> Lie {
    let moves = parent.target.saturating_sub(parent.end.batch_index);
    let twist =
        *pick(&[Twist::Root, Twist::Blocks, Twist::Deposits, Twist::Offset, Twist::Behind], number(choice, 0)).unwrap_or(&Twist::Root);
    let last = BLOCK_STEPS_PER_ASSERTION - 1;
    let places = [0, 1, moves.saturating_sub(1), moves, moves + 1, 31, 32, 1023, 1024, last, number(choice, 1) % (last + 1)];
    let block_step = match pick(&places, number(choice, 2)) {
        // A chain that stays where it is must have somewhere to go.
        Some(place) if twist == Twist::Behind => place % moves.max(1),
        Some(place) => (*place).min(last),
        None => 0,
    };
    let forgery = if number(choice, 3).is_multiple_of(2) { Forgery::Jump } else { Forgery::Noise };
    let lie = Lie { seed: number(choice, 4) % 1_000, block_step, twist, machine_step: 0, forgery };
    Lie { machine_step: machine_step(chain, parent, block_step, choice), ..lie }
}

/// Where a run is left: at its beginning and end, where it reads, where segments meet, anywhere.
fn machine_step(chain: &Derived<'_>, parent: &Assertion, block_step: u64, choice: u64) -> u64 {
    let (reads, length) = match chain.run_below(parent, block_step) {
        Ok(run) => (run.reads().collect(), run.length()),
        Err(_) => (Vec::new(), 0),
    };
    let mut places = vec![0, length.saturating_sub(1), length, length + 1, 31, 32, (1 << 35) - 1, 1 << 35, MAX_STEPS - 1];
    places.extend([number(choice, 5) % (length + 1), number(choice, 5) % MAX_STEPS]);
    places.extend(reads);
    pick(&places, number(choice, 6)).copied().unwrap_or_default()
}

/// All pairs of live stakes on different children of one assertion, each pair once, without those that have a match.
fn pairs(ledger: &Ledger) -> Vec<Rivals> {
    let mut pairs = Vec::new();
    for fork in ledger.assertions().iter() {
        let children: Vec<&Assertion> = ledger.assertions().children(fork.id).collect();
        for (place, child) in children.iter().enumerate() {
            for other in &children[place + 1..] {
                pairs.extend(pairs_between(ledger, fork, child, other));
            }
        }
    }
    pairs
}

fn pairs_between(ledger: &Ledger, fork: &Assertion, child: &Assertion, other: &Assertion) -> Vec<Rivals> {
    let live = |node: &Assertion| ledger.stakes_on(&node.id).filter(|stake| stake.is_live()).map(|stake| stake.id).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    for first in live(child) {
        for second in live(other).into_iter().filter(|second| ledger.match_of(&first, second).is_none()) {
            pairs.push(Rivals {
                fork: fork.id,
                inputsHash: fork.inputs_hash,
                start: fork.end.hash(),
                first,
                firstEnd: child.end.hash(),
                second,
                secondEnd: other.end.hash(),
            });
        }
    }
    pairs
}

fn swapped(rivals: Rivals) -> Rivals {
    let Rivals { first, firstEnd, second, secondEnd, .. } = rivals;
    Rivals { first: second, firstEnd: secondEnd, second: first, secondEnd: firstEnd, ..rivals }
}

fn ongoing(ledger: &Ledger) -> Vec<&MatchView> {
    ledger.matches().filter(|found| ledger.is_ongoing(found)).collect()
}

/// What one hostile player sees.
pub struct View<'a> {
    /// Who it is.
    pub player: Hostile,
    /// The logs up to the last block.
    pub ledger: &'a Ledger,
    /// What everybody derives.
    pub chain: Derived<'a>,
    /// All lies that were told.
    pub stories: &'a Stories,
    /// Time of the block under way.
    pub now: u64,
    /// The least time of a move.
    pub extension: u64,
}

impl View<'_> {
    fn story(&self, node: &B256) -> Story<'_> {
        Story { chain: self.chain, lie: self.stories.get(node).copied() }
    }

    fn owns(&self, stake: U256) -> bool {
        owner_of(stake) == self.player.address
    }

    /// What it does by itself now.
    #[must_use]
    pub fn conduct(&self, reaction: u64) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.player.conduct == Conduct::Silent {
            return acts;
        }
        for found in ongoing(self.ledger).into_iter().filter(|found| self.owns(found.on_turn())) {
            let left = found.deadline(self.extension).saturating_sub(self.now);
            let late = left <= reaction;
            acts.extend(match self.player.conduct {
                _ if left == 0 => None,
                Conduct::LastSecond if !late => None,
                Conduct::Wild => self.wild(found, found.state.since.to::<u64>() ^ u64::from(found.round()) << 40),
                _ => self.told(found),
            });
        }
        if self.player.conduct == Conduct::Prompt {
            let mine = pairs(self.ledger).into_iter().flat_map(|rivals| [swapped(rivals.clone()), rivals]);
            acts.extend(mine.filter(|rivals| self.owns(rivals.first)).filter_map(|rivals| self.open(rivals)));
        }
        acts
    }

    /// Opens with the dissection of its story.
    fn open(&self, rivals: Rivals) -> Option<Act> {
        let fork = self.ledger.assertions().get(&rivals.fork)?;
        let node = assertion_id(rivals.fork, rivals.firstEnd);
        play::open(rivals, fork, &mut self.story(&node)).ok()
    }

    /// The move of its story.
    fn told(&self, found: &MatchView) -> Option<Act> {
        let fork = self.ledger.assertions().get(&found.fork)?;
        play::play(found, fork, &mut self.story(&found.state.moverNode)).ok()
    }

    /// Any move that the contracts take, as far as one can be known.
    fn wild(&self, found: &MatchView, choice: u64) -> Option<Act> {
        let fork = self.ledger.assertions().get(&found.fork)?;
        let m: Box<Match> = Box::new(found.state.clone());
        let points = Box::new(std::array::from_fn(|index| word(choice, 100 + index as u64)));
        let Some(rival) = &found.dissection else { return Some(Act::Dissect { m, points }) };
        // Often the same place, so that the interesting ones are reached.
        let index = [0, 0, 1, 30, 31, (number(choice, 1) % 32) as u8][(number(choice, 2) % 6) as usize];
        let segment = rival.segment(index, m.start);
        let bound = index == 31 && found.round() != round::RUN;
        let end = if bound { m.end } else { word(choice, 3) };
        let place = found.stretch.narrowed(index).from();
        match found.round() {
            round::BLOCK => {
                let from = [self.story(&m.moverNode), self.story(&m.rivalNode), Story { chain: self.chain, lie: None }]
                    .into_iter()
                    .find_map(|mut story| story.state(fork, place).ok().filter(|state| state.hash() == segment.start))?;
                let last = Box::new(opening_that_says(end, choice));
                Some(Act::EnterMachine { m, segment, from, last, points })
            }
            round::STEP => {
                let gainsay_game::stretch::Stretch::Machine { block_step, .. } = found.stretch else { return None };
                let proven = self.story(&m.moverNode).proof(fork, block_step, place).ok()?;
                Some(Act::Step {
                    m,
                    segment,
                    state: proven.proof.state.encode().into(),
                    proof: proven.proof.encode_memory().into(),
                    part: proven.proof.part.map(|_| (proven.proof.state.hart.preimage_key, proven.part_index())),
                    preimage: proven.preimage.map(Box::new),
                })
            }
            _ => Some(Act::Move { m, segment, points, end }),
        }
    }

    /// A deed of the script, as transactions; none where there is nothing of the kind to do.
    pub fn deed(&self, deed: Deed, l1: &L1<'_>, pending: &[Act], history: &[Act], stories: &mut Stories) -> Option<Act> {
        match deed {
            Deed::Claim { place, lie } => self.claim(place, lie, stories),
            Deed::Open { pair } => {
                let pairs = pairs(self.ledger);
                let rivals = pick(&pairs, number(pair, 0))?.clone();
                let rivals = if pair.is_multiple_of(2) { rivals } else { swapped(rivals) };
                self.open(rivals.clone()).filter(|_| self.owns(rivals.first)).or(Some(Act::Open { rivals }))
            }
            Deed::Play { choice } => {
                let mut mine = ongoing(self.ledger);
                // Now and then also out of turn.
                mine.retain(|found| self.owns(found.on_turn()) || choice.is_multiple_of(16));
                let found = pick(&mine, number(choice, 0))?;
                if choice.is_multiple_of(2) { self.told(found) } else { self.wild(found, choice) }
            }
            Deed::Timeout { choice } => {
                let all = ongoing(self.ledger);
                Some(Act::Timeout { m: Box::new(pick(&all, choice)?.state.clone()) })
            }
            Deed::Evict { choice } => {
                let all: Vec<&Stake> =
                    self.ledger.stakes().filter(|stake| stake.status == StakeStatus::Defeated || choice % 8 == 0).collect();
                let stake = pick(&all, number(choice, 0))?;
                let nodes: Vec<B256> = stake.records.keys().copied().chain([stake.tip]).collect();
                Some(Act::Evict { stake: stake.id, id: *pick(&nodes, number(choice, 1))? })
            }
            Deed::Confirm { choice } => {
                let all: Vec<B256> = self.ledger.assertions().iter().map(|assertion| assertion.id).collect();
                Some(Act::Confirm { id: *pick(&all, choice)? })
            }
            Deed::Withdraw { choice } => {
                let all: Vec<&Stake> = self.ledger.stakes().filter(|stake| self.owns(stake.id) || choice % 8 == 0).collect();
                Some(Act::Withdraw { stake: pick(&all, number(choice, 0))?.id })
            }
            Deed::Reward { choice } => {
                let all: Vec<(&B256, &Match)> = l1.court().matches().collect();
                let (_, m) = pick(&all, number(choice, 0))?;
                let winner = if choice.is_multiple_of(2) { m.mover } else { m.rival };
                Some(Act::Reward { m: Box::new((*m).clone()), winner })
            }
            Deed::Pay => Some(Act::Claim { to: self.player.address }),
            Deed::Copy { choice } => pick(pending, choice).cloned(),
            Deed::Alter { choice, change } => {
                let mut own: Vec<Act> = pending.to_vec();
                let mine = ongoing(self.ledger).into_iter().filter(|found| self.owns(found.on_turn()));
                own.extend(mine.filter_map(|found| if choice.is_multiple_of(2) { self.told(found) } else { self.wild(found, choice) }));
                own.extend(self.deed(Deed::Open { pair: choice }, l1, pending, history, stories));
                own.extend(self.deed(Deed::Claim { place: choice, lie: change }, l1, pending, history, stories));
                own.extend(self.deed(Deed::Reward { choice }, l1, pending, history, stories));
                own.extend(self.deed(Deed::Timeout { choice }, l1, pending, history, stories));
                pick(&own, number(choice, 7)).cloned().map(|act| altered(act, number(change, 0)))
            }
            Deed::Again { choice } => pick(history, choice).cloned(),
        }
    }

    /// Walks down what is there, and ends on the truth, on a lie, or on another's claim.
    fn claim(&self, place: u64, lie: u64, stories: &mut Stories) -> Option<Act> {
        let own = self.ledger.stakes_of(&self.player.address).rfind(|stake| stake.is_live()).filter(|_| place.is_multiple_of(4));
        let start = own.map_or_else(|| self.ledger.assertions().latest_confirmed().map(|latest| latest.id), |stake| Some(stake.tip))?;
        let mut parent = self.ledger.assertions().get(&start)?;
        let mut claims = Vec::new();
        for hop in 0..number(place, 0) % 3 {
            let children: Vec<&Assertion> = self.ledger.assertions().children(parent.id).collect();
            let Some(child) = pick(&children, number(place, 1 + hop)) else { break };
            claims.push(Claim { inputs_hash: parent.inputs_hash, end: child.end });
            parent = child;
        }
        let end = self.end(parent, lie, stories)?;
        let inputs_hash = if lie.is_multiple_of(64) { word(lie, 9) } else { parent.inputs_hash };
        claims.push(Claim { inputs_hash, end });
        Some(match own {
            Some(stake) => Act::Advance { stake: stake.id, claims },
            None => Act::Stake { parent: start, claims },
        })
    }

    fn end(&self, parent: &Assertion, choice: u64, stories: &mut Stories) -> Option<State> {
        let children: Vec<&Assertion> = self.ledger.assertions().children(parent.id).collect();
        match number(choice, 10) % 8 {
            0 => Some(Story { chain: self.chain, lie: None }.claim(parent)),
            1..4 if !children.is_empty() => pick(&children, number(choice, 11)).map(|child| child.end),
            _ => {
                let lie = lie_of(&self.chain, parent, choice);
                let end = Story { chain: self.chain, lie: Some(lie) }.claim(parent);
                stories.insert(assertion_id(parent.id, end.hash()), lie);
                Some(end)
            }
        }
    }

    /// An act with what must be loaded before it.
    #[must_use]
    pub fn with_load(act: Act, l1: &L1<'_>) -> Vec<Act> {
        load_for(&act, l1.court().parts()).into_iter().chain([act]).collect()
    }
}

/// A final state of the machine that says this end of the block step.
fn opening_that_says(end: B256, choice: u64) -> Opening {
    Opening {
        memoryRoot: word(choice, 20),
        input: word(choice, 21),
        output: end,
        preimageKey: B256::ZERO,
        registersHash: word(choice, 22),
        pc: choice,
        step: choice,
        status: Status::HALTED.0,
    }
}
