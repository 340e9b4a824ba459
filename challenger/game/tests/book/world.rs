//! The contracts, L1 blocks that can be taken back, the book that reads them, and acts whose content does not matter.

use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_bindings::Matches::{Opening, Rivals};
use gainsay_game::{
    act::{Act, Claim},
    assertions::Assertion,
    book::Book,
    court::{Batches, Court, Deployment, Parts, Refusal, StepCheck, owner_of},
    decide::{OwnChain, Plan, Policy, decide},
    ledger::{Ledger, Stake},
    matches::{MatchView, round},
    settings::Settings,
};
use gainsay_l1::{L1Block, L1Event};
use gainsay_types::{State, assertion_id, inputs_hash};
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const SETTINGS: Settings =
    Settings { bond: U256::from_limbs([1001, 0, 0, 0]), window: 1000, clock: 400, extension: 20, period: 10 };

/// Time of the first block.
pub(crate) const START: u64 = 1_000_000;

pub(crate) const ALICE: Address = Address::repeat_byte(0xa1);
pub(crate) const LIAR: Address = Address::repeat_byte(0xb2);
pub(crate) const OTHER: Address = Address::repeat_byte(0xc3);

/// Where Games stands.
pub(crate) const GAMES: Address = Address::repeat_byte(0x6a);

/// A machine whose next state is whatever the proof says. Matches are played here for their states, not for who is right.
#[derive(Debug)]
struct AsTold;

impl StepCheck for AsTold {
    fn step(&self, state: &[u8], proof: &[u8], _: &Parts) -> Result<(B256, B256), Refusal> {
        Ok((B256::from_slice(state), B256::from_slice(proof)))
    }
}

/// What a block did, and what stood before it.
#[derive(Clone)]
struct Page {
    block: L1Block,
    events: Vec<L1Event>,
    before: Court,
}

pub(crate) struct World {
    pub(crate) court: Court,
    pub(crate) book: Book,
    pub(crate) now: u64,
    pages: Vec<Page>,
    settled: usize,
    forks: u64,
    /// States that hashes in junk dissections stand for.
    known: BTreeMap<B256, State>,
}

/// The chain that follows from the batches: one block a batch.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) batches: Batches,
    /// Batches derived and deep enough.
    pub(crate) settled: u64,
}

impl OwnChain for Chain {
    fn end_state(&self, parent: &State, target: u64) -> Option<State> {
        let end = target.max(parent.batch_index);
        (*parent == truth(&self.batches, parent.batch_index) && end <= self.settled).then(|| truth(&self.batches, end))
    }
    fn inputs_hash(&self, target: u64) -> Option<B256> {
        (target <= self.batches.count()).then(|| inputs_hash(target, self.batches.acc(target)))
    }
    fn batch_count(&self) -> u64 {
        self.batches.count()
    }
}

/// The true state after so many batches.
pub(crate) fn truth(batches: &Batches, batch: u64) -> State {
    State { l2_block_number: batch, batch_index: batch, ..State::genesis(batches.acc(batch)) }
}

/// A false state after so many batches, one for each `variant`.
pub(crate) fn lie(batch: u64, variant: u64) -> State {
    State { l2_block_number: batch, batch_index: batch, ..State::genesis(keccak256([b"lie".as_slice(), &variant.to_be_bytes()].concat())) }
}

impl World {
    /// The contracts, deployed over an empty inbox, which has one batch since and can be claimed about.
    pub(crate) fn new() -> Self {
        let batches = Batches::default();
        let genesis = truth(&batches, 0);
        let (config_hash, program_root) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let deployment =
            Deployment { settings: SETTINGS, genesis, batches, config_hash, program_root, steps: Arc::new(AsTold), games: GAMES };
        let (court, events) = Court::new(deployment, START).unwrap();
        let mut world =
            Self { court: court.clone(), book: Book::new(), now: START, pages: vec![], settled: 0, forks: 0, known: BTreeMap::new() };
        world.seal(court, events);
        world.settle(1);
        world.append_batch();
        world.pass(SETTINGS.period);
        world
    }

    fn seal(&mut self, before: Court, events: Vec<L1Event>) {
        let number = self.pages.len() as u64 + 1;
        let hash = keccak256([number.to_be_bytes(), self.forks.to_be_bytes()].concat());
        let block = L1Block { number, hash, parent_hash: B256::ZERO, timestamp: self.now };
        self.book.apply(&block, &events);
        self.pages.push(Page { block, events, before });
    }

