//! Whole matches on the contracts, to the machine step: the truth against each kind of forged run, wherever it begins.

use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Matches::Rivals;
use gainsay_game::{
    act::{Act, Claim, Load},
    assertions::Assertion,
    ledger::StakeStatus,
    matches::match_id,
    play,
    settings::Settings,
};
use gainsay_model::{
    chain::{Chain, Deployment, Saved},
    l1::L1,
    run::{Run, Runs},
    truth::{Derived, Forgery, Lie, Story, Twist},
};
use gainsay_trace::MAX_STEPS;
use gainsay_types::State;

const HONEST: Address = Address::repeat_byte(1);
const LIAR: Address = Address::repeat_byte(2);
const CONFIG: B256 = B256::repeat_byte(7);
const SETTINGS: Settings = Settings { bond: U256::from_limbs([1_001, 0, 0, 0]), window: 1_001, clock: 500, extension: 20, period: 1 };
const BATCHES: u64 = 3;

/// Two claims below an assertion from which three batches are to be consumed, and what the two hold true.
struct Dispute<'a> {
    runs: &'a Runs,
    l1: L1<'a>,
    fork: B256,
    lie: Lie,
    loads: u32,
}

const PLACES: usize = 13;

/// Where a run is left: its beginning, each of its three reads, its work, its end, and beyond it.
fn places(run: &Run) -> [u64; PLACES] {
    let reads: Vec<u64> = run.reads().collect();
    let end = run.length();
    [0, reads[0], reads[1], reads[2], reads[2] + 1, end - 2, end - 1, end, end + 1, 1 << 20, 1 << 35, (1 << 39) + 7, MAX_STEPS - 1]
}

fn next(l1: &mut L1<'_>) {
    l1.begin_block(l1.now() + 1, B256::ZERO);
}

fn act(l1: &mut L1<'_>, sender: Address, act: &Act) {
    next(l1);
    assert_eq!(l1.act(sender, act).expect("rules and contracts agree"), Ok(()), "{}", act.name());
    l1.end_block().expect("the book agrees");
}

impl<'a> Dispute<'a> {
    /// A lie that begins at this block step, and in its run at one of [`places`].
    fn new(runs: &'a Runs, chain: &'a mut Chain, fresh: &Saved, block_step: u64, place: usize, forgery: Forgery) -> Self {
        chain.restore(fresh);
        [HONEST, LIAR].into_iter().for_each(|player| chain.fund(player));
        let genesis = State::genesis(B256::repeat_byte(1));
        let deployment = Deployment { settings: SETTINGS, config_hash: CONFIG, genesis, program_root: runs.program_root(), time: 100 };
        let mut l1 = L1::new(&deployment, Some(chain)).expect("both deploy");
        next(&mut l1);
        (0..BATCHES).for_each(|_| l1.append_batch().expect("the inbox takes it"));
        l1.end_block().expect("the book agrees");
        // The first assertion knew no batch; its child repeats it and knows three.
        let root = l1.ledger().assertions().latest_confirmed().expect("it is there").clone();
        let first = Claim { inputs_hash: root.inputs_hash, end: root.end };
        for player in [HONEST, LIAR] {
            act(&mut l1, player, &Act::Stake { parent: root.id, claims: vec![first] });
        }
        let fork = l1.ledger().assertions().children(root.id).next().expect("it was made").id;
        let lie = Lie { seed: place as u64, block_step, twist: Twist::Root, machine_step: 0, forgery };
        let mut dispute = Self { runs, l1, fork, lie, loads: 0 };
        let run = dispute.story(HONEST).chain.run_below(&dispute.fork(), block_step).expect("the batches are there");
        dispute.lie.machine_step = places(&run)[place];
        for player in [HONEST, LIAR] {
            let end = dispute.story(player).claim(&dispute.fork());
            let claims = vec![Claim { inputs_hash: dispute.fork().inputs_hash, end }];
            let stake = dispute.stake(player);
            act(&mut dispute.l1, player, &Act::Advance { stake, claims });
        }
        dispute
    }

