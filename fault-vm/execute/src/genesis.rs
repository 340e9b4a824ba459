//! The first block, from accounts in the shape of geth's `alloc`.

use crate::{
    Account, AccountChange, StateChanges,
    header::blank,
    sealed::seal_header,
    trie::{EMPTY_ROOT_HASH, NodeSource, TrieNodes, update_state_root},
};
use alloc::collections::BTreeMap;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use core::convert::Infallible;
use gainsay_types::{ChainConfig, Millis};
use serde::{Deserialize, Serialize};

/// Accounts of the first block, by address. They may be empty, as in geth, and then they stay until they are given something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenesisAlloc(pub BTreeMap<Address, GenesisAccount>);

/// An account of the first block. Numbers are hexadecimal (`0x…`) or decimal strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisAccount {
    /// Wei.
    pub balance: U256,
    /// Transactions sent.
    #[serde(skip_serializing_if = "U256::is_zero")]
    pub nonce: U256,
    /// Code.
    #[serde(skip_serializing_if = "<[u8]>::is_empty")]
    pub code: Bytes,
    /// Storage.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<U256, U256>,
}

/// A genesis that no chain can start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A nonce of 2^64 or more.
    #[error("genesis account {address}: its nonce does not fit 64 bits")]
    Nonce {
        /// The account.
        address: Address,
    },
    /// All balances together are 2^256 wei or more.
    #[error("the genesis balances add up to 2^256 wei or more")]
    Supply,
}

/// The first block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Its header and hash.
    pub header: Sealed<Header>,
    /// Its accounts, as changes to an empty state.
    pub changes: StateChanges,
    /// All nodes of its trie.
    pub nodes: TrieNodes,
    /// Its output root.
    pub output_root: B256,
}

/// Makes the first block. Of the config, everything but the genesis hash is used.
///
/// # Errors
/// On accounts that cannot exist.
pub fn genesis_block(config: &ChainConfig, timestamp: Millis, base_fee: u64, alloc: &GenesisAlloc) -> Result<Genesis, GenesisError> {
    let changes = alloc.changes()?;
    // An empty trie is never read from a source.
    let Ok(update) = update_state_root(EMPTY_ROOT_HASH, &changes, &Nothing) else { return Err(GenesisError::Supply) };
    let header = Header { base_fee_per_gas: Some(base_fee.max(config.min_base_fee)), ..blank(config, timestamp) };
    let (header, output_root) = seal_header(header, update.roots);
    Ok(Genesis { header, changes, nodes: update.nodes, output_root })
}

impl GenesisAlloc {
    /// The accounts as changes to an empty state.
    ///
    /// # Errors
    /// On accounts that cannot exist.
    pub fn changes(&self) -> Result<StateChanges, GenesisError> {
        let mut changes = StateChanges::default();
        let mut supply = U256::ZERO;
        for (address, account) in &self.0 {
            supply = supply.checked_add(account.balance).ok_or(GenesisError::Supply)?;
            let after = account.info(*address)?;
            if !account.code.is_empty() {
                changes.codes.insert(after.code_hash, account.code.clone());
            }
            let storage = account.storage.iter().filter(|(_, value)| !value.is_zero()).map(|(slot, value)| (*slot, (U256::ZERO, *value)));
            changes.accounts.insert(*address, AccountChange { before: None, after: Some(after), storage: storage.collect() });
        }
        Ok(changes)
    }
}

impl GenesisAccount {
    fn info(&self, address: Address) -> Result<Account, GenesisError> {
        let nonce = u64::try_from(self.nonce).map_err(|_| GenesisError::Nonce { address })?;
        let code_hash = if self.code.is_empty() { KECCAK256_EMPTY } else { keccak256(&self.code) };
        Ok(Account { nonce, balance: self.balance, code_hash })
    }
}

/// Has no node.
struct Nothing;

impl NodeSource for Nothing {
    type Error = Infallible;

    fn node(&self, _: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(None)
    }
}
