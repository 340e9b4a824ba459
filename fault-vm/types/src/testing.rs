//! Random and lifelike transactions for tests. Everything follows from a seed. Signatures are random bytes: they cost what
//! real ones cost, and recover to nobody in particular.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use crate::{
    Transaction,
    batch::{Batch, BatchBlock},
};
use alloc::vec::Vec;
use alloy_consensus::{Signed, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use op_alloy_consensus::OpTxEnvelope;

/// How many random cases a property is tried on: `usual`, times the environment variable `GAINSAY_CASES` where that is set (a long run).
#[cfg(feature = "std")]
#[must_use]
pub fn cases(usual: u32) -> u32 {
    extern crate std;
    let factor = std::env::var("GAINSAY_CASES").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    usual.saturating_mul(factor)
}

/// Chain id of lifelike transactions.
pub const CHAIN_ID: u64 = 42_170_001;

/// Repeatable randomness (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts at `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    /// Random bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.bits() as u8).collect()
    }

    /// A random word.
    pub fn word(&mut self) -> B256 {
        B256::from_slice(&self.bytes(32))
    }

    /// A random address.
    pub fn address(&mut self) -> Address {
        Address::from_slice(&self.bytes(20))
    }

    /// A number of a random size.
    fn number(&mut self) -> u64 {
        let shift = self.below(64);
        self.bits() >> shift
    }
}

/// A transaction of any type that users may send, with fields anywhere in their range.
pub fn any_transaction(dice: &mut Dice) -> Transaction {
    let signature = Signature::new(dice.word().into(), dice.word().into(), dice.below(2) == 1);
    let (chain_id, nonce, gas_limit) = (dice.number(), dice.number(), dice.number());
    let fee = u128::from(dice.number()) * u128::from(dice.number());
    let tip = u128::from(dice.number());
    let to = if dice.below(4) == 0 { TxKind::Create } else { TxKind::Call(small_address(dice)) };
    let value = U256::from(dice.number()) * U256::from(dice.number());
    let length = [0, 3, 4, 36, 68, 100, 400, 333][dice.below(8) as usize];
    let mut input = dice.bytes(length);
    if dice.below(2) == 0 {
        input.iter_mut().take(4).for_each(|byte| *byte &= 1);
    }
    let input = Bytes::from(input);
    let access_list = any_access_list(dice);
    let envelope = match dice.below(5) {
        0 => OpTxEnvelope::Legacy(Signed::new_unhashed(
            TxLegacy { chain_id: Some(chain_id), nonce, gas_price: fee, gas_limit, to, value, input },
            signature,
        )),
        1 => OpTxEnvelope::Legacy(Signed::new_unhashed(
            TxLegacy { chain_id: None, nonce, gas_price: fee, gas_limit, to, value, input },
            signature,
        )),
        2 => OpTxEnvelope::Eip2930(Signed::new_unhashed(
            TxEip2930 { chain_id, nonce, gas_price: fee, gas_limit, to, value, access_list, input },
            signature,
        )),
        3 => OpTxEnvelope::Eip1559(Signed::new_unhashed(
            TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas: fee, max_priority_fee_per_gas: tip, to, value, access_list, input },
            signature,
        )),
        _ => {
            let authorization_list = (0..dice.below(3)).map(|_| any_authorization(dice)).collect();
            let to = to.into_to().unwrap_or_default();
            OpTxEnvelope::Eip7702(Signed::new_unhashed(
                TxEip7702 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: fee,
                    max_priority_fee_per_gas: tip,
                    to,
                    value,
                    access_list,
                    authorization_list,
                    input,
                },
                signature,
            ))
        }
    };
    user(envelope)
}

/// A batch of such transactions.
pub fn any_batch(dice: &mut Dice, blocks: u64, most_transactions: u64) -> Batch {
    let block = |dice: &mut Dice| BatchBlock {
        delay_ms: dice.number(),
        deposits: dice.number(),
        transactions: (0..dice.below(most_transactions + 1)).map(|_| any_transaction(dice)).collect(),
    };
    Batch { blocks: (0..blocks).map(|_| block(dice)).collect() }
}

/// One of a few addresses, or a new one.
fn small_address(dice: &mut Dice) -> Address {
    if dice.below(2) == 0 { Address::repeat_byte(dice.below(4) as u8) } else { dice.address() }
}

fn any_access_list(dice: &mut Dice) -> AccessList {
    let item =
        |dice: &mut Dice| AccessListItem { address: small_address(dice), storage_keys: (0..dice.below(3)).map(|_| dice.word()).collect() };
    AccessList((0..dice.below(3)).map(|_| item(dice)).collect())
}

