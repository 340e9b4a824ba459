//! Calls that name no sender.

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, U256};
use gainsay_store::{StateReader, StoreError};
use revm::{
    DatabaseRef,
    state::{AccountInfo, Bytecode},
};

/// A state in which the zero address, from which a call without a sender comes, has the ether that the call sends. On chains where that address happens to
/// be rich such calls succeed, and tools rely on it: viem estimates a deposit's gas on L2 without a sender, since the deposit brings its ether along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    state: &'a StateReader,
    /// Wei that the zero address has on top; none if the call names its sender.
    gift: Option<U256>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(state: &'a StateReader, request: &TransactionRequest) -> Self {
        Self { state, gift: request.value.filter(|_| request.from.is_none()) }
    }
}

impl DatabaseRef for Scene<'_> {
    type Error = StoreError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StoreError> {
        let found = self.state.basic_ref(address)?;
        let Some(gift) = self.gift.filter(|_| address.is_zero()) else { return Ok(found) };
        let account = found.unwrap_or_default();
        Ok(Some(AccountInfo { balance: account.balance.saturating_add(gift), ..account }))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, StoreError> {
        self.state.code_by_hash_ref(hash)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.state.storage_ref(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StoreError> {
        self.state.block_hash_ref(number)
    }
}
