//! A transaction in the pool, and what it comes with.

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use gainsay_types::{RecoveredTransaction, Transaction};

/// What the latest block says of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Next nonce.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// It has code that is no EIP-7702 delegation, so it may not send transactions (EIP-3607).
    pub is_contract: bool,
}

/// A transaction on its way into the pool.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The transaction.
    pub transaction: RecoveredTransaction,
    /// Its sender's account in the latest block.
    pub account: Account,
    /// Its L1 data fee by the latest block's parameters, wei.
    pub l1_fee: U256,
}

/// A transaction in the pool.
#[derive(Clone, Debug)]
pub struct Pooled {
    transaction: RecoveredTransaction,
    hash: B256,
    size: usize,
    cost: U256,
    max_fee: u128,
    max_tip: u128,
    arrival: u64,
}

impl Pooled {
    /// `arrival` is the transaction's place in the order of arrival.
    pub(crate) fn new(transaction: RecoveredTransaction, l1_fee: U256, arrival: u64) -> Self {
        let envelope = transaction.envelope();
        let (max_fee, max_tip) = fee_and_tip(transaction.transaction());
        let cost =
            U256::from(envelope.gas_limit()).saturating_mul(U256::from(max_fee)).saturating_add(envelope.value()).saturating_add(l1_fee);
        let (hash, size) = (transaction.transaction().hash(), transaction.transaction().encoded_length());
        Self { transaction, hash, size, cost, max_fee, max_tip, arrival }
    }

    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &RecoveredTransaction {
        &self.transaction
    }

    /// Transaction hash.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// Who signed it.
    #[must_use]
    pub const fn sender(&self) -> Address {
        self.transaction.sender()
    }

    /// Nonce.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        self.transaction.envelope().nonce()
    }

    /// Gas limit.
    #[must_use]
    pub fn gas_limit(&self) -> u64 {
        self.transaction.envelope().gas_limit()
    }

    /// Bytes of the EIP-2718 encoding.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The most it can cost its sender, wei: value, gas limit at the fee cap, L1 data fee on arrival. Saturates.
    #[must_use]
    pub const fn cost(&self) -> U256 {
        self.cost
    }

    /// Fee cap, wei per gas.
    #[must_use]
    pub const fn max_fee(&self) -> u128 {
        self.max_fee
    }

    /// Tip cap, wei per gas; the gas price of a transaction without one.
    #[must_use]
    pub const fn max_tip(&self) -> u128 {
        self.max_tip
    }

    /// What the sequencer gets per gas at this base fee; none if the fee cap is below it.
    #[must_use]
    pub fn effective_tip(&self, base_fee: u64) -> Option<u128> {
        effective_tip(self.max_fee, self.max_tip, base_fee)
    }

    pub(crate) const fn arrival(&self) -> u64 {
        self.arrival
    }
}

/// Fee cap and tip cap, wei per gas. The gas price of a transaction without a tip is both.
pub(crate) fn fee_and_tip(transaction: &Transaction) -> (u128, u128) {
    let envelope = transaction.envelope();
    let fee = envelope.max_fee_per_gas();
    (fee, envelope.max_priority_fee_per_gas().unwrap_or(fee))
}

/// What the sequencer gets per gas at this base fee; none if the fee cap is below it.
pub(crate) fn effective_tip(fee: u128, tip: u128, base_fee: u64) -> Option<u128> {
    fee.checked_sub(u128::from(base_fee)).map(|left| left.min(tip))
}
