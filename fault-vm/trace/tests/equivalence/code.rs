//! A small assembler for the EVM.

use alloy_primitives::{Address, U256};

pub(crate) const ADD: u8 = 0x01;
pub(crate) const GT: u8 = 0x11;
pub(crate) const KECCAK256: u8 = 0x20;
pub(crate) const ADDRESS: u8 = 0x30;
pub(crate) const CALLDATASIZE: u8 = 0x36;
pub(crate) const CALLDATACOPY: u8 = 0x37;
pub(crate) const CODESIZE: u8 = 0x38;
pub(crate) const CODECOPY: u8 = 0x39;
pub(crate) const EXTCODECOPY: u8 = 0x3c;
pub(crate) const RETURNDATASIZE: u8 = 0x3d;
pub(crate) const RETURNDATACOPY: u8 = 0x3e;
pub(crate) const BLOCKHASH: u8 = 0x40;
pub(crate) const NUMBER: u8 = 0x43;
pub(crate) const POP: u8 = 0x50;
pub(crate) const MLOAD: u8 = 0x51;
pub(crate) const MSTORE: u8 = 0x52;
pub(crate) const SLOAD: u8 = 0x54;
pub(crate) const SSTORE: u8 = 0x55;
pub(crate) const JUMP: u8 = 0x56;
pub(crate) const JUMPI: u8 = 0x57;
pub(crate) const MSIZE: u8 = 0x59;
pub(crate) const GAS: u8 = 0x5a;
pub(crate) const JUMPDEST: u8 = 0x5b;
pub(crate) const TLOAD: u8 = 0x5c;
pub(crate) const TSTORE: u8 = 0x5d;
pub(crate) const MCOPY: u8 = 0x5e;
pub(crate) const PUSH0: u8 = 0x5f;
pub(crate) const DUP1: u8 = 0x80;
pub(crate) const SWAP1: u8 = 0x90;
pub(crate) const SUB: u8 = 0x03;
pub(crate) const LOG0: u8 = 0xa0;
pub(crate) const CREATE: u8 = 0xf0;
pub(crate) const CALL: u8 = 0xf1;
pub(crate) const CALLCODE: u8 = 0xf2;
pub(crate) const RETURN: u8 = 0xf3;
pub(crate) const DELEGATECALL: u8 = 0xf4;
pub(crate) const CREATE2: u8 = 0xf5;
pub(crate) const STATICCALL: u8 = 0xfa;
pub(crate) const REVERT: u8 = 0xfd;
pub(crate) const INVALID: u8 = 0xfe;
pub(crate) const SELFDESTRUCT: u8 = 0xff;

/// What is pushed for an address.
pub(crate) fn word(address: Address) -> U256 {
    U256::from_be_slice(address.as_slice())
}

/// Code in the making. Jumps take it to begin at 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code(Vec<u8>);

impl Code {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn ops(mut self, opcodes: &[u8]) -> Self {
        self.0.extend_from_slice(opcodes);
        self
    }

    /// Pushes a number, in as few bytes as it has.
    pub(crate) fn push(mut self, value: impl Into<U256>) -> Self {
        let bytes = value.into().to_be_bytes_trimmed_vec();
        self.0.push(PUSH0 + bytes.len() as u8);
        self.0.extend_from_slice(&bytes);
        self
    }

    /// Pushes several, so that the first one ends on top.
    pub(crate) fn arguments<const N: usize>(self, values: [u64; N]) -> Self {
        values.into_iter().rev().fold(self, Self::push)
    }

    /// Writes bytes to memory, with zeroes up to a whole word.
    pub(crate) fn write(self, at: usize, bytes: &[u8]) -> Self {
        bytes.chunks(32).enumerate().fold(self, |code, (index, chunk)| {
            let mut word = [0; 32];
            word[..chunk.len()].copy_from_slice(chunk);
            code.push(U256::from_be_bytes(word)).push(U256::from(at + 32 * index)).ops(&[MSTORE])
        })
    }

    /// Stores what is on top.
    pub(crate) fn store_at(self, slot: u64) -> Self {
        self.push(U256::from(slot)).ops(&[SSTORE])
    }

    /// Repeats what `body` adds while more than `gas` is left; the body leaves the stack as it was.
    pub(crate) fn while_gas(self, gas: u64, body: impl FnOnce(Self) -> Self) -> Self {
        let start = self.0.len() as u64;
        body(self.ops(&[JUMPDEST])).push(U256::from(gas)).ops(&[GAS, GT]).push(U256::from(start)).ops(&[JUMPI])
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Init code that deploys `code`.
pub(crate) fn deploying(code: &[u8]) -> Vec<u8> {
    // PUSH2 length DUP1 PUSH1 11 PUSH0 CODECOPY PUSH0 RETURN
    let length = (code.len() as u16).to_be_bytes();
    [&[0x61, length[0], length[1], DUP1, 0x60, 10, PUSH0, CODECOPY, PUSH0, RETURN], code].concat()
}
