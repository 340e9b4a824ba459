//! Whatever has happened: the same ledger gives the same plan, and L1 would take each of its acts.

use crate::{
    random::happenings,
    world::{ALICE, LIAR, OTHER, SETTINGS, World},
};
use alloy::primitives::Address;
use gainsay_game::{
    act::Act,
    court::{Court, owner_of},
    decide::{Plan, Policy, Todo, decide},
};
use gainsay_types::testing::cases;
use proptest::prelude::*;
use std::collections::BTreeSet;

const POLICIES: [Policy; 3] = [
    Policy { propose: false, second: false, list: true },
    Policy { propose: true, second: false, list: false },
    Policy { propose: true, second: true, list: true },
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    #[test]
    fn each_act_of_a_plan_is_one_that_l1_takes_and_none_is_planned_twice(happenings in happenings(160)) {
        let mut world = World::new();
        for happening in happenings {
            happening.happen(&mut world);
            let reread = world.reread();
            for (me, policy) in [ALICE, LIAR, OTHER].into_iter().zip(POLICIES) {
                let plan = world.plan(me, policy);
                prop_assert_eq!(&decide(reread.ledger(), me, &world.chain(), world.now, &SETTINGS, policy), &plan);
                in_order(&plan);
                taken(&mut world, me, &plan);
            }
        }
    }

    /// Who does nothing but what is planned claims nothing false, and never stands where it cannot win.
    #[test]
    fn who_follows_its_plans_stands_on_the_truth(happenings in happenings(160)) {
        let me = Address::repeat_byte(0xd4);
        let mut world = World::new();
        for happening in happenings {
            happening.happen(&mut world);
            let plan = world.plan(me, POLICIES[1]);
            let mistaken = plan.alarms.iter().find(|alarm| {
                use gainsay_game::decide::Alarm::{CannotWin, Contradiction, OwnTipFalse};
                matches!(alarm, CannotWin { .. } | Contradiction { .. } | OwnTipFalse { .. })
            });
            // A reorganisation of L1 may bring other batches; claims name theirs, so they went with them.
            prop_assert_eq!(mistaken, None);
            for todo in &plan.todos {
                if let Some(act) = act(&mut world, todo) {
                    world.block(1, &[(me, act)]);
                }
            }
        }
    }
}

/// The act itself. What a move says does not matter here, only whether it may be made.
fn act(world: &mut World, todo: &Todo) -> Option<Act> {
    Some(match todo {
        Todo::Act(act) => act.clone(),
        Todo::Open { rivals, .. } => Act::OpenAndDissect { rivals: rivals.clone(), points: world.points(3) },
        Todo::Play { match_id, .. } => {
            let found = world.ledger().match_by_id(match_id)?.clone();
            world.junk_move(&found, 11)
        }
    })
}

fn taken(world: &mut World, me: Address, plan: &Plan) {
    for todo in &plan.todos {
        let planned = act(world, todo).unwrap();
        let mut court: Court = world.court.clone();
        if let Err(refusal) = court.act(me, world.now, &planned) {
            panic!("{todo:?} is refused: {refusal}");
        }
    }
    let distinct = plan.todos.iter().map(|todo| format!("{todo:?}")).collect::<BTreeSet<_>>();
    assert_eq!(distinct.len(), plan.todos.len(), "{plan:?}");
    let claims = plan.todos.iter().filter(|todo| matches!(todo, Todo::Act(Act::Stake { .. } | Act::Advance { .. }))).count();
    assert_eq!(claims, usize::from(plan.idle.is_none()), "{plan:?}");
}

fn in_order(plan: &Plan) {
    let deadlines = plan.todos.iter().filter_map(|todo| match todo {
        Todo::Play { deadline, .. } => Some(*deadline),
        Todo::Open { rivals, urgent_at, .. } => {
            assert_ne!(owner_of(rivals.first), owner_of(rivals.second));
            Some(*urgent_at)
        }
        Todo::Act(_) => None,
    });
    assert!(deadlines.is_sorted(), "{plan:?}");
}
