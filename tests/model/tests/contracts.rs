//! The same games with the contracts beside the rules: every act has the same result, the same events or the same error, and all that is held is the same.

mod support;

use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Matches::Rivals;
use gainsay_game::{
    act::{Act, Claim},
    settings::Settings,
};
use gainsay_model::{
    chain::{Chain, Deployment},
    fault::Fault,
    game::Game,
    l1::L1,
    report::Report,
    run::Runs,
    setup::{Setup, Turn},
};
use gainsay_types::{State, assertion_id};
use std::cell::RefCell;
use support::games;

/// Games on the contracts, of setups changed so.
fn on_contracts(test: &str, usual: u32, change: impl Fn(Setup) -> Setup) -> Report {
    let runs = Runs::new().expect("the program loads");
    let chain = RefCell::new(Chain::new().expect("the contracts deploy"));
    let fresh = chain.borrow().save();
    games(test, usual, 60, |setup: Setup, script: &[Turn]| -> Result<Report, Fault> {
        let mut chain = chain.borrow_mut();
        chain.restore(&fresh);
        Game::new(change(setup), &runs, Some(&mut chain))?.play(script)
    })
}

#[test]
fn the_contracts_do_what_the_rules_say_in_every_game() {
    let total = on_contracts("contracts", 200, |setup| setup);
    assert!(total.reorgs > 5 && total.refused.len() > 25, "{total:?}");
    assert!(["step", "load", "timeout", "evict", "reward"].iter().all(|act| total.done.contains_key(act)), "{total:?}");
}

#[test]
fn the_contracts_do_what_the_rules_say_where_nobody_is_honest() {
    // Short windows and clocks, so that much is over soon.
    let total = on_contracts("anarchy", 150, |setup| {
        let extension = setup.settings.extension;
        let settings = Settings { clock: extension, window: 2 * extension + 1, ..setup.settings };
        Setup { settings, honest: Vec::new(), anarchy: true, ..setup }
    });
    assert!(total.reorgs > 50 && total.defeated > 5, "{total:?}");
}

const BATCHES: u64 = 2;
const SETTINGS: Settings = Settings { bond: U256::from_limbs([1_001, 0, 0, 0]), window: 21, clock: 10, extension: 2, period: 1 };

/// One block with these acts, all of which must be done.
fn block(l1: &mut L1<'_>, time: u64, acts: &[(Address, Act)]) {
    l1.begin_block(time, B256::ZERO);
    for (sender, act) in acts {
        assert_eq!(l1.act(*sender, act).expect("rules and contracts agree"), Ok(()), "{} at {time}", act.name());
    }
    l1.end_block().expect("the book agrees");
    l1.check_contracts().expect("all that is held agrees");
}

fn claim(l1: &L1<'_>, parent: &B256, root: u8) -> (Claim, B256) {
    let parent = l1.ledger().assertions().get(parent).expect("it is there");
    let end = State { output_root: B256::repeat_byte(root), batch_index: parent.target, ..parent.end };
    (Claim { inputs_hash: parent.inputs_hash, end }, assertion_id(parent.id, end.hash()))
}

fn stake_of(l1: &L1<'_>, owner: Address) -> U256 {
    l1.ledger().stakes_of(&owner).next().expect("it has one").id
}

#[test]
fn a_fork_that_everybody_has_left_opens_again() {
    let [x, v, z] = [1, 2, 3].map(Address::repeat_byte);
    let mut chain = Chain::new().expect("the contracts deploy");
    [x, v, z].into_iter().for_each(|player| chain.fund(player));
    let program_root = Runs::new().expect("the program loads").program_root();
    let genesis = State::genesis(B256::repeat_byte(1));
    let deployment = Deployment { settings: SETTINGS, config_hash: B256::ZERO, genesis, program_root, time: 100 };
    let mut l1 = L1::new(&deployment, Some(&mut chain)).expect("both deploy");
    l1.begin_block(101, B256::ZERO);
    (0..BATCHES).for_each(|_| l1.append_batch().expect("the inbox takes it"));
    l1.end_block().expect("the book agrees");
    let root = l1.court().genesis_id();
    let ((a, a_id), (other, other_id)) = (claim(&l1, &root, 2), claim(&l1, &root, 3));
    let stake = |claim: Claim| Act::Stake { parent: root, claims: vec![claim] };
    block(&mut l1, 102, &[(x, stake(a)), (v, stake(a)), (z, stake(other))]);
    let [x_id, v_id, z_id] = [x, v, z].map(|owner| stake_of(&l1, owner));
    let (b, b_id) = claim(&l1, &a_id, 4);
    block(&mut l1, 104, &[(x, Act::Advance { stake: x_id, claims: vec![b] })]);
    // Nobody answers for x in time; it loses at the first fork, and is cleared at the second by hand.
    let fork = l1.ledger().assertions().get(&root).expect("it is there").clone();
    let ends = [a, other].map(|claim| claim.end.hash());
    let rivals = Rivals {
        fork: root,
        inputsHash: fork.inputs_hash,
        start: fork.end.hash(),
        first: z_id,
        firstEnd: ends[1],
        second: x_id,
        secondEnd: ends[0],
    };
    block(&mut l1, 105, &[(z, Act::OpenAndDissect { rivals: rivals.clone(), points: Box::new([B256::ZERO; 31]) })]);
    let m = Box::new(l1.ledger().match_of(&x_id, &z_id).expect("it is open").state.clone());
    block(&mut l1, 115, &[(v, Act::Timeout { m }), (v, Act::Evict { stake: x_id, id: b_id })]);
    // The window below a is over and nobody is left there: v opens it again.
    let (c, c_id) = claim(&l1, &a_id, 5);
    block(&mut l1, 104 + SETTINGS.window, &[(v, Act::Advance { stake: v_id, claims: vec![c] })]);
    assert_eq!(l1.reopened(), 1);
    let times = l1.ledger().fork(&a_id).expect("it has children");
    assert_eq!((times.first_child_at, times.second_child_at), (104 + SETTINGS.window, Some(104 + SETTINGS.window)));
    assert!(l1.ledger().assertions().get(&c_id).is_some() && l1.ledger().assertions().get(&other_id).is_some());
    // The matches of the first fork go on as before.
    block(&mut l1, 127, &[(x, Act::Open { rivals: Rivals { second: v_id, ..rivals } })]);
}
