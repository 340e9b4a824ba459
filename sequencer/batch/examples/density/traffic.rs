//! What a busy rollup carries, made from a seed. Every figure of the generator stands here or in [`calls`](super::calls).
//!
//! | what | how |
//! |---|---|
//! | transactions | 30 % token transfers, 20 % plain transfers, 28 % swaps, 12 % approvals, 10 % other calls |
//! | senders | 20,000 accounts, the k-th most active with weight 1/k; nonces from a start below 2,000 (the busy ones below 200,000) upwards |
//! | tokens | 300, the k-th with weight 1/k; a third has 6 decimals, the rest 18 |
//! | recipients | 30 % seen nowhere before, the rest one of 50,000 accounts with weight 1/k |
//! | amounts | half of them 1 to 3 round digits, half with all their digits |
//! | wallets | each sender has one: it sets type, tip, margin over the base fee and factor of the gas estimate |
//! | base fee | moves by up to 12.5 % a block; a wallet knows that of one of the last three blocks |
//! | signatures | random: they cost what real ones cost, and recover to nobody in particular |

use super::calls;
use alloy_consensus::{Signed, TxEip1559, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use gainsay_types::{
    Transaction,
    testing::{CHAIN_ID, Dice},
};
use op_alloy_consensus::OpTxEnvelope;

/// Seconds since 1970 of the first block.
const START: u64 = 1_790_000_000;
/// Wei per gas of the first block.
const FIRST_BASE_FEE: u64 = 12_345_678;

/// Numbers below its size, the k-th with weight 1/k.
pub(crate) struct Zipf(Vec<u64>);

impl Zipf {
    fn new(size: u64) -> Self {
        let weights = (1..=size).scan(0, |sum, k| {
            *sum += (1 << 40) / k;
            Some(*sum)
        });
        Self(weights.collect())
    }

    pub(crate) fn pick(&self, dice: &mut Dice) -> u64 {
        let target = dice.below(self.0.last().copied().unwrap_or(1));
        self.0.partition_point(|&sum| sum <= target) as u64
    }
}

/// How a wallet fills in what its user does not.
#[derive(Clone, Copy)]
struct Wallet {
    legacy: bool,
    /// Wei per gas.
    tip: u64,
    /// Percent of the base fee.
    margin: u64,
    /// Percent of the gas estimate.
    gas: u64,
}

const WALLETS: [Wallet; 6] = [
    Wallet { legacy: false, tip: 1_000_000, margin: 200, gas: 150 },
    Wallet { legacy: false, tip: 0, margin: 200, gas: 100 },
    Wallet { legacy: false, tip: 1_500_000, margin: 120, gas: 120 },
    Wallet { legacy: false, tip: 100_000, margin: 150, gas: 125 },
    Wallet { legacy: false, tip: 1_000_000_000, margin: 100, gas: 100 },
    Wallet { legacy: true, tip: 0, margin: 110, gas: 100 },
];
/// Percent of senders that use each.
const SHARES: [u64; 6] = [45, 20, 12, 8, 7, 8];

struct Sender {
    address: Address,
    nonce: u64,
    wallet: Wallet,
}

/// One call before its wallet has seen it.
pub(crate) struct Intent {
    pub(crate) to: Address,
    pub(crate) value: U256,
    pub(crate) input: Bytes,
    /// Gas that it is estimated to use.
    pub(crate) estimate: u64,
}

/// The chain's users.
pub(crate) struct Traffic {
    pub(crate) dice: Dice,
    senders: Vec<Sender>,
    pub(crate) activity: Zipf,
    pub(crate) tokens: Zipf,
    pub(crate) accounts: Zipf,
    /// Of the last three blocks, newest last.
    base_fees: [u64; 3],
    /// Seconds since 1970.
    pub(crate) now: u64,
}

impl Traffic {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let sender = |rank: u64| Sender {
            address: account(rank),
            nonce: dice.below(if rank < 100 { 200_000 } else { 2_000 }),
            wallet: wallet(&mut dice),
        };
        let senders = (0..20_000).map(sender).collect();
        let (activity, tokens, accounts) = (Zipf::new(20_000), Zipf::new(300), Zipf::new(50_000));
        Self { dice, senders, activity, tokens, accounts, base_fees: [FIRST_BASE_FEE; 3], now: START }
    }

    /// The next block's transactions, one second later.
    pub(crate) fn block(&mut self, transactions: usize) -> Vec<Transaction> {
        self.now += 1;
        let [_, before, last] = self.base_fees;
        let next = last * (8_750 + self.dice.below(2_501)) / 10_000;
        self.base_fees = [before, last, next];
        (0..transactions).map(|_| self.transaction()).collect()
    }

    fn transaction(&mut self) -> Transaction {
        let rank = self.activity.pick(&mut self.dice) as usize;
        let intent = calls::any(self, account(rank as u64));
        let base_fee = self.base_fees[self.dice.below(3) as usize];
        let sender = &mut self.senders[rank];
        debug_assert_eq!(sender.address, account(rank as u64));
        let (nonce, wallet) = (sender.nonce, sender.wallet);
        sender.nonce += 1;
        sign(&mut self.dice, wallet, nonce, base_fee, intent)
    }

    /// A recipient: new, or one of many.
    pub(crate) fn recipient(&mut self) -> Address {
        if self.dice.below(10) < 3 { self.dice.address() } else { account(self.accounts.pick(&mut self.dice)) }
    }

    /// A token and what one of it is in its smallest unit.
    pub(crate) fn token(&mut self) -> (Address, U256) {
        let rank = self.tokens.pick(&mut self.dice);
        let decimals = if rank % 3 == 1 { 6 } else { 18 };
        (contract(b't', rank), U256::from(10u64.pow(decimals)))
    }

    /// An amount of something of which one is `unit`.
    pub(crate) fn amount(&mut self, unit: U256) -> U256 {
        let scale = [1u64, 10, 100, 1000][self.dice.below(4) as usize];
        if self.dice.below(2) == 0 {
            let most = [9, 99, 999][self.dice.below(3) as usize];
            let digits = 1 + self.dice.below(most);
            return unit * U256::from(digits) * U256::from(scale) / U256::from(1000);
        }
        // All digits, below `scale` units.
        U256::from_be_bytes(self.dice.word().0) % (unit * U256::from(scale))
    }
}

