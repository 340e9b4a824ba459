//! What can be said of a transaction without the state.

use crate::{Rejection, intrinsic_gas};
use alloy_consensus::Transaction as _;
use gainsay_types::{ChainConfig, Transaction};

/// EIP-7825: gas limit of one transaction.
pub const MAX_TRANSACTION_GAS: u64 = 1 << 24;
/// EIP-3860: bytes of init code.
pub const MAX_INIT_CODE: usize = 49_152;

/// The parameters of the chain that a transaction has to obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Gas limit of a block.
    pub block_gas_limit: u64,
    /// No block has a lower base fee, wei per gas.
    pub min_base_fee: u64,
    /// Bytes of one encoded transaction.
    pub max_transaction_bytes: usize,
}

impl Rules {
    /// The rules of a chain. A transaction of 90,000 bytes that does not compress at all still fits a calldata batch.
    #[must_use]
    pub const fn new(config: &ChainConfig) -> Self {
        Self {
            chain_id: config.l2_chain_id,
            block_gas_limit: config.block_gas_limit,
            min_base_fee: config.min_base_fee,
            max_transaction_bytes: 90_000,
        }
    }

    /// Checks what does not depend on the state. `size` is the length of the encoding.
    pub(crate) fn check(&self, transaction: &Transaction, size: usize) -> Result<(), Rejection> {
        if size > self.max_transaction_bytes {
            return Err(Rejection::Oversized { size, limit: self.max_transaction_bytes });
        }
        self.check_form(transaction)?;
        self.check_gas(transaction)?;
        self.check_fees(transaction)
    }

    fn check_form(&self, transaction: &Transaction) -> Result<(), Rejection> {
        let envelope = transaction.envelope();
        if let Some(found) = envelope.chain_id().filter(|id| *id != self.chain_id) {
            return Err(Rejection::ChainId { found, expected: self.chain_id });
        }
        if envelope.nonce() == u64::MAX {
            return Err(Rejection::NonceMax);
        }
        let size = envelope.input().len();
        if envelope.is_create() && size > MAX_INIT_CODE {
            return Err(Rejection::InitCode { size, limit: MAX_INIT_CODE });
        }
        if envelope.authorization_list().is_some_and(<[_]>::is_empty) {
            return Err(Rejection::EmptyAuthorizations);
        }
        Ok(())
    }

    fn check_gas(&self, transaction: &Transaction) -> Result<(), Rejection> {
        let limit = transaction.gas_limit();
        if limit > self.block_gas_limit {
            return Err(Rejection::BlockGasLimit { limit, block: self.block_gas_limit });
        }
        if limit > MAX_TRANSACTION_GAS {
            return Err(Rejection::GasLimitTooHigh { cap: MAX_TRANSACTION_GAS, limit });
        }
        let needed = intrinsic_gas(transaction);
        if limit < needed.initial {
            return Err(Rejection::IntrinsicGas { limit, needed: needed.initial });
        }
        if limit < needed.floor {
            return Err(Rejection::FloorGas { limit, needed: needed.floor });
        }
        Ok(())
    }

    fn check_fees(&self, transaction: &Transaction) -> Result<(), Rejection> {
        let envelope = transaction.envelope();
        let fee = envelope.max_fee_per_gas();
        if let Some(tip) = envelope.max_priority_fee_per_gas().filter(|tip| *tip > fee) {
            return Err(Rejection::TipAboveFee { tip, fee });
        }
        if fee < u128::from(self.min_base_fee) {
            return Err(Rejection::Underpriced { least: u128::from(self.min_base_fee).saturating_sub(1) });
        }
        Ok(())
    }
}
