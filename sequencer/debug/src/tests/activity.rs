//! Random contracts and random use of them.

use super::chain::{Chain, call, contract, legacy, sender, sign, signer};
use alloy::signers::SignerSync;
use alloy_consensus::TxEip7702;
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use gainsay_execute::ExecutedBlock;
use gainsay_types::{Transaction, UserDeposit, testing::Dice};
use revm::bytecode::opcode::*;

const CONTRACTS: u8 = 6;
/// Signs authorisations, and sends nothing.
const AUTHORITY: u8 = 5;

/// Code in the making.
#[derive(Default)]
pub(super) struct Code(pub(super) Vec<u8>);

impl Code {
    pub(super) fn push(self, value: u64) -> Self {
        self.push_word(U256::from(value))
    }

    fn push_word(mut self, value: U256) -> Self {
        let bytes = value.to_be_bytes_trimmed_vec();
        self.0.push(PUSH0 + bytes.len() as u8);
        self.0.extend(bytes);
        self
    }

    pub(super) fn op(mut self, opcodes: impl IntoIterator<Item = u8>) -> Self {
        self.0.extend(opcodes);
        self
    }

    fn address(self, address: Address) -> Self {
        self.push_word(U256::from_be_slice(address.as_slice()))
    }
}

/// A chain of random contracts.
pub(super) fn chain(dice: &mut Dice) -> Chain {
    Chain::new((0..CONTRACTS).map(|index| any_code(dice, index + 1)).collect::<Vec<_>>())
}

/// A block of random deposits and transactions on top.
pub(super) fn busy_block(chain: &mut Chain, dice: &mut Dice) -> ExecutedBlock {
    let deposits: Vec<_> = (0..dice.below(3)).map(|_| any_deposit(dice)).collect();
    let mut nonces = [0, 1, 2].map(|who| chain.nonce(who));
    // A deposit bumps its sender's nonce.
    for deposit in &deposits {
        if let Some(who) = (0..3).find(|who| sender(*who) == deposit.from) {
            nonces[usize::from(who)] += 1;
        }
    }
    let mut transactions = Vec::new();
    for _ in 0..dice.below(7) {
        let who = dice.below(3) as u8;
        transactions.push(any_transaction(dice, who, nonces[usize::from(who)]));
        nonces[usize::from(who)] += 1;
    }
    chain.block(&deposits, transactions)
}

fn any_address(dice: &mut Dice) -> Address {
    match dice.below(12) {
        0 => sender(dice.below(3) as u8),
        1 => sender(AUTHORITY),
        2 => Address::with_last_byte(1 + dice.below(9) as u8),
        3 => Address::repeat_byte(0xee),
        4 => Address::repeat_byte(dice.below(4) as u8),
        _ => contract(dice.below(u64::from(CONTRACTS)) as u8),
    }
}

/// As [`any_address`], but only contracts from `lowest` on: what calls only those behind itself does not call deeper than tests can read.
fn any_callee(dice: &mut Dice, lowest: u8) -> Address {
    let number = dice.below(8) as u8;
    match number {
        0 => sender(number % 3),
        1 => Address::with_last_byte(1 + dice.below(9) as u8),
        2 => Address::repeat_byte(0xee),
        _ if lowest < CONTRACTS => contract(lowest + dice.below(u64::from(CONTRACTS - lowest)) as u8),
        _ => Address::repeat_byte(number),
    }
}

fn any_transaction(dice: &mut Dice, who: u8, nonce: u64) -> Transaction {
    let value = if dice.below(2) == 0 { 0 } else { dice.below(1_000) };
    let gas = [21_000, 30_000, 60_000, 120_000, 400_000, 400_000][dice.below(6) as usize];
    let length = dice.below(70) as usize;
    let input = Bytes::from(dice.bytes(length));
    match dice.below(8) {
        0 => call(who, nonce, TxKind::Create, value, gas.max(100_000), init_code(dice)),
        1 => legacy(who, nonce, TxKind::Call(any_address(dice)), value, gas, input),
        2 => {
            let authorization = Authorization { chain_id: U256::ZERO, address: any_address(dice), nonce: dice.below(3) };
            let signature = signer(AUTHORITY).sign_hash_sync(&authorization.signature_hash()).unwrap();
            let tx = TxEip7702 {
                chain_id: super::chain::CHAIN_ID,
                nonce,
                gas_limit: gas.max(120_000),
                max_fee_per_gas: 1_000_000_000,
                max_priority_fee_per_gas: 3,
                to: if dice.below(2) == 0 { sender(AUTHORITY) } else { any_address(dice) },
                value: U256::from(value),
                access_list: Default::default(),
                authorization_list: vec![authorization.into_signed(signature)],
                input,
            };
            sign(who, tx)
        }
        _ => call(who, nonce, TxKind::Call(any_address(dice)), value, gas, input),
    }
}

