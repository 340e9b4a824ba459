//! The next transaction of each sender, best first, at a base fee that changes.

use crate::Pooled;
use alloy_primitives::Address;
use std::{cmp::Reverse, collections::BTreeMap};

/// A price, wei per gas, and when the transaction came in: the greatest key is the best.
type Key = (u128, Reverse<u64>);

/// The effective tip is the tip cap, or what the fee cap leaves above the base fee, whichever is less; so each of the two is an upper bound. Every
/// transaction is filed under one of them, and only those at the top have to be filed under the right one: a new base fee moves no others.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    base_fee: u64,
    /// By tip cap.
    by_tip: BTreeMap<Key, Filed>,
    /// By fee cap.
    by_fee: BTreeMap<Key, Filed>,
}

#[derive(Clone, Copy, Debug)]
struct Filed {
    sender: Address,
    /// The price that it is not filed under.
    other: u128,
}

impl Heads {
    pub(crate) fn new(base_fee: u64) -> Self {
        Self { base_fee, ..Self::default() }
    }

    pub(crate) fn set_base_fee(&mut self, base_fee: u64) {
        self.base_fee = base_fee;
        self.settle();
    }

    pub(crate) fn insert(&mut self, head: &Pooled) {
        let arrival = Reverse(head.arrival());
        let (tip, fee, sender) = (head.max_tip(), head.max_fee(), head.sender());
        if self.tip_counts(tip, fee) {
            self.by_tip.insert((tip, arrival), Filed { sender, other: fee });
        } else {
            self.by_fee.insert((fee, arrival), Filed { sender, other: tip });
        }
        self.settle();
    }

    pub(crate) fn remove(&mut self, head: &Pooled) {
        let arrival = Reverse(head.arrival());
        if self.by_tip.remove(&(head.max_tip(), arrival)).is_none() {
            self.by_fee.remove(&(head.max_fee(), arrival));
        }
        self.settle();
    }

    /// Sender of the best transaction, if there is one that pays the base fee.
    pub(crate) fn best(&self) -> Option<Address> {
        let by_tip = self.by_tip.last_key_value().map(|(key, filed)| (*key, filed.sender));
        let by_fee = self.by_fee.last_key_value().and_then(|((fee, arrival), filed)| {
            let tip = fee.checked_sub(u128::from(self.base_fee))?;
            Some(((tip, *arrival), filed.sender))
        });
        by_tip.max(by_fee).map(|(_, sender)| sender)
    }

    fn tip_counts(&self, tip: u128, fee: u128) -> bool {
        fee.checked_sub(u128::from(self.base_fee)).is_some_and(|left| tip <= left)
    }

    /// Files what is at the top under the price that counts.
    fn settle(&mut self) {
        while let Some(entry) = self.by_tip.last_entry() {
            let ((tip, arrival), Filed { sender, other: fee }) = (*entry.key(), *entry.get());
            if fee.checked_sub(u128::from(self.base_fee)).is_some_and(|left| tip <= left) {
                break;
            }
            entry.remove();
            self.by_fee.insert((fee, arrival), Filed { sender, other: tip });
        }
        while let Some(entry) = self.by_fee.last_entry() {
            let ((fee, arrival), Filed { sender, other: tip }) = (*entry.key(), *entry.get());
            if fee.checked_sub(u128::from(self.base_fee)).is_none_or(|left| tip > left) {
                break;
            }
            entry.remove();
            self.by_tip.insert((tip, arrival), Filed { sender, other: fee });
        }
    }
}
