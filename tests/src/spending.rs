//! What an account has spent on L1, from the receipts of all its transactions.

use crate::Setup;
use alloy::{
    primitives::{Address, B256, U256, utils::format_ether},
    providers::Provider,
    rpc::types::TransactionReceipt,
};
use eyre::OptionExt;
use std::{collections::BTreeMap, fmt, iter::Sum};

/// Of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// Transactions in L1's blocks.
    pub transactions: u64,
    /// Those of them that reverted.
    pub reverted: u64,
    /// Gas of all.
    pub gas: u64,
    /// Gas of those that loaded parts of preimages.
    pub loading: u64,
    /// Wei for that gas.
    pub wei: U256,
}

impl fmt::Display for Spending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transactions, reverted, gas, loading, wei } = self;
        write!(f, "{transactions} transactions ({reverted} reverted), {gas} gas (of it {loading} to load preimages), {} ETH", ether(*wei))
    }
}

impl Sum for Spending {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            transactions: sum.transactions + one.transactions,
            reverted: sum.reverted + one.reverted,
            gas: sum.gas + one.gas,
            loading: sum.loading + one.loading,
            wei: sum.wei + one.wei,
        })
    }
}

/// Wei in words.
#[must_use]
pub fn ether(wei: U256) -> String {
    format_ether(wei).trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Setup {
    /// What each account that disputes has spent from block `from` on.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn spending(&self, from: u64) -> eyre::Result<BTreeMap<Address, Spending>> {
        let mut all = BTreeMap::<_, Spending>::new();
        let contracts = [self.addresses.rollup, self.addresses.matches, self.addresses.oracle];
        for number in from..=self.l1.height().await? {
            let receipts = self.l1.provider().get_block_receipts(number.into()).await?.unwrap_or_default();
            for receipt in receipts.iter().filter(|receipt| receipt.to.is_some_and(|to| contracts.contains(&to))) {
                all.entry(receipt.from).or_default().add(receipt, self.addresses.oracle);
            }
        }
        Ok(all)
    }

    /// Gas of these transactions.
    ///
    /// # Errors
    /// When L1 does not answer, or has not got one of them.
    pub async fn gas_of(&self, transactions: &[B256]) -> eyre::Result<u64> {
        let mut gas = 0;
        for hash in transactions {
            let receipt = self.l1.provider().get_transaction_receipt(*hash).await?;
            gas += receipt.ok_or_eyre("L1 has no such transaction")?.gas_used;
        }
        Ok(gas)
    }
}

impl Spending {
    fn add(&mut self, receipt: &TransactionReceipt, oracle: Address) {
        self.transactions += 1;
        self.reverted += u64::from(!receipt.status());
        self.gas += receipt.gas_used;
        if receipt.to == Some(oracle) {
            self.loading += receipt.gas_used;
        }
        self.wei += U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wei_are_written_without_needless_zeros() {
        assert_eq!(ether(U256::from(1_500_000_000_000_000_000_u64)), "1.5");
        assert_eq!(ether(U256::ZERO), "0");
    }
}
