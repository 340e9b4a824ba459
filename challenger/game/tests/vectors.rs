//! `tests/vectors/dispute.json`, as this crate computes it. The Foundry test `MatchVectors.t.sol` checks the same against the contracts' own libraries.
//! `GAINSAY_WRITE_VECTORS=1` writes the file instead of comparing it.

use alloy::{
    primitives::{B256, Bytes, U256, aliases::U40, keccak256},
    sol_types::SolValue,
};
use gainsay_bindings::Matches::{Match, Opening};
use gainsay_game::{
    act::match_state,
    dissection::{Dissection, POINTS, WIDTH},
    matches::{deadline, match_hash, match_id, passed},
    truth::{opening_hash, run_says},
};
use gainsay_types::State;
use serde_json::{Value, json};
use std::path::PathBuf;

fn word(what: &str, number: u64) -> B256 {
    keccak256([what.as_bytes(), &number.to_be_bytes()].concat())
}

/// All 32 segments of a dissection.
fn dissection(points: &[B256; POINTS], end: B256, start: B256) -> Value {
    let dissection = Dissection::new(points, end);
    let segments: Vec<Bytes> = (0..WIDTH as u8).map(|index| dissection.segment(index, start).abi_encode().into()).collect();
    json!({ "points": Bytes::from(points.concat()), "end": end, "start": start, "root": dissection.root(), "segments": segments })
}

fn dissections() -> Vec<Value> {
    let points = std::array::from_fn(|i| word("leaf", i as u64));
    vec![dissection(&points, word("end", 0), word("start", 0)), dissection(&[B256::ZERO; POINTS], B256::ZERO, B256::ZERO)]
}

fn stake(owner: u8, nonce: u64) -> U256 {
    U256::from_be_bytes(B256::left_padding_from(&[[owner; 20].as_slice(), &[0; 4], &nonce.to_be_bytes()].concat()).0)
}

fn state(round: u8, since: u64, clocks: (u32, u32)) -> Match {
    Match {
        mover: stake(0xb0, 3),
        moverNode: word("node", 1),
        rival: stake(0xa1, 0),
        rivalNode: word("node", 0),
        start: word("start", 1),
        end: word("end", 1),
        dissection: word("root", 1),
        since: U40::from(since),
        moverClock: clocks.0,
        rivalClock: clocks.1,
        moverMoves: round / 2,
        rivalMoves: round.div_ceil(2),
        round,
    }
}

/// A turn that ends at a time: the state before and after.
fn turn(m: &Match, time: u64, extension: u64) -> Value {
    let (start, end, dissection) = (word("start", 2), word("end", 2), word("root", 2));
    let next = passed(m, start, end, dissection, time);
    json!({
        "state": Bytes::from(m.abi_encode()), "hash": match_hash(m), "id": match_id(m.mover, m.rival),
        "extension": extension.to_string(), "deadline": deadline(m, extension).to_string(), "time": time.to_string(),
        "start": start, "end": end, "dissection": dissection,
        "passed": Bytes::from(next.abi_encode()), "passedHash": match_hash(&next),
    })
}

fn turns() -> Vec<Value> {
    let since = 1_800_000_000;
    vec![
        turn(&state(0, since, (259_200, 259_100)), since, 3_600),
        turn(&state(1, since, (259_200, 1)), since + 1, 3_600),
        // Beyond the clock, within the extension.
        turn(&state(4, since, (100, 0)), since + 3_599, 3_600),
        turn(&state(7, since, (0, u32::MAX)), since, 3_600),
        // The clock to its last second.
        turn(&state(10, since, (u32::MAX, 3_600)), since + u64::from(u32::MAX) - 1, 3_600),
        turn(&state(10, (1 << 40) - 1, (3_600, 3_601)), (1 << 40) - 1, 3_600),
    ]
}

fn match_ids() -> Vec<Value> {
    let pairs = [(stake(1, 0), stake(2, 0)), (stake(2, 0), stake(1, 0)), (stake(7, 8), stake(7, 9)), (U256::ZERO, U256::MAX)];
    pairs.into_iter().map(|(a, b)| json!({ "a": B256::from(a), "b": B256::from(b), "id": match_id(a, b) })).collect()
}

/// Ends of runs, one for each status.
fn runs() -> Vec<Value> {
    let from = State { output_root: word("root", 9), l2_block_number: 5, batch_index: 6, batch_offset: u64::MAX, deposit_index: 8 };
    let run = |status: u8| {
        let last = Opening {
            memoryRoot: word("memory", 0),
            input: word("input", 0),
            output: word("output", 0),
            preimageKey: word("key", 0),
            registersHash: word("registers", 0),
            pc: 0x1_0000 + u64::from(status),
            step: u64::MAX - u64::from(status),
            status,
        };
        json!({
            "from": Bytes::from(match_state(&from).abi_encode()), "last": Bytes::from(last.abi_encode()),
            "hash": opening_hash(&last), "says": run_says(&from, &last),
        })
    };
    (0..=7).chain([255]).map(run).collect()
}

#[test]
fn the_committed_vectors_are_what_the_game_computes() {
    let vectors = json!({ "dissections": dissections(), "turns": turns(), "matchIds": match_ids(), "runs": runs() });
    let mut text = serde_json::to_string_pretty(&vectors).expect("JSON");
    text.push('\n');
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/dispute.json");
    if std::env::var_os("GAINSAY_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).expect("the vectors can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the vectors are there: GAINSAY_WRITE_VECTORS=1 writes them");
    assert_eq!(committed, text, "the game computes something else than the contracts were checked against");
}