/// 5,000 and more token transfers to recipients not seen before, as the load generator sends them: 500 senders in turn, one amount, one gas limit.
pub(crate) fn erc20(transactions: usize) -> Vec<Transaction> {
    erc20_of(transactions, |_| U256::from(1_000_000))
}

/// The same with amounts of 1 to 500 hundredths of a token.
pub(crate) fn erc20_varied(transactions: usize) -> Vec<Transaction> {
    erc20_of(transactions, |dice| U256::from(1 + dice.below(500)) * U256::from(10u64.pow(16)))
}

fn erc20_of(transactions: usize, amount: fn(&mut Dice) -> U256) -> Vec<Transaction> {
    const SENDERS: usize = 500;
    let dice = &mut Dice::new(20);
    let wallet = Wallet { legacy: false, tip: 1, margin: 200, gas: 100 };
    let transfer = |index: usize| {
        let (recipient, amount) = (dice.address(), amount(dice));
        let intent = Intent { to: contract(b't', 0), value: U256::ZERO, input: calls::transfer(recipient, amount), estimate: 80_000 };
        sign(dice, wallet, (index / SENDERS) as u64, FIRST_BASE_FEE, intent)
    };
    (0..transactions).map(transfer).collect()
}

fn wallet(dice: &mut Dice) -> Wallet {
    let mut place = dice.below(100);
    for (wallet, share) in WALLETS.into_iter().zip(SHARES) {
        if place < share {
            return wallet;
        }
        place -= share;
    }
    WALLETS[0]
}

fn sign(dice: &mut Dice, wallet: Wallet, nonce: u64, base_fee: u64, intent: Intent) -> Transaction {
    let Intent { to, value, input, estimate } = intent;
    let gas_limit = if input.is_empty() { estimate } else { estimate * wallet.gas / 100 };
    let fee = base_fee * wallet.margin / 100 + wallet.tip;
    let s = U256::from_be_bytes(dice.word().0) >> 1;
    let signature = Signature::new(U256::from_be_bytes(dice.word().0), s, dice.below(2) == 1);
    let to = TxKind::Call(to);
    let envelope = if wallet.legacy {
        let tx = TxLegacy { chain_id: Some(CHAIN_ID), nonce, gas_price: fee.into(), gas_limit, to, value, input };
        OpTxEnvelope::Legacy(Signed::new_unhashed(tx, signature))
    } else {
        let (max_fee_per_gas, max_priority_fee_per_gas) = (fee.into(), wallet.tip.into());
        let access_list = Default::default();
        let tx =
            TxEip1559 { chain_id: CHAIN_ID, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, to, value, access_list, input };
        OpTxEnvelope::Eip1559(Signed::new_unhashed(tx, signature))
    };
    Transaction::new(envelope).expect("users may send these types")
}

/// The account with this place by activity.
fn account(rank: u64) -> Address {
    contract(b'a', rank)
}

/// A contract of this kind with this place by use.
pub(crate) fn contract(kind: u8, rank: u64) -> Address {
    Dice::new(rank << 8 | u64::from(kind)).address()
}
