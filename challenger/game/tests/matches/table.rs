//! Two stakes, one of them on a lie, and the court between them.

use crate::truths::{CONFIG, Lie, Teller, landed, program};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_bindings::Matches::Rivals;
use gainsay_game::{
    act::{Act, Claim},
    assertions::Assertion,
    court::{Batches, Court, Deployment, MachineSteps, Refusal, owner_of},
    matches::{MatchView, match_hash},
    play::{PlayError, open, play},
    settings::Settings,
};
use gainsay_l1::{L1Event, MatchesEvent};
use gainsay_types::State;
use std::sync::Arc;

pub(crate) const ALICE: Address = Address::repeat_byte(0xa1);
pub(crate) const BOB: Address = Address::repeat_byte(0xb0);
pub(crate) const NOBODY: Address = Address::repeat_byte(0x99);
pub(crate) const WINDOW: u64 = 10_000;
pub(crate) const CLOCK: u64 = 4_000;
pub(crate) const EXTENSION: u64 = 100;
pub(crate) const BOND: u64 = 1_000_001;
const START: u64 = 50_000;

/// Alice on the truth, Bob on a lie, with ten seconds between them.
pub(crate) struct Table {
    pub(crate) court: Court,
    pub(crate) now: u64,
    pub(crate) fork: Assertion,
    pub(crate) alice: U256,
    pub(crate) bob: U256,
    pub(crate) lie: State,
    pub(crate) view: Option<MatchView>,
    truth: Teller,
    lies: Teller,
}

impl Table {
    /// Whoever is `late` joins after the other.
    pub(crate) fn new(lie: Lie, late: Address) -> Self {
        let batches = Batches::new((1..=5u8).map(|i| keccak256([i])).collect());
        let genesis = State::genesis(B256::repeat_byte(0x11));
        let settings = Settings { bond: U256::from(BOND), window: WINDOW, clock: CLOCK, extension: EXTENSION, period: 10 };
        let deployment = Deployment {
            settings,
            genesis,
            batches: batches.clone(),
            config_hash: CONFIG,
            program_root: program().root(),
            steps: Arc::new(MachineSteps),
            games: Address::ZERO,
        };
        let (court, _) = Court::new(deployment, START).expect("the parameters fit");
        let id = court.genesis_id();
        let record = court.assertion(&id).expect("the first assertion").clone();
        let fork = Assertion {
            id,
            parent: record.parent,
            end: genesis,
            target: record.target,
            inputs_hash: record.inputs_hash,
            l1_number: 1,
            l1_time: START,
            confirmed_in: Some(1),
        };
        let (truth, lies) = (Teller::new(&batches, None), Teller::new(&batches, Some(lie)));
        let (alice, bob) = (court.next_stake_id(ALICE), court.next_stake_id(BOB));
        let mut table = Self { court, now: START + 10, fork, alice, bob, lie: lie.state, view: None, truth, lies };
        let mut order = [(ALICE, landed()), (BOB, lie.state)];
        order.sort_by_key(|(owner, _)| *owner == late);
        for (owner, end) in order {
            table.stake(owner, end).expect("the claim is allowed");
            table.now += 10;
        }
        table
    }

    pub(crate) fn stake(&mut self, owner: Address, end: State) -> Result<Vec<L1Event>, Refusal> {
        let claims = vec![Claim { inputs_hash: self.fork.inputs_hash, end }];
        self.court.act(owner, self.now, &Act::Stake { parent: self.fork.id, claims })
    }

    pub(crate) fn rivals(&self, opener: Address) -> Rivals {
        let sides = [(self.alice, landed().hash()), (self.bob, self.lie.hash())];
        let [(first, first_end), (second, second_end)] = if opener == ALICE { sides } else { [sides[1], sides[0]] };
        Rivals {
            fork: self.fork.id,
            inputsHash: self.fork.inputs_hash,
            start: self.fork.end.hash(),
            first,
            firstEnd: first_end,
            second,
            secondEnd: second_end,
        }
    }

    pub(crate) fn open(&mut self, opener: Address) -> Act {
        let rivals = self.rivals(opener);
        let told = if opener == ALICE { &mut self.truth } else { &mut self.lies };
        open(rivals, &self.fork, told).expect("each side's claim is what it tells")
    }

    pub(crate) fn view(&self) -> &MatchView {
        self.view.as_ref().expect("the match is open")
    }

    pub(crate) fn on_turn(&self) -> Address {
        owner_of(self.view().on_turn())
    }

    /// The move of whoever is on turn.
    pub(crate) fn next(&mut self) -> Result<Act, PlayError<crate::truths::Asked>> {
        let view = self.view.clone().expect("the match is open");
        let told = if owner_of(view.on_turn()) == ALICE { &mut self.truth } else { &mut self.lies };
        play(&view, &self.fork, told)
    }

    /// Does an act, and follows the match by its events: the view has the state that L1 would have the hash of.
    pub(crate) fn act(&mut self, sender: Address, act: &Act) -> Result<(), Refusal> {
        for event in self.court.act(sender, self.now, act)? {
            let L1Event::Matches(event) = event else { continue };
            match (&event, &mut self.view) {
                (MatchesEvent::Opened { id, state }, none) => *none = Some(MatchView::opened(*id, self.fork.id, state.clone())),
                (event, Some(view)) => view.apply(event, self.now).expect("events of the match follow each other"),
                (event, None) => panic!("{event:?} before the opening"),
            }
        }
        if let Some(view) = &self.view {
            let state = self.court.match_of(&view.id).expect("it is open");
            assert_eq!(view.hash(), match_hash(state));
            assert_eq!(&view.state, state);
            if let Some(dissection) = &view.dissection {
                assert_eq!(dissection.root(), view.state.dissection);
            }
        }
        Ok(())
    }

    /// Both sides move at once, until one cannot: then its time runs out. Gives the number of transactions.
    pub(crate) fn play_out(&mut self) -> usize {
        let mut acts = 1;
        while self.view().outcome.is_none() {
            self.now += 3;
            let mover = self.on_turn();
            match self.next() {
                Ok(act) => self.act(mover, &act).expect("what a player says to its rival is a legal move"),
                Err(error) => {
                    assert_eq!(mover, BOB, "the truth always has a move: {error}");
                    self.now = self.view().deadline(EXTENSION);
                    let m = Box::new(self.view().state.clone());
                    self.act(NOBODY, &Act::Timeout { m }).expect("its time is over");
                }
            }
            acts += 1;
            assert!(acts <= 13, "the match does not end");
        }
        acts
    }
}
