//! What a trace may not take.

use super::{
    activity::Code,
    chain::{Chain, call, contract},
};
use crate::{DebugError, TraceLimits, trace_block};
use alloy_primitives::{Bytes, TxKind};
use revm::bytecode::opcode::*;
use serde_json::json;
use std::time::Duration;

/// Loops until its gas is gone.
fn spin() -> Bytes {
    Code::default().op([JUMPDEST]).push(0).op([JUMP]).0.into()
}

/// Calls the zero address again and again, with half a megabyte of memory each time.
fn shout() -> Bytes {
    let loud = Code::default().op([JUMPDEST]).push(0).push(0).push(1 << 19).push(0).push(0).push(100);
    loud.op([STATICCALL, POP]).push(0).op([JUMP]).0.into()
}

fn chain(code: Bytes, gas: u64) -> Chain {
    let mut chain = Chain::new([code]);
    chain.block(&[], vec![call(0, 0, TxKind::Call(contract(0)), 0, gas, Bytes::new())]);
    assert_eq!(chain.stored(1).len(), 1);
    chain
}

#[test]
fn a_trace_that_gets_too_long_names_the_limit() {
    let chain = chain(spin(), 16_000_000);
    let limits = TraceLimits { bytes: 1 << 20, ..TraceLimits::default() };
    let refused = chain.try_trace(1, 0, json!({}), &limits).unwrap_err();
    assert!(matches!(refused, DebugError::Size { limit: 0x10_0000 }), "{refused}");
    assert!(refused.to_string().starts_with("the trace takes more than 1048576 bytes"), "{refused}");
    // Fewer entries fit, and the gas is that of the whole transaction.
    let few = chain.try_trace(1, 0, json!({ "limit": 100 }), &limits).unwrap();
    assert_eq!((few["structLogs"].as_array().unwrap().len(), few["gas"].as_u64()), (100, Some(16_000_000)));
    assert!(chain.try_trace(1, 0, json!({ "tracer": "callTracer" }), &limits).is_ok());
}

#[test]
fn what_calls_are_given_is_not_kept_beyond_the_limit() {
    let chain = chain(shout(), 16_000_000);
    let limits = TraceLimits::default();
    for tracer in ["callTracer", "flatCallTracer"] {
        let refused = chain.try_trace(1, 0, json!({ "tracer": tracer }), &limits).unwrap_err();
        assert!(matches!(refused, DebugError::Size { .. }), "{tracer}: {refused}");
    }
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    let top = chain.try_trace(1, 0, top, &limits).unwrap();
    assert_eq!((top["type"].as_str(), top["error"].as_str(), top["calls"].is_null()), (Some("CALL"), Some("out of gas"), true));
    for tracer in ["prestateTracer", "4byteTracer", "noopTracer"] {
        assert!(chain.try_trace(1, 0, json!({ "tracer": tracer }), &limits).is_ok(), "{tracer}");
    }
}

#[test]
fn a_trace_that_takes_too_long_is_stopped() {
    let chain = chain(spin(), 16_000_000);
    let limits = TraceLimits { time: Duration::from_millis(1), ..TraceLimits::default() };
    for options in [json!({}), json!({ "tracer": "callTracer" }), json!({ "tracer": "prestateTracer" }), json!({ "tracer": "noopTracer" })]
    {
        let refused = chain.try_trace(1, 0, options, &limits).unwrap_err();
        assert!(matches!(refused, DebugError::Time { .. }), "{refused}");
        assert!(refused.to_string().starts_with("execution timeout: the trace takes more than 0.001s"), "{refused}");
    }
    assert!(chain.try_trace(1, 0, json!({ "tracer": "callTracer", "timeout": "20s" }), &limits).is_ok());
}

#[test]
fn what_cannot_be_traced_is_said_in_geths_words() {
    let chain = chain(spin(), 50_000);
    let limits = TraceLimits::default();
    let genesis = trace_block(chain.store(), &chain.config, &chain.stored(0), Default::default(), &limits).unwrap_err();
    assert_eq!(genesis.to_string(), "genesis is not traceable");
    let beyond = chain.try_trace(1, 7, json!({}), &limits).unwrap_err();
    assert_eq!(beyond.to_string(), "transaction index 7 is not in block 1, which has 1 transactions");
    let noop = chain.trace(1, 0, json!({ "tracer": "noopTracer" }));
    assert_eq!(noop, json!({}));
}

#[test]
fn calls_within_calls_are_told_of_as_deep_as_gas_takes_them() {
    // Calls itself with all the gas that it has.
    let code = Code::default().push(0).push(0).push(0).push(0).op([ADDRESS, GAS, STATICCALL, STOP]).0;
    let chain = chain(code.into(), 16_000_000);
    let block = chain.stored(1);
    for tracer in ["callTracer", "flatCallTracer"] {
        let options = serde_json::from_value(json!({ "tracer": tracer })).unwrap();
        let trace = crate::trace_transaction(chain.store(), &chain.config, &block, 0, options, &TraceLimits::default()).unwrap();
        // More than serde_json reads again without being asked to.
        let calls = trace.get().matches("\"gasUsed\"").count();
        assert!(calls > 300, "{tracer}: {calls}");
    }
}

/// Figures for the README: `cargo test -p gainsay-debug -- --ignored --nocapture what_traces_cost`.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stdout)]
fn what_traces_cost() {
    const GAS: u64 = 16_000_000;
    let mut chain = Chain::new([spin(), store(), ask()]);
    for to in 0..3 {
        chain.block(&[], vec![call(0, to, TxKind::Call(contract(to as u8)), 0, GAS, Bytes::new())]);
    }
    let limits = TraceLimits { time: Duration::from_secs(600), longest: Duration::from_secs(600), bytes: 4 << 30 };
    for (number, what) in [(1, "an empty loop"), (2, "writes of new slots"), (3, "calls")] {
        for options in [
            json!({ "tracer": "noopTracer" }),
            json!({ "tracer": "callTracer" }),
            json!({ "tracer": "prestateTracer" }),
            json!({ "disableStack": true, "disableStorage": true }),
            json!({ "disableStorage": true }),
        ] {
            let block = chain.stored(number);
            let start = std::time::Instant::now();
            let parsed = serde_json::from_value(options.clone()).unwrap();
            let trace = crate::trace_transaction(chain.store(), &chain.config, &block, 0, parsed, &limits);
            let bytes = trace.map(|trace| trace.get().len()).map_err(|error| error.to_string());
            println!("{what}, {options}: {} ms, {bytes:?} bytes", start.elapsed().as_millis());
        }
    }
}

/// Writes one new slot after the other.
fn store() -> Bytes {
    let code = Code::default().op([JUMPDEST, GAS, GAS, SSTORE]);
    code.push(0).op([JUMP]).0.into()
}

/// Calls an account without code again and again.
fn ask() -> Bytes {
    let code = Code::default().op([JUMPDEST]).push(0).push(0).push(32).push(0).push(0xabcdef).push(1_000);
    code.op([STATICCALL, POP]).push(0).op([JUMP]).0.into()
}
