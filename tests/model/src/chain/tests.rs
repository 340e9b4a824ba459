use super::*;
use gainsay_l1::{InboxEvent, RollupEvent};

fn deployed() -> (Chain, Vec<L1Event>) {
    let mut chain = Chain::new().expect("deploys");
    let settings = Settings { bond: U256::from(1_000), window: 100, clock: 40, extension: 4, period: 2 };
    let genesis = State::genesis(B256::repeat_byte(1));
    let deployment = Deployment { settings, config_hash: B256::repeat_byte(2), genesis, program_root: B256::repeat_byte(3), time: 1_000 };
    let events = chain.deploy(&deployment).expect("deploys");
    (chain, events)
}

#[test]
fn the_contracts_stand_and_name_each_other() {
    let (mut chain, events) = deployed();
    assert!(matches!(events[..], [L1Event::Rollup(RollupEvent::AssertionCreated { .. }), L1Event::Rollup(_)]), "{events:?}");
    let (rollup, matches) = (chain.rollup(), chain.matches());
    assert_eq!(chain.call(matches, &Matches::rollupCall {}).expect("answers"), rollup);
    assert_eq!(chain.call(rollup, &Rollup::matchesCall {}).expect("answers"), matches);
    assert_eq!(chain.call(rollup, &Rollup::challengeWindowCall {}).expect("answers"), 100);
}

#[test]
fn a_reorg_undoes_blocks_and_other_batches_follow() {
    let (mut chain, _) = deployed();
    let saved = chain.save();
    let append = |chain: &mut Chain, salt: u8| {
        chain.begin_block(1_010, B256::repeat_byte(salt));
        let events = chain.append_batch(Bytes::from(vec![salt])).expect("appends");
        match &events[..] {
            [L1Event::Inbox(InboxEvent::Batch { header, acc, .. }), L1Event::Inbox(InboxEvent::Message { .. })] => {
                (header.batch_index, header.l1_time, *acc)
            }
            other => panic!("{other:?}"),
        }
    };
    let first = append(&mut chain, 1);
    chain.restore(&saved);
    let second = append(&mut chain, 2);
    assert_eq!((first.0, first.1, second.0, second.1), (1, 1_010, 1, 1_010));
    assert_ne!(first.2, second.2);
}

#[test]
fn a_refusal_is_named_and_changes_nothing() {
    let (mut chain, _) = deployed();
    let player = Address::repeat_byte(0x55);
    chain.fund(player);
    let before = chain.balance(player).expect("in memory");
    let call = Rollup::stakeCall { parent: B256::ZERO, claims: Vec::new() }.abi_encode();
    let error = chain.transact(player, chain.rollup(), call.into(), U256::from(3)).expect_err("the bond is 1000");
    assert_eq!(error.to_string(), "WrongBond { sent: 3, bond: 1000 }");
    assert_eq!(chain.balance(player).expect("in memory"), before);
}
