//! What to pay for inclusion on L1.

use std::time::Duration;

/// Prices a transaction offers, wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Most for execution gas, the tip included.
    pub max_fee: u128,
    /// Most for the proposer.
    pub tip: u128,
    /// Most for blob gas; not used by transactions without blobs.
    pub blob_fee: u128,
}

/// Prices on L1 now, wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Base fee of the next block.
    pub base_fee: u128,
    /// What others tip.
    pub tip: u128,
    /// Blob base fee of the next block.
    pub blob_base_fee: u128,
}

/// How to send: fees, patience, confirmations.
#[derive(Clone, Copy, Debug)]
pub struct SendPolicy {
    /// Least tip, wei per gas.
    pub min_tip: u128,
    /// Never offer more for execution gas than this, wei per gas.
    pub max_fee_cap: u128,
    /// Never offer more for blob gas than this, wei per gas.
    pub blob_fee_cap: u128,
    /// Offer more after so long without inclusion.
    pub bump_after: Duration,
    /// How much more for a call, percent; nodes want at least 10.
    pub bump_percent: u128,
    /// How much more for a blob transaction, percent, in all three prices; nodes want at least 100.
    pub blob_bump_percent: u128,
    /// Blocks on L1 until a transaction counts as sent, its own included; at least 1.
    pub confirmations: u64,
    /// Time between two looks at L1.
    pub poll: Duration,
    /// Refusals in a row, while nothing is pending, after which sending fails.
    pub max_refusals: u32,
}

const GWEI: u128 = 1_000_000_000;

impl Default for SendPolicy {
    fn default() -> Self {
        Self {
            min_tip: GWEI / 100,
            max_fee_cap: 200 * GWEI,
            blob_fee_cap: 100 * GWEI,
            bump_after: Duration::from_secs(36),
            bump_percent: 12,
            blob_bump_percent: 100,
            confirmations: 1,
            poll: Duration::from_secs(2),
            max_refusals: 5,
        }
    }
}

impl SendPolicy {
    /// For a development node that mines within a second.
    #[must_use]
    pub fn devnet() -> Self {
        Self { bump_after: Duration::from_secs(6), poll: Duration::from_millis(100), ..Self::default() }
    }

    /// A first offer: room for the base fee to double, within the caps.
    #[must_use]
    pub fn quote(&self, market: &Market) -> Fees {
        let tip = market.tip.max(self.min_tip);
        let max_fee = market.base_fee.saturating_mul(2).saturating_add(tip).min(self.max_fee_cap);
        let blob_fee = market.blob_base_fee.saturating_mul(2).clamp(1, self.blob_fee_cap.max(1));
        Fees { max_fee, tip: tip.min(max_fee), blob_fee }
    }

    /// An offer that nodes take in place of `old`, at least what the market wants. None if that is beyond a cap.
    #[must_use]
    pub fn bump(&self, old: &Fees, market: &Market, blobs: bool) -> Option<Fees> {
        let percent = if blobs { self.blob_bump_percent } else { self.bump_percent };
        let raise = |fee: u128| fee.saturating_add(fee.saturating_mul(percent).div_ceil(100).max(1));
        let wanted = self.quote(market);
        let tip = raise(old.tip).max(wanted.tip);
        let max_fee = raise(old.max_fee).max(wanted.max_fee).max(tip);
        let blob_fee = if blobs { raise(old.blob_fee).max(wanted.blob_fee) } else { old.blob_fee };
        let within = max_fee <= self.max_fee_cap && (!blobs || blob_fee <= self.blob_fee_cap);
        within.then_some(Fees { max_fee, tip, blob_fee })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKET: Market = Market { base_fee: 10 * GWEI, tip: GWEI, blob_base_fee: 3 };

    #[test]
    fn a_quote_leaves_room_for_the_base_fee_to_double() {
        let fees = SendPolicy::default().quote(&MARKET);
        assert_eq!(fees, Fees { max_fee: 21 * GWEI, tip: GWEI, blob_fee: 6 });
    }

    #[test]
    fn a_quote_never_exceeds_the_caps() {
        let policy = SendPolicy { max_fee_cap: GWEI / 2, blob_fee_cap: 2, ..SendPolicy::default() };
        assert_eq!(policy.quote(&MARKET), Fees { max_fee: GWEI / 2, tip: GWEI / 2, blob_fee: 2 });
    }

    #[test]
    fn a_bump_of_a_blob_transaction_doubles_all_three_prices() {
        let old = SendPolicy::default().quote(&MARKET);
        let new = SendPolicy::default().bump(&old, &MARKET, true).unwrap();
        assert_eq!(new, Fees { max_fee: 2 * old.max_fee, tip: 2 * old.tip, blob_fee: 2 * old.blob_fee });
    }

    #[test]
    fn a_bump_of_a_call_adds_at_least_a_tenth_even_to_tiny_prices() {
        let policy = SendPolicy { min_tip: 0, ..SendPolicy::default() };
        let none = Market { base_fee: 0, tip: 0, blob_base_fee: 0 };
        let mut fees = Fees { max_fee: 1, tip: 1, blob_fee: 1 };
        for _ in 0..50 {
            let next = policy.bump(&fees, &none, false).unwrap();
            assert!(next.max_fee * 10 >= fees.max_fee * 11 && next.tip * 10 >= fees.tip * 11, "{fees:?} -> {next:?}");
            assert!(next.tip <= next.max_fee);
            fees = next;
        }
    }

    #[test]
    fn a_bump_follows_a_market_that_rose_further() {
        let old = SendPolicy::default().quote(&MARKET);
        let risen = Market { base_fee: 40 * GWEI, ..MARKET };
        assert_eq!(SendPolicy::default().bump(&old, &risen, false).unwrap().max_fee, 80 * GWEI + GWEI);
    }

    #[test]
    fn a_bump_beyond_a_cap_is_refused() {
        let policy = SendPolicy { max_fee_cap: 22 * GWEI, ..SendPolicy::default() };
        let old = policy.quote(&MARKET);
        assert_eq!(policy.bump(&old, &MARKET, false), None);
        let policy = SendPolicy { blob_fee_cap: 11, ..SendPolicy::default() };
        assert_eq!(policy.bump(&old, &MARKET, true), None);
        assert!(policy.bump(&old, &MARKET, false).is_some(), "a call does not care for the blob cap");
    }
}
