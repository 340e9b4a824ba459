//! Steps at random: `GAINSAY_CASES=N` plays N times as many runs, `GAINSAY_SEED=N` repeats one.

use gainsay_bridge_model::{
    assertions::Lie,
    cast::Layer,
    report::Report,
    run::{Step, run},
    sequencer::Shape,
    users::{Act, Deed, Way},
    withdrawals::Tamper,
    world::Stage,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use std::{
    cell::RefCell,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Runs in a usual test.
const RUNS: u32 = 240;
/// Steps of a run, at most.
const STEPS: usize = 120;

/// What a test without would not show much. Each happens dozens of times in a usual test.
const HAPPENS: [&str; 24] = [
    "altered proofs refused",
    "assertions confirmed",
    "batches that leave deposits to closing blocks",
    "deposits whose call failed",
    "deposits whose call succeeded",
    "false claims",
    "forced batches",
    "liars defeated",
    "messages delivered by the first try",
    "messages delivered on L1 by a second try",
    "messages delivered on L2 by a second try",
    "messages that nobody can deliver",
    "payments",
    "payments by an unconfirmed assertion refused",
    "payments that ask for more gas than there is refused",
    "payments whose call failed",
    "payments without a proof refused",
    "proofs",
    "proofs against a loser refused",
    "proofs of what is not there refused",
    "reorganisations of L1",
    "transactions on L2",
    "transactions on L2 that reverted",
    "void batches",
];

#[test]
fn nothing_is_made_lost_or_paid_twice_whatever_anybody_does() {
    let given = std::env::var("GAINSAY_SEED").ok().map(|text| text.parse().expect("GAINSAY_SEED is a number below 2^64"));
    let seed: u64 = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64);
    eprintln!("bridge: GAINSAY_SEED={seed} repeats this run");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = gainsay_types::testing::cases(RUNS);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let start = Instant::now();
    let stage = RefCell::new(Stage::new().expect("the stage is set"));
    let total = RefCell::new(Report::default());
    let result = runner.run(&vec(steps(), 0..=STEPS), |script| {
        let report =
            run(&mut stage.borrow_mut(), &script).map_err(|(place, fault)| TestCaseError::fail(format!("step {place}: {fault}")))?;
        total.borrow_mut().add(&report);
        Ok(())
    });
    let total = total.into_inner();
    eprintln!("bridge: {cases} runs in {:?}", start.elapsed());
    for (what, count) in &total.0 {
        eprintln!("{count:>8} {what}");
    }
    match result {
        Ok(()) => HAPPENS.iter().for_each(|what| assert!(total.of(what) > 0, "GAINSAY_SEED={seed}: no {what} in {cases} runs")),
        Err(TestError::Fail(reason, script)) => {
            let told: Vec<String> = script.iter().enumerate().map(|(place, step)| format!("{place}: {step:?}")).collect();
            panic!("{}\nGAINSAY_SEED={seed}: {reason}", told.join("\n"));
        }
        Err(TestError::Abort(reason)) => panic!("GAINSAY_SEED={seed}: {reason}"),
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let shapes = prop_oneof![6 => Just(Shape::Usual), 1 => Just(Shape::Late), 1 => Just(Shape::Double), 1 => Just(Shape::Void)];
    let take = prop_oneof![3 => Just(u64::MAX), 1 => 0u64..8];
    let lies = select(vec![Lie::Withdrawal, Lie::Withdrawal, Lie::Place, Lie::Root]);
    let layers = || select(vec![Layer::L1, Layer::L2]);
    let number = any::<u64>;
    prop_oneof![
        30 => acts().prop_map(Step::User),
        14 => (take, shapes).prop_map(|(take, shape)| Step::Batch { take, shape }),
        2 => Just(Step::Force),
        9 => Just(Step::Claim),
        3 => (number(), lies).prop_map(|(place, kind)| Step::Lie { place, kind }),
        6 => Just(Step::Settle),
        8 => number().prop_map(Step::List),
        12 => (number(), number(), number(), tampers()).prop_map(|(which, who, game, tamper)| Step::Prove { which, who, game, tamper }),
        12 => (number(), number(), number(), number())
            .prop_map(|(which, who, submitter, gas)| Step::Finalize { which, who, submitter, gas }),
        5 => (layers(), number(), number(), number()).prop_map(|(layer, which, who, gas)| Step::Replay { layer, which, who, gas }),
        6 => (number(), any::<bool>(), number()).prop_map(|(which, yes, detail)| Step::Mood { which, yes, detail }),
        2 => (1u64..=20).prop_map(Step::Wait),
        2 => (1usize..=4).prop_map(Step::Reorg),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let layers = select(vec![Layer::L1, Layer::L2]);
    let ways = select(vec![Way::Person, Way::Person, Way::Contract, Way::Deposit, Way::ContractDeposit]);
    let deeds = prop_oneof![
        3 => Just(Deed::Pay),
        4 => Just(Deed::Raw),
        4 => Just(Deed::Message),
        4 => Just(Deed::BridgeEther),
        6 => Just(Deed::BridgeToken),
        1 => Just(Deed::WrongPair),
        1 => Just(Deed::Transfer),
        1 => Just(Deed::Housekeeping),
    ];
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>());
    (layers, ways, deeds, numbers).prop_map(|(layer, way, deed, (who, target, amount, gas, detail))| Act {
        layer,
        way,
        deed,
        who,
        target,
        amount,
        gas,
        detail,
    })
}

fn tampers() -> impl Strategy<Value = Option<Tamper>> {
    let all = vec![
        Tamper::Node,
        Tamper::Short,
        Tamper::Long,
        Tamper::Output,
        Tamper::Version,
        Tamper::Value,
        Tamper::Target,
        Tamper::Sender,
        Tamper::Nonce,
        Tamper::Gas,
        Tamper::Data,
    ];
    prop_oneof![3 => Just(None), 1 => select(all).prop_map(Some)]
}
