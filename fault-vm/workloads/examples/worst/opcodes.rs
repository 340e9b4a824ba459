//! Instructions of the EVM that touch nothing but stack, memory and what the transaction has loaded before.

use crate::{
    case::Case,
    code::{GAS, call, endless_case},
};
use alloy_primitives::{Bytes, bytes};

/// A number of 256 bits, one of 130, one of 256.
const OPERANDS: &str = "7ffedcba9876543210fedcba9876543210f1e2d3c4b5a697887766554433221101
    7003123456789abcdef0fedcba9876543210 7ff1e2d3c4b5a69788796a5b4c3d2e1f00ffeeddccbbaa99887766554433221103";

/// Without operands, for 2 gas; POP takes what they push.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("PUSH0", "5f"),
    ("ADDRESS", "30"),
    ("ORIGIN", "32"),
    ("CALLER", "33"),
    ("CALLVALUE", "34"),
    ("CALLDATASIZE", "36"),
    ("CODESIZE", "38"),
    ("GASPRICE", "3a"),
    ("RETURNDATASIZE", "3d"),
    ("COINBASE", "41"),
    ("TIMESTAMP", "42"),
    ("PREVRANDAO", "44"),
    ("GASLIMIT", "45"),
    ("CHAINID", "46"),
    ("BASEFEE", "48"),
    ("BLOBBASEFEE", "4a"),
    ("MSIZE", "59"),
    ("GAS", "5a"),
];

/// Of two operands: the number of 256 bits, then the result of the one before.
const BINARY: &[(&str, &str)] = &[
    ("ADD", "01"),
    ("MUL", "02"),
    ("SUB", "03"),
    ("DIV", "04"),
    ("SDIV", "05"),
    ("LT", "10"),
    ("SLT", "12"),
    ("EQ", "14"),
    ("AND", "16"),
    ("XOR", "18"),
    ("ISZERO of a copy", "15 01"),
    ("CLZ of a copy", "1e 01"),
];

/// Name, what comes first, what is repeated.
const OTHERS: &[(&str, &str, &str)] = &[
    ("JUMPDEST", "", "5b"),
    ("JUMPI, not taken", "", "5f5f57"),
    ("PC", "", "5850"),
    ("PUSH1", "", "60ff50"),
    ("PUSH32", "", "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff50"),
    ("NOT", "5f", "19"),
    ("SIGNEXTEND", "OPERANDS", "80 6007 0b 50"),
    ("BYTE", "OPERANDS", "80 6007 1a 50"),
    ("SHL", "OPERANDS", "80 6047 1b 50"),
    ("SHR", "OPERANDS", "80 6047 1c 50"),
    ("SAR", "OPERANDS", "80 6047 1d 50"),
    ("SWAP16", "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f", "9f"),
    ("MOD, 256 by 130 bits", "OPERANDS", "81 83 06 50"),
    ("MOD, 256 by 256 bits", "OPERANDS", "80 83 06 50"),
    ("SMOD, 256 by 130 bits", "OPERANDS", "81 83 07 50"),
    ("ADDMOD, 256 bits", "OPERANDS", "82 81 82 08 50"),
    ("ADDMOD, 130 bits", "OPERANDS", "81 81 84 08 50"),
    ("MULMOD, 256 bits", "OPERANDS", "82 81 82 09 50"),
    ("MULMOD, 130 bits", "OPERANDS", "81 81 84 09 50"),
    ("EXP, 256 bits", "OPERANDS", "80 83 0a 50"),
    ("EXP, 8 bits", "OPERANDS", "60ff 81 0a 50"),
    ("KECCAK256 of nothing", "", "5f5f2050"),
    ("KECCAK256 of 1 byte", "5f5f52", "60015f2050"),
    ("KECCAK256 of 136 bytes", "5f608052", "60885f2050"),
    ("KECCAK256 of 256 kB", "5f6203ffe052", "620400005f2050"),
    ("CALLDATALOAD", "", "5f3550"),
    ("CALLDATACOPY, 1 word", "5f5f52", "60205f5f37"),
    ("CALLDATACOPY, 64 kB", "5f62010000 52", "620100005f5f37"),
    ("CODECOPY, 24 kB", "5f617000 52", "616000 5f5f39"),
    ("MCOPY, 1 word", "5f5f52", "60205f5f5e"),
    ("MCOPY, 64 kB", "5f6203ffe052", "62010000 5f 6020 5e"),
    ("MCOPY, 64 kB, not aligned", "5f6203ffe052", "62010000 5f 6003 5e"),
    ("MLOAD", "", "5f5150"),
    ("MSTORE", "", "5f5f52"),
    ("MSTORE8", "", "5f5f53"),
    ("MSTORE at the end of memory", "5f", "80 80 52 6020 01"),
    ("BLOCKHASH of the parent", "", "60014303 40 50"),
    ("BLOBHASH", "", "5f4950"),
    ("SELFBALANCE", "", "4750"),
    ("LOG0 of nothing", "", "5f5fa0"),
    ("LOG4 of nothing", "", "5f5f5f5f5f5fa4"),
    ("LOG0 of 4 kB", "5f61100052", "6110005fa0"),
    ("TSTORE, always the same key", "", "5f5f5d"),
];

pub(crate) fn cases() -> Vec<Case> {
    let environment = ENVIRONMENT.iter().map(|(name, code)| endless_case(name, "", &format!("{code} 50")));
    let binary = BINARY.iter().map(|(name, code)| {
        let copied = if code.len() > 2 { "80" } else { "83" };
        endless_case(name, &format!("{OPERANDS} 81"), &format!("{copied} {code}"))
    });
    let others = OTHERS.iter().map(|(name, start, body)| endless_case(name, if *start == "OPERANDS" { OPERANDS } else { start }, body));
    let jumps = call("JUMP, a loop of three", bytes!("5b5f56"), Bytes::new(), GAS, Vec::new);
    environment.chain(binary).chain(others).chain([jumps]).collect()
}
