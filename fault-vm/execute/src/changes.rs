//! What a block changed in the state.

use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use revm::state::AccountInfo;
use serde::{Deserialize, Serialize};

/// An account without its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Keccak of the code; that of nothing if there is none.
    pub code_hash: B256,
}

/// One account before and after a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountChange {
    /// Before the block; none if it did not exist.
    pub before: Option<Account>,
    /// After the block; none if it does not exist any more, and then it has no storage either.
    pub after: Option<Account>,
    /// Changed slots: value before and after the block, zero for none. Never two equal values.
    pub storage: BTreeMap<U256, (U256, U256)>,
}

/// All that a block changed. Ordered, so that whatever is made of it has one order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateChanges {
    /// Accounts with a change in themselves or in their storage.
    pub accounts: BTreeMap<Address, AccountChange>,
    /// Code that accounts point to since this block, by its Keccak. It may have existed before, at another account.
    pub codes: BTreeMap<B256, Bytes>,
}

impl Account {
    /// Neither nonce, balance nor code: such an account is removed once it is touched (EIP-161).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == KECCAK256_EMPTY
    }

    pub(crate) fn from_info(info: &AccountInfo) -> Self {
        let code_hash = if info.code_hash.is_zero() { KECCAK256_EMPTY } else { info.code_hash };
        Self { nonce: info.nonce, balance: info.balance, code_hash }
    }
}

impl Default for Account {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY }
    }
}

/// As revm reads an account; the code is loaded by its hash when it is needed.
impl From<Account> for AccountInfo {
    fn from(account: Account) -> Self {
        Self { nonce: account.nonce, balance: account.balance, code_hash: account.code_hash, code: None, ..Self::default() }
    }
}
