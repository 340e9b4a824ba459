//! Calls, contracts that are created, memory that grows, and logs.

use crate::{
    case::Case,
    code::{CALLEE, GAS, bytes, call, contract, endless, until},
};
use alloy_primitives::Bytes;

/// What is called: name, its code, what the caller does first, and the caller's call, for which the stack is as it was after.
const CALLS: &[(&str, &str, &str, &str)] = &[
    ("CALL of nothing", "", "", "5f5f5f5f5f 61f0f1 5a f1 50"),
    ("CALL of a STOP", "00", "", "5f5f5f5f5f 60c2 5a f1 50"),
    ("STATICCALL of a STOP", "00", "", "5f5f5f5f 60c2 5a fa 50"),
    ("DELEGATECALL of a STOP", "00", "", "5f5f5f5f 60c2 5a f4 50"),
    ("CALLCODE of a STOP", "00", "", "5f5f5f5f5f 60c2 5a f2 50"),
    ("CALL with value", "", "", "5f5f5f5f 6001 61f0f1 5a f1 50"),
    ("CALL that reverts", "5f5ffd", "", "5f5f5f5f5f 60c2 5a f1 50"),
    ("STATICCALL that fills 32 kB", "5f 617fe0 52 00", "", "5f5f5f5f 60c2 5a fa 50"),
    ("STATICCALL that fills 256 kB", "5f 6203ffe0 52 00", "", "5f5f5f5f 60c2 5a fa 50"),
    ("STATICCALL that returns 32 kB", "617ffe 5f f3", "5f 617fe0 52", "617ffe 5f 5f 5f 60c2 5a fa 50"),
    ("STATICCALL with 32 kB that copies it", "365f5f37", "5f 617fe0 52", "5f 5f 617ffe 5f 60c2 5a fa 50"),
    ("BALANCE, warm", "", "", "60c2 31 50"),
    ("EXTCODESIZE, warm", "00", "", "60c2 3b 50"),
    ("EXTCODEHASH, warm", "00", "", "60c2 3f 50"),
    ("EXTCODECOPY of 24 kB, warm", "", "5f 617fe0 52", "616000 5f 5f 60c1 3c"),
    ("SLOAD, warm", "", "", "5f5450"),
    ("SSTORE, warm, as it is", "", "", "5f5f55"),
    ("SSTORE, warm, to and fro", "", "", "60015f55 60025f55"),
    ("TLOAD", "", "", "5f5c50"),
    ("TSTORE of fresh keys", "", "5f", "80 80 5d 6001 01"),
    ("SLOAD of fresh keys of nothing", "", "5f", "80 54 50 6001 01"),
    ("CREATE of nothing", "", "", "5f5f5ff0 50"),
    ("CREATE2 of nothing", "", "5f", "80 5f5f5f f5 50 6001 01"),
];

/// Things that stay: name, what comes first, what is repeated, and gas that is kept back.
const KEPT: &[(&str, &str, &str, u32)] = &[
    ("LOG0 of nothing, kept", "", "5f5fa0", 10_000),
    ("LOG4 of nothing, kept", "", "5f5f5f5f5f5fa4", 10_000),
    ("LOG4 of different topics, kept", "5f", "6001 01 80 80 80 80 5f5fa4", 10_000),
    ("LOG0 of 4 kB, kept", "5f61100052", "6110005fa0", 100_000),
    ("LOG0 of 256 kB, kept", "5f6203ffe052", "620400005fa0", 2_400_000),
    // Initcode: CODECOPY 49,152 bytes of zeroes.
    ("CREATE with 48 kB of initcode", "5f61bfe052", "61c0005f5ff050", 100_000),
    ("CREATE2 with 48 kB of initcode", "5f61bfe0525f", "80 61c000 5f5f f5 50 6001 01", 100_000),
    // Initcode: PUSH2 0x6000 PUSH0 RETURN, which deploys 24,576 zeroes.
    ("CREATE of 24 kB of code", "65616000 5ff300 60d0 1b 5f52", "60055f5ff050", 6_000_000),
    // Initcode: GAS PUSH0 MSTORE, then as before.
    ("CREATE of 24 kB of code, each another", "675a5f526160005ff3 60c0 1b 5f52", "60085f5ff050", 6_000_000),
];

pub(crate) fn cases() -> Vec<Case> {
    let calls = CALLS.iter().map(|(name, callee, start, body)| {
        let callee = Bytes::from(bytes(callee));
        call(name, endless(start, body), Bytes::new(), GAS, move || vec![(CALLEE, contract(callee.clone()))])
    });
    let kept = KEPT.iter().map(|(name, start, body, reserve)| {
        let gas = if *reserve > 1_000_000 { 15_000_000 } else { GAS };
        call(name, until(start, body, *reserve), Bytes::new(), gas, Vec::new)
    });
    calls.chain(kept).chain(deep()).collect()
}

/// Contracts that call themselves as deep as it goes, again and again, with what each level does before.
fn deep() -> impl Iterator<Item = Case> {
    let own = |start: &str, size: &str| {
        let again = format!("{size} 5f {size} 5f 30 5a fa 50 ");
        Bytes::from(bytes(&format!("{start} {}", again.repeat(3))))
    };
    let cases = [("calls of itself", own("", "5f")), ("calls of itself that copy 4 kB", own("6110005f5f37", "611000"))];
    cases.into_iter().map(|(name, code)| call(name, code, Bytes::new(), GAS, Vec::new))
}