    /// A block `seconds` after the last one, with what is not refused of these acts. Gives what became of each.
    pub(crate) fn block(&mut self, seconds: u64, acts: &[(Address, Act)]) -> Vec<Result<(), Refusal>> {
        self.now += seconds;
        let before = self.court.clone();
        let mut events = Vec::new();
        let fates = acts.iter().map(|(sender, act)| self.court.act(*sender, self.now, act).map(|told| events.extend(told))).collect();
        self.seal(before, events);
        fates
    }

    /// One act in a block of its own, which must be taken.
    pub(crate) fn act(&mut self, sender: Address, act: Act) {
        let fate = self.block(1, &[(sender, act)]).remove(0);
        fate.unwrap_or_else(|refusal| panic!("{refusal}"));
    }

    /// An empty block so much later.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.block(seconds, &[]);
    }

    pub(crate) fn append_batch(&mut self) {
        let before = self.court.clone();
        let number = self.court.batches().count() + 1;
        self.court.append_batch(keccak256([number.to_be_bytes(), self.forks.to_be_bytes()].concat()));
        self.now += 1;
        self.seal(before, vec![]);
    }

    /// Takes so many blocks back, but none that is settled.
    pub(crate) fn rewind(&mut self, blocks: usize) {
        let to = self.pages.len().saturating_sub(blocks).max(self.settled);
        if let Some(page) = self.pages.get(to) {
            self.court = page.before.clone();
            self.now = self.pages[to - 1].block.timestamp;
        }
        self.pages.truncate(to);
        self.forks += 1;
        self.book.rewind(to as u64).unwrap();
    }

    /// All but the newest `kept` blocks are final.
    pub(crate) fn settle(&mut self, kept: usize) {
        self.settled = self.settled.max(self.pages.len().saturating_sub(kept)).max(1);
        self.book.settle(self.settled as u64);
    }

    /// A book that has read only the blocks that were not taken back.
    pub(crate) fn reread(&self) -> Book {
        let mut book = Book::new();
        for page in &self.pages {
            book.apply(&page.block, &page.events);
        }
        book.settle(self.settled as u64);
        book
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.book.ledger()
    }

    /// An own chain that has all batches.
    pub(crate) fn chain(&self) -> Chain {
        Chain { batches: self.court.batches().clone(), settled: self.court.batches().count() }
    }

    pub(crate) fn plan(&self, me: Address, policy: Policy) -> Plan {
        decide(self.ledger(), me, &self.chain(), self.now, &SETTINGS, policy)
    }

    pub(crate) fn confirmed(&self) -> Assertion {
        self.ledger().assertions().latest_confirmed().unwrap().clone()
    }

    pub(crate) fn assertion(&self, id: &B256) -> Assertion {
        self.ledger().assertions().get(id).unwrap().clone()
    }

    /// The claim of `end` below `parent`, and the assertion that it makes or joins.
    pub(crate) fn claim(&self, parent: &B256, end: State) -> (Claim, B256) {
        (Claim { inputs_hash: self.assertion(parent).inputs_hash, end }, assertion_id(*parent, end.hash()))
    }

    /// What is true below `parent`.
    pub(crate) fn true_end(&self, parent: &B256) -> State {
        truth(self.court.batches(), self.assertion(parent).target)
    }

    /// What is false below `parent`.
    pub(crate) fn false_end(&self, parent: &B256, variant: u64) -> State {
        lie(self.assertion(parent).target, variant)
    }

    /// A stake of `owner` on a child of the latest confirmed assertion. Gives the stake and the child.
    pub(crate) fn stake(&mut self, owner: Address, end: State) -> (U256, B256) {
        let parent = self.confirmed().id;
        let (claim, id) = self.claim(&parent, end);
        let stake = self.court.next_stake_id(owner);
        self.act(owner, Act::Stake { parent, claims: vec![claim] });
        (stake, id)
    }

    /// Moves a stake on to a child of its tip.
    pub(crate) fn advance(&mut self, stake: U256, end: State) -> B256 {
        let Stake { owner, tip, .. } = *self.ledger().stake(&stake).unwrap();
        let (claim, id) = self.claim(&tip, end);
        self.act(owner, Act::Advance { stake, claims: vec![claim] });
        id
    }

    /// Both sides of a match, `first` and `second` on children of the same assertion; none if there is no such.
    pub(crate) fn rivals(&self, first: &Stake, second: &Stake) -> Option<Rivals> {
        let assertions = self.ledger().assertions();
        first.records.keys().filter_map(|id| assertions.get(id)).find_map(|node| {
            let rival = assertions.children(node.parent).find(|rival| rival.id != node.id && second.records.contains_key(&rival.id))?;
            let fork = assertions.get(&node.parent)?;
            Some(Rivals {
                fork: fork.id,
                inputsHash: fork.inputs_hash,
                start: fork.end.hash(),
                first: first.id,
                firstEnd: node.end.hash(),
                second: second.id,
                secondEnd: rival.end.hash(),
            })
        })
    }

    /// Interior points that stand for states which follow from `seed`.
    pub(crate) fn points(&mut self, seed: u64) -> Box<[B256; 31]> {
        Box::new(std::array::from_fn(|place| {
            let state = lie(7, seed.wrapping_mul(64).wrapping_add(place as u64));
            self.known.insert(state.hash(), state);
            state.hash()
        }))
    }

    /// Some move that the round allows, on an inner segment.
    pub(crate) fn junk_move(&mut self, found: &MatchView, seed: u64) -> Act {
        let points = self.points(seed);
        let m = Box::new(found.state.clone());
        let Some(rival) = &found.dissection else { return Act::Dissect { m, points } };
        let segment = rival.segment(1 + (seed % 30) as u8, found.state.start);
        let end = keccak256(seed.to_be_bytes());
        match found.round() {
            round::BLOCK => {
                let from = self.known[&segment.start];
                let hash = B256::ZERO;
                let last = Opening {
                    memoryRoot: hash,
                    input: hash,
                    output: hash,
                    preimageKey: hash,
                    registersHash: hash,
                    pc: 0,
                    step: seed,
                    status: 9,
                };
                let last = Box::new(last);
                Act::EnterMachine { m, segment, from, last, points }
            }
            round::STEP => {
                let state = segment.start.to_vec().into();
                Act::Step { m, segment, state, proof: end.to_vec().into(), part: None, preimage: None }
            }
            _ => Act::Move { m, segment, points, end },
        }
    }

    /// The owner of the stake on turn makes some move.
    pub(crate) fn play(&mut self, id: &B256, seed: u64) {
        let found = self.ledger().match_by_id(id).unwrap().clone();
        let owner = owner_of(found.on_turn());
        let act = self.junk_move(&found, seed);
        self.act(owner, act);
    }
}

