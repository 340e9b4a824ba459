use super::*;
use alloy::{
    primitives::{aliases::U40, keccak256},
    sol_types::SolInterface,
};
use gainsay_bindings::{Games::GamesCalls, Matches::MatchesCalls, PreimageOracle::PreimageOracleCalls, Rollup::RollupCalls};

fn all() -> Vec<Act> {
    let leaf = B256::repeat_byte;
    let (stake, id, to) = (U256::from(7), leaf(1), Address::repeat_byte(2));
    let end = State { output_root: leaf(3), l2_block_number: 4, batch_index: 5, batch_offset: 6, deposit_index: 7 };
    let claims = vec![Claim { inputs_hash: leaf(8), end }; 2];
    let m = Box::new(Match {
        mover: stake,
        moverNode: leaf(11),
        rival: U256::from(8),
        rivalNode: leaf(12),
        start: leaf(13),
        end: leaf(14),
        dissection: leaf(15),
        since: U40::from(1u64 << 39),
        moverClock: 500,
        rivalClock: 600,
        moverMoves: 3,
        rivalMoves: 2,
        round: 5,
    });
    let points: Box<[B256; POINTS]> = Box::new(std::array::from_fn(|i| leaf(i as u8)));
    let segment = Segment { index: 9, start: leaf(21), end: leaf(22), proof: vec![leaf(23); 5] };
    let (first, second) = (stake, U256::from(8));
    let rivals = Rivals { fork: id, inputsHash: leaf(31), start: leaf(32), first, firstEnd: leaf(33), second, secondEnd: leaf(34) };
    let last = Box::new(Opening {
        memoryRoot: leaf(41),
        input: leaf(42),
        output: leaf(43),
        preimageKey: leaf(44),
        registersHash: leaf(45),
        pc: 46,
        step: 47,
        status: 1,
    });
    let data = Bytes::from_static(b"some data");
    let call = PrecompileCall { address: to, required_gas: 3_000, input: data.clone() };
    let element = Box::new(BlobElement { value: leaf(51), commitment: [52; 48], proof: [53; 48] });
    let step = |part| Act::Step {
        m: m.clone(),
        segment: segment.clone(),
        state: vec![1; 401].into(),
        proof: vec![2; 928].into(),
        part,
        preimage: Some(Box::new(Preimage::Keccak { data: data.clone() })),
    };
    vec![
        Act::Stake { parent: id, claims: claims.clone() },
        Act::Advance { stake, claims },
        Act::Withdraw { stake },
        Act::Confirm { id },
        Act::Evict { stake, id },
        Act::Claim { to },
        Act::OpenAndDissect { rivals: rivals.clone(), points: points.clone() },
        Act::Open { rivals },
        Act::Dissect { m: m.clone(), points: points.clone() },
        Act::Move { m: m.clone(), segment: segment.clone(), points: points.clone(), end: leaf(61) },
        Act::EnterMachine { m: m.clone(), segment: segment.clone(), from: end, last, points },
        Act::Load(Load::Keccak { data: data.clone(), index: 1 }),
        Act::Load(Load::Blob { versioned_hash: leaf(71), index: 2, element }),
        Act::Load(Load::Precompile { call, index: 0 }),
        step(None),
        Act::Timeout { m: m.clone() },
        Act::Reward { m: m.clone(), winner: stake },
        Act::List { parent: id, end },
    ]
}

#[test]
fn the_calldata_of_each_act_is_read_by_the_contract_that_it_is_sent_to() {
    for act in all() {
        let input = act.input();
        let again = match act.to() {
            Contract::Rollup => RollupCalls::abi_decode_validate(&input).map(|call| call.abi_encode()),
            Contract::Matches => MatchesCalls::abi_decode_validate(&input).map(|call| call.abi_encode()),
            Contract::Oracle => PreimageOracleCalls::abi_decode_validate(&input).map(|call| call.abi_encode()),
            Contract::Games => GamesCalls::abi_decode_validate(&input).map(|call| call.abi_encode()),
        };
        assert_eq!(again.expect("the contract has such a function"), input[..], "{}", act.name());
    }
}

#[test]
fn only_a_new_stake_carries_ether_and_moves_name_their_match() {
    let bond = U256::from(99);
    for act in all() {
        let stakes = matches!(act, Act::Stake { .. });
        assert_eq!(act.value(bond), if stakes { bond } else { U256::ZERO }, "{}", act.name());
        let opens = matches!(act, Act::Open { .. } | Act::OpenAndDissect { .. });
        assert_eq!(act.match_state().is_some(), act.to() == Contract::Matches && !opens, "{}", act.name());
    }
}

#[test]
fn the_selectors_are_those_of_the_rule_book() {
    let selector = |signature: &str| keccak256(signature)[..4].to_vec();
    let state = "(bytes32,uint64,uint64,uint64,uint64)";
    let game = "(uint256,bytes32,uint256,bytes32,bytes32,bytes32,bytes32,uint40,uint32,uint32,uint8,uint8,uint8)";
    let segment = "(uint8,bytes32,bytes32,bytes32[])";
    let of = |name: &str| all().into_iter().find(|act| act.name() == name).expect("one of all").input()[..4].to_vec();
    assert_eq!(of("stake"), selector(&format!("stake(bytes32,(bytes32,{state})[])")));
    assert_eq!(of("move"), selector(&format!("move({game},{segment},bytes32[31],bytes32)")));
    assert_eq!(of("step"), selector(&format!("step({game},{segment},bytes,bytes)")));
    assert_eq!(of("reward"), selector(&format!("reward({game},uint256)")));
    assert_eq!(of("list"), selector(&format!("list(bytes32,{state})")));
}