fn any_deposit(dice: &mut Dice) -> UserDeposit {
    let mint = [0, 5, 1_000_000][dice.below(3) as usize];
    let creates = dice.below(4) == 0;
    UserDeposit {
        from: if dice.below(3) == 0 { sender(dice.below(3) as u8) } else { Address::repeat_byte(0xd0 + dice.below(2) as u8) },
        to: (!creates).then(|| any_address(dice)),
        mint,
        value: [0, mint, mint * 2 + 1][dice.below(3) as usize],
        gas_limit: [1_000, 21_000, 60_000, 300_000][dice.below(4) as usize],
        data: if creates { init_code(dice) } else { Bytes::from(dice.bytes(9)) },
    }
}

/// Does something, then returns a little code.
fn init_code(dice: &mut Dice) -> Bytes {
    let mut code = Code::default();
    for _ in 0..dice.below(4) {
        code = any_act(dice, code, 0);
    }
    // The contract is `SELFDESTRUCT` to its caller, `STOP`, or whatever is in memory.
    code = code.push([0x33ff, 0, 0x5f5f_55fe][dice.below(3) as usize]).push(0).op([MSTORE]);
    code.push(dice.below(5)).push(30).op([RETURN]).0.into()
}

/// A contract that calls others only from `lowest` on.
fn any_code(dice: &mut Dice, lowest: u8) -> Bytes {
    let mut code = Code::default();
    for _ in 0..1 + dice.below(10) {
        code = any_act(dice, code, lowest);
    }
    match dice.below(3) {
        0 => code.op([STOP]).0.into(),
        _ => code.push(32).push(0).op([RETURN]).0.into(),
    }
}

fn any_act(dice: &mut Dice, code: Code, lowest: u8) -> Code {
    let (slot, number) = (dice.below(4), dice.below(3));
    match dice.below(24) {
        0..4 => code.push(number).push(slot).op([SSTORE]),
        4 | 5 => code.push(slot).op([SLOAD, POP]),
        6 | 7 => code.push(slot).push(dice.bits()).push(dice.below(64)).push(number).op([LOG2]),
        8..12 => any_call(dice, code, lowest),
        12 => {
            let init = U256::from(0x6133_ff5f_5260_0260_1ef3_u128);
            let create = code.push_word(init << 176).push(0).op([MSTORE]);
            if number == 0 {
                create.push(slot).push(10).push(0).push(number).op([CREATE2, POP])
            } else {
                create.push(10).push(0).push(number - 1).op([CREATE, POP])
            }
        }
        13 if number == 0 => code.address(any_address(dice)).op([SELFDESTRUCT]),
        14 if number == 0 => code.push(32).push(0).op([REVERT]),
        15 if number == 0 => code.op([[INVALID, 0x2a, ADD][slot as usize % 3]]),
        16 if number == 0 => code.push(3).op([JUMP]),
        17 => code.address(any_address(dice)).op([[BALANCE, EXTCODEHASH, EXTCODESIZE][number as usize], SELFBALANCE, POP, POP]),
        18 => code.push(number).push(slot).op([TSTORE]).push(slot).op([TLOAD, POP]),
        19 => code.op([RETURNDATASIZE]).push(0).push(number).op([RETURNDATACOPY]),
        20 => code.push(40).push(number).op([KECCAK256, GAS, POP, POP]),
        21 => code.push(1).op([NUMBER, SUB, BLOCKHASH, DIFFICULTY, BASEFEE, POP, POP, POP]),
        22 if number == 0 => {
            let start = code.0.len() as u64;
            code.op([JUMPDEST]).push(start).op([JUMP])
        }
        _ => code.push_word(U256::from_be_bytes([number as u8; 32])).push(slot * 40).op([MSTORE]),
    }
}

fn any_call(dice: &mut Dice, code: Code, lowest: u8) -> Code {
    let value = dice.below(4).saturating_sub(2);
    let opcode = [CALL, CALL, DELEGATECALL, STATICCALL, CALLCODE][dice.below(5) as usize];
    let code = code.push(32).push(0).push(dice.below(40)).push(0);
    let code = if matches!(opcode, CALL | CALLCODE) { code.push(value) } else { code };
    code.address(any_callee(dice, lowest)).push(dice.below(60_000)).op([opcode, POP])
}
