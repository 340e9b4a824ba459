//! What the mempool needs of the latest block.

use alloy::{
    consensus::BlockHeader,
    eips::eip7702::constants::EIP7702_DELEGATION_DESIGNATOR,
    primitives::{Address, KECCAK256_EMPTY, U256},
};
use gainsay_execute::{ExecutedBlock, L1FeeParameters, next_base_fee};
use gainsay_pool::Account;
use gainsay_store::{StateReader, Store, StoreError};
use gainsay_types::{
    ChainConfig, RecoveredTransaction,
    predeploys::{L1_BLOCK, l1_block_slot},
};

/// What the latest block says, read once a block.
pub(super) struct Latest {
    store: Store,
    state: StateReader,
    /// Base fee of the next block, wei per gas.
    pub(super) base_fee: u64,
    l1_fees: L1FeeParameters,
}

impl Latest {
    pub(super) fn read(store: &Store, config: &ChainConfig) -> Result<Self, StoreError> {
        let state = store.latest_state()?;
        Ok(Self { store: store.clone(), base_fee: base_fee_after(config, &state), l1_fees: l1_fees(&state)?, state })
    }

    /// After a block on top of this one. If the store has moved on already, then to where it is.
    pub(super) fn after(before: &Self, store: &Store, config: &ChainConfig, block: &ExecutedBlock) -> Result<Self, StoreError> {
        let state = store.latest_state()?;
        let l1_fees = if block.changes.accounts.contains_key(&L1_BLOCK) { l1_fees(&state)? } else { before.l1_fees };
        Ok(Self { store: store.clone(), base_fee: base_fee_after(config, &state), l1_fees, state })
    }

    pub(super) fn account(&self, address: Address) -> Result<Account, StoreError> {
        self.pool_account(self.state.account(address)?)
    }

    /// As the pool sees an account. Most have no code, so the code of few is read.
    pub(super) fn pool_account(&self, account: Option<gainsay_execute::Account>) -> Result<Account, StoreError> {
        let Some(account) = account else { return Ok(Account::default()) };
        let is_contract = account.code_hash != KECCAK256_EMPTY && is_contract(&self.store.code(&account.code_hash)?.unwrap_or_default());
        Ok(Account { nonce: account.nonce, balance: account.balance, is_contract })
    }

    pub(super) fn l1_fee(&self, transaction: &RecoveredTransaction) -> U256 {
        self.l1_fees.fee(&transaction.transaction().encode())
    }
}

fn base_fee_after(config: &ChainConfig, state: &StateReader) -> u64 {
    let header = &state.block().header;
    next_base_fee(config, header.gas_used(), header.base_fee_per_gas().unwrap_or_default())
}

fn l1_fees(state: &StateReader) -> Result<L1FeeParameters, StoreError> {
    let slot = |slot: u64| state.storage(L1_BLOCK, U256::from(slot));
    Ok(L1FeeParameters::from_slots(slot(l1_block_slot::BASE_FEE)?, slot(l1_block_slot::BLOB_BASE_FEE)?, slot(l1_block_slot::SCALARS)?))
}

/// EIP-7702: whose code only names that of another may still send.
pub(super) fn is_contract(code: &[u8]) -> bool {
    !code.is_empty() && !code.starts_with(&EIP7702_DELEGATION_DESIGNATOR)
}