    fn fork(&self) -> Assertion {
        self.l1.ledger().assertions().get(&self.fork).expect("it is there").clone()
    }

    fn stake(&self, player: Address) -> U256 {
        self.l1.ledger().stakes_of(&player).next().expect("it has one").id
    }

    fn story(&self, player: Address) -> Story<'_> {
        let chain = Derived { runs: self.runs, batches: self.l1.batches(), config_hash: CONFIG };
        Story { chain, lie: (player == LIAR).then_some(self.lie) }
    }

    /// Opens, and plays to the end. Gives the acts in the match, loads not counted.
    fn play(&mut self, opener: Address) -> usize {
        let (fork, other) = (self.fork(), if opener == HONEST { LIAR } else { HONEST });
        let claim = |player| self.story(player).claim(&fork).hash();
        let rivals = Rivals {
            fork: fork.id,
            inputsHash: fork.inputs_hash,
            start: fork.end.hash(),
            first: self.stake(opener),
            firstEnd: claim(opener),
            second: self.stake(other),
            secondEnd: claim(other),
        };
        let id = match_id(rivals.first, rivals.second);
        let opening = play::open(rivals, &fork, &mut self.story(opener)).expect("it has a story");
        act(&mut self.l1, opener, &opening);
        let mut acts = 1;
        loop {
            let found = self.l1.ledger().match_by_id(&id).expect("it is open").clone();
            if found.outcome.is_some() {
                return acts;
            }
            let mover = if found.on_turn() == self.stake(HONEST) { HONEST } else { LIAR };
            let Ok(next) = play::play(&found, &fork, &mut self.story(mover)) else {
                assert_eq!((mover, found.round()), (LIAR, 11), "only the liar has nothing to say, and only in the end");
                let late = found.deadline(SETTINGS.extension);
                self.l1.begin_block(late, B256::ZERO);
                self.l1.end_block().expect("the book agrees");
                act(&mut self.l1, HONEST, &Act::Timeout { m: Box::new(found.state) });
                return acts + 1;
            };
            if let Act::Step { part: Some((_, index)), preimage: Some(preimage), .. } = &next {
                let load = Load::of(preimage, *index).expect("no blob").expect("the oracle does not know it by itself");
                act(&mut self.l1, mover, &Act::Load(load));
                self.loads += 1;
            }
            act(&mut self.l1, mover, &next);
            acts += 1;
        }
    }
}

#[test]
fn the_truth_defeats_a_run_forged_anywhere_whoever_opens() {
    let runs = Runs::new().expect("the program loads");
    let mut chain = Chain::new().expect("the contracts deploy");
    let fresh = chain.save();
    let (mut steps, mut timeouts, mut loads) = (0, 0, 0);
    // The first and the last batch, and two steps at which nothing is left to read.
    for block_step in [0, BATCHES - 1, BATCHES, (1 << 15) - 1] {
        for place in 0..PLACES {
            for (opener, forgery) in [(HONEST, Forgery::Jump), (LIAR, Forgery::Noise)] {
                let mut dispute = Dispute::new(&runs, &mut chain, &fresh, block_step, place, forgery);
                let (acts, lie) = (dispute.play(opener), dispute.lie);
                assert_eq!(acts, 12, "{lie:?}");
                let liar = dispute.stake(LIAR);
                assert_eq!(dispute.l1.ledger().stake(&liar).map(|stake| stake.status), Some(StakeStatus::Defeated), "{lie:?}");
                let id = match_id(liar, dispute.stake(HONEST));
                let by_clock = dispute.l1.ledger().match_by_id(&id).and_then(|found| found.outcome).expect("it is over").by_clock;
                assert_eq!(by_clock, opener == HONEST, "{lie:?}: who opens makes the odd moves, the twelfth act is the other's");
                (steps, timeouts, loads) = (steps + u32::from(!by_clock), timeouts + u32::from(by_clock), loads + dispute.loads);
                dispute.l1.check_contracts().expect("all that is held agrees");
            }
        }
    }
    // Three of the places are reads, at each of four block steps.
    assert_eq!((steps, timeouts, loads), (52, 52, 12));
}
