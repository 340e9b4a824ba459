use super::*;
use crate::run::Runs;
use gainsay_game::{act::Claim, settings::Settings};
use gainsay_types::{State, assertion_id};

const STAKER: Address = Address::repeat_byte(0x55);

fn deployment(period: u64) -> Deployment {
    Deployment {
        settings: Settings { bond: U256::from(1_000), window: 100, clock: 40, extension: 4, period },
        config_hash: B256::repeat_byte(2),
        genesis: State::genesis(B256::repeat_byte(1)),
        program_root: Runs::new().expect("the program loads").program_root(),
        time: 1_000,
    }
}

fn stake(l1: &L1<'_>) -> Act {
    let genesis = l1.ledger().assertions().latest_confirmed().expect("it is there").clone();
    Act::Stake { parent: genesis.id, claims: vec![Claim { inputs_hash: genesis.inputs_hash, end: genesis.end }] }
}

/// The contracts, by a deployment that the rules take for another one.
fn unequal<'a>(chain: &'a mut Chain, rules: &Deployment, contracts: &Deployment) -> L1<'a> {
    chain.fund(STAKER);
    let mut l1 = L1::new(rules, None).expect("the rules deploy");
    chain.deploy(contracts).expect("the contracts deploy");
    l1.chain = Some(chain);
    l1
}

#[test]
fn equal_rules_agree_and_a_reorg_undoes_both() {
    let mut chain = Chain::new().expect("deploys");
    chain.fund(STAKER);
    let mut l1 = L1::new(&deployment(2), Some(&mut chain)).expect("they agree");
    l1.begin_block(1_002, B256::ZERO);
    l1.append_batch().expect("appends");
    let act = stake(&l1);
    assert_eq!(l1.act(STAKER, &act).expect("they agree"), Ok(()));
    l1.end_block().expect("they agree");
    l1.check_contracts().expect("they agree");
    assert_eq!(l1.ledger().stakes().count(), 1);
    l1.reorg(1).expect("they agree");
    l1.check_contracts().expect("they agree");
    assert_eq!((l1.ledger().stakes().count(), l1.batches().len()), (0, 1));
}

#[test]
fn contracts_with_another_period_are_found_by_the_first_act_that_it_decides() {
    let mut chain = Chain::new().expect("deploys");
    let mut l1 = unequal(&mut chain, &deployment(2), &deployment(3));
    l1.begin_block(1_002, B256::ZERO);
    l1.append_batch().expect("appends");
    let act = stake(&l1);
    let found = l1.act(STAKER, &act);
    assert!(matches!(&found, Err(Disagreement::Act { contracts, .. }) if contracts.contains("ChildTooEarly")), "{found:?}");
}

#[test]
fn what_only_the_rules_did_is_missed_in_the_contracts() {
    let mut chain = Chain::new().expect("deploys");
    let mut l1 = unequal(&mut chain, &deployment(2), &deployment(2));
    l1.begin_block(1_002, B256::ZERO);
    l1.append_batch().expect("appends");
    let act = stake(&l1);
    let beside = l1.chain.take();
    assert_eq!(l1.act(STAKER, &act).expect("no contracts"), Ok(()));
    l1.chain = beside;
    let found = l1.check_contracts();
    assert!(matches!(found, Err(Disagreement::Held { .. })), "{found:?}");
}

#[test]
fn a_book_that_missed_a_block_is_found() {
    let mut l1 = L1::new(&deployment(2), None).expect("the rules deploy");
    l1.begin_block(1_002, B256::ZERO);
    l1.append_batch().expect("appends");
    let act = stake(&l1);
    assert_eq!(l1.act(STAKER, &act).expect("no contracts"), Ok(()));
    l1.events.clear();
    let found = l1.end_block();
    assert!(matches!(found, Err(Disagreement::Held { .. })), "{found:?}");
    let genesis = State::genesis(B256::repeat_byte(1));
    assert!(l1.court().assertion(&assertion_id(l1.court().genesis_id(), genesis.hash())).is_some());
}