fn any_authorization(dice: &mut Dice) -> SignedAuthorization {
    let inner = Authorization { chain_id: dice.word().into(), address: small_address(dice), nonce: dice.number() };
    SignedAuthorization::new_unchecked(inner, dice.bits() as u8, dice.word().into(), dice.word().into())
}

/// An ERC-20 transfer of a round amount to an address not seen before, by one of 500 senders.
pub fn erc20_transfer(dice: &mut Dice) -> Transaction {
    let (amount, nonce) = (1 + dice.below(500), dice.below(60));
    erc20_transfer_of(dice, amount, nonce)
}

/// An ERC-20 payout, as a load generator makes it: the same amount and nonce each, recipients not seen before.
pub fn erc20_payout(dice: &mut Dice) -> Transaction {
    erc20_transfer_of(dice, 100, 7)
}

fn erc20_transfer_of(dice: &mut Dice, hundredths: u64, nonce: u64) -> Transaction {
    let amount = U256::from(hundredths) * U256::from(10u64.pow(16));
    let input = call([0xa9, 0x05, 0x9c, 0xbb], &[dice.address().into_word(), amount.into()]);
    signed_1559(dice, nonce, 65_000, Address::repeat_byte(0x77), U256::ZERO, input)
}

/// What a busy chain carries: token transfers, swaps, plain transfers, approvals, contract creation, odd calls.
pub fn busy_mix(dice: &mut Dice) -> Transaction {
    let popular = Address::from_slice(&Dice::new(1 + dice.below(40)).bytes(20));
    let known = Address::from_slice(&Dice::new(1000 + dice.below(600)).bytes(20)).into_word();
    let amount: B256 = (U256::from(1 + dice.below(100_000)) * U256::from(10u64.pow(13))).into();
    let nonce = dice.number() >> 52;
    let exact = 40_000 + dice.below(200_000);
    match dice.below(100) {
        0..35 => signed_1559(dice, nonce, 65_000, popular, U256::ZERO, call([0xa9, 0x05, 0x9c, 0xbb], &[known, amount])),
        35..55 => {
            let pool = Address::from_slice(&Dice::new(1 + dice.below(40)).bytes(20)).into_word();
            let least: B256 = U256::from(dice.bits()).into();
            let words = [popular.into_word(), pool, U256::from(3000).into(), known, amount, least, B256::ZERO];
            signed_1559(dice, nonce, exact, Address::repeat_byte(0x55), U256::ZERO, call([0x41, 0x4b, 0xf3, 0x89], &words))
        }
        55..80 => {
            let to = if dice.below(2) == 0 { dice.address() } else { Address::from_word(known) };
            let value = U256::from(1 + dice.below(100_000)) * U256::from(10u64.pow(13));
            signed_1559(dice, nonce, 21_000, to, value, Bytes::new())
        }
        80..92 => signed_1559(
            dice,
            nonce,
            46_000 + exact % 8 * 100,
            popular,
            U256::ZERO,
            call([0x09, 0x5e, 0xa7, 0xb3], &[known, U256::MAX.into()]),
        ),
        _ => {
            let selector = Dice::new(dice.below(20)).bytes(4);
            let words: Vec<B256> = (0..dice.below(4)).map(|_| if dice.below(2) == 0 { amount } else { known }).collect();
            signed_1559(dice, nonce, exact, popular, U256::ZERO, call([selector[0], selector[1], selector[2], selector[3]], &words))
        }
    }
}

fn call(selector: [u8; 4], words: &[B256]) -> Bytes {
    let mut input = selector.to_vec();
    words.iter().for_each(|word| input.extend_from_slice(word.as_slice()));
    input.into()
}

/// Fees as wallets set them: one of a few tips, twice the base fee of a few recent blocks.
fn signed_1559(dice: &mut Dice, nonce: u64, gas_limit: u64, to: Address, value: U256, input: Bytes) -> Transaction {
    let tip = [0, 1_000_000, 100_000_000, 1_000_000_000][dice.below(4) as usize];
    let base = Dice::new(5000 + dice.below(6)).below(40_000_000) + 5_000_000;
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: u128::from(2 * base + tip),
        max_priority_fee_per_gas: u128::from(tip),
        to: TxKind::Call(to),
        value,
        access_list: AccessList::default(),
        input,
    };
    let mut s: U256 = dice.word().into();
    s.set_bit(255, false);
    let signature = Signature::new(dice.word().into(), s, dice.below(2) == 1);
    user(OpTxEnvelope::Eip1559(Signed::new_unhashed(tx, signature)))
}

fn user(envelope: OpTxEnvelope) -> Transaction {
    #[allow(clippy::expect_used)]
    Transaction::new(envelope).expect("users may send all of these types")
}