impl World {
    /// All events with their blocks.
    pub(crate) fn told(&self) -> Vec<(L1Block, L1Event)> {
        self.pages.iter().flat_map(|page| page.events.iter().map(|event| (page.block, event.clone()))).collect()
    }
}

impl World {
    /// The owner of `first` opens a match with its first dissection.
    pub(crate) fn open(&mut self, first: U256, second: U256) {
        let rivals = self.sides(first, second);
        let points = self.points(17);
        self.act(owner_of(first), Act::OpenAndDissect { rivals, points });
    }

    /// Anybody opens a match without one.
    pub(crate) fn open_bare(&mut self, sender: Address, first: U256, second: U256) {
        let rivals = self.sides(first, second);
        self.act(sender, Act::Open { rivals });
    }

    fn sides(&self, first: U256, second: U256) -> Rivals {
        let stake = |id| self.ledger().stake(id).unwrap();
        self.rivals(stake(&first), stake(&second)).unwrap()
    }

    /// The newest live stake of the winner wins against that of the loser by the clock, in a match of theirs that is new.
    pub(crate) fn defeat(&mut self, winner: Address, loser: Address) {
        let newest = |owner| self.ledger().stakes_of(owner).rfind(|stake| stake.is_live()).unwrap().id;
        let (winner, loser) = (newest(&winner), newest(&loser));
        self.open(winner, loser);
        let found = self.ledger().match_of(&winner, &loser).unwrap().clone();
        self.pass(found.deadline(SETTINGS.extension) - self.now);
        self.act(owner_of(winner), Act::Timeout { m: Box::new(found.state) });
    }
}
