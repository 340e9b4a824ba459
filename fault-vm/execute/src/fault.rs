//! Why a block or a transaction cannot be executed.

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use gainsay_types::{Millis, RecoveredTransaction};
use revm::context_interface::result::{EVMError, InvalidTransaction};

/// EIP-7825: the highest gas limit of a transaction, 2^24.
pub const MAX_TRANSACTION_GAS: u64 = 1 << 24;
/// EIP-3860 with EIP-170: the longest init code, bytes.
const MAX_INIT_CODE: usize = 49_152;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError<E> {
    /// The block or the transaction is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The state cannot be read. Says nothing of the block.
    #[error("the state cannot be read")]
    Database(#[source] E),
}

/// Why a block or a transaction cannot be executed (`docs/protocol.md`, section 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The block is not late enough after its parent.
    #[error("block time {timestamp:?} is before {least:?}, the earliest after its parent")]
    TooEarly {
        /// Time of the block.
        timestamp: Millis,
        /// The earliest time allowed.
        least: Millis,
    },
    /// The deposits of a payload block do not fit into the block gas limit.
    #[error("the deposits' gas limits add up to {total}, the block gas limit is {limit}")]
    DepositGas {
        /// Sum of the gas limits; saturates.
        total: u64,
        /// The block gas limit.
        limit: u64,
    },
    /// The parent header lacks what every block of this chain has, or its number is the last of 64 bits.
    #[error("the parent block has no {0}: it is not a block of this chain")]
    Parent(&'static str),
    /// The signature recovers to no address, or its s is high.
    #[error("transaction {hash} has an invalid signature")]
    Signature {
        /// Transaction hash.
        hash: B256,
    },
    /// Signed for another chain.
    #[error("signed for chain {transaction}, this is chain {chain}")]
    ChainId {
        /// The chain id in the transaction.
        transaction: u64,
        /// This chain's.
        chain: u64,
    },
    /// The nonce was used before.
    #[error("nonce too low: address {address}, tx: {transaction} state: {state}")]
    NonceTooLow {
        /// The sender.
        address: Address,
        /// Nonce of the transaction.
        transaction: u64,
        /// Next nonce of the sender.
        state: u64,
    },
    /// A transaction before this one is missing.
    #[error("nonce too high: address {address}, tx: {transaction} state: {state}")]
    NonceTooHigh {
        /// The sender.
        address: Address,
        /// Nonce of the transaction.
        transaction: u64,
        /// Next nonce of the sender.
        state: u64,
    },
    /// The nonce is 2^64 - 1, which EIP-2681 forbids.
    #[error("nonce has max value: address {address}")]
    NonceMax {
        /// The sender.
        address: Address,
    },
    /// The sender is a contract (EIP-3607).
    #[error("sender not an eoa: address {address}")]
    SenderHasCode {
        /// The sender.
        address: Address,
    },
    /// The highest fee that the transaction pays is below the block's base fee.
    #[error("max fee per gas less than block base fee: maxFeePerGas: {max_fee}, baseFee: {base_fee}")]
    FeeBelowBaseFee {
        /// Highest fee, wei per gas.
        max_fee: u128,
        /// Base fee, wei per gas.
        base_fee: u64,
    },
    /// The priority fee is above the highest fee.
    #[error("max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}")]
    TipAboveMaxFee {
        /// Priority fee, wei per gas.
        tip: u128,
        /// Highest fee, wei per gas.
        max_fee: u128,
    },
    /// The sender cannot pay for value, gas and L1 data.
    #[error("insufficient funds for gas * price + value + L1 fee: address {address} have {balance} want {needed}")]
    InsufficientFunds {
        /// The sender.
        address: Address,
        /// Wei that the sender has.
        balance: U256,
        /// Wei that the transaction may cost.
        needed: U256,
    },
    /// Gas limit times highest fee is 2^128 or more, or with the value 2^256 or more.
    #[error("the transaction may cost more wei than there can be")]
    CostOverflow,
    /// The gas limit does not cover what the transaction costs before it runs.
    #[error("intrinsic gas too low: have {gas_limit}, want {needed}")]
    IntrinsicGas {
        /// The gas limit.
        gas_limit: u64,
        /// The least that it must be.
        needed: u64,
    },
    /// The gas limit is below the least price of the transaction's data (EIP-7623).
    #[error("insufficient gas for floor data gas cost: have {gas_limit}, want {needed}")]
    FloorGas {
        /// The gas limit.
        gas_limit: u64,
        /// The least that it must be.
        needed: u64,
    },
    /// The gas limit is above 2^24 (EIP-7825).
    #[error("transaction gas limit too high: cap {cap}, tx {gas_limit}")]
    GasLimitCap {
        /// The gas limit.
        gas_limit: u64,
        /// The highest that it may be.
        cap: u64,
    },
    /// The gas limit is above what the block has left. The transaction may fit a later block.
    #[error("gas limit reached: tx {gas_limit}, left in the block {left}")]
    GasLeft {
        /// The gas limit.
        gas_limit: u64,
        /// Gas that the block has left.
        left: u64,
    },
    /// The init code is too long (EIP-3860).
    #[error("max initcode size exceeded: code size {length} limit {limit}")]
    InitCodeSize {
        /// Length, bytes.
        length: usize,
        /// Greatest length, bytes.
        limit: usize,
    },
    /// A type 4 transaction without authorizations (EIP-7702).
    #[error("set code transaction with empty auth list (sender {address})")]
    NoAuthorizations {
        /// The sender.
        address: Address,
    },
    /// Refused by the EVM for a reason that no user transaction can have.
    #[error("the EVM refuses the transaction")]
    Refused(#[source] InvalidTransaction),
    /// A precompile failed in a way that is no result.
    #[error("the EVM failed on the transaction: {0}")]
    Evm(alloc::string::String),
}

/// What the EVM's complaints leave out.
pub(crate) struct Subject {
    pub(crate) sender: Address,
    pub(crate) chain_id: Option<u64>,
    pub(crate) own_chain_id: u64,
    pub(crate) gas_limit: u64,
    pub(crate) max_fee: u128,
    pub(crate) tip: u128,
    pub(crate) base_fee: u64,
    pub(crate) left: u64,
    pub(crate) data_length: usize,
}

impl Subject {
    pub(crate) fn of(tx: &RecoveredTransaction, own_chain_id: u64, base_fee: u64, left: u64) -> Self {
        let envelope = tx.envelope();
        Self {
            sender: tx.sender(),
            chain_id: envelope.chain_id(),
            own_chain_id,
            gas_limit: envelope.gas_limit(),
            max_fee: envelope.max_fee_per_gas(),
            tip: envelope.max_priority_fee_per_gas().unwrap_or_default(),
            base_fee,
            left,
            data_length: envelope.input().len(),
        }
    }

    pub(crate) fn explain<E>(&self, error: EVMError<E, InvalidTransaction>) -> ExecuteError<E> {
        match error {
            EVMError::Database(error) => ExecuteError::Database(error),
            EVMError::Transaction(reason) => ExecuteError::Fault(self.fault(reason)),
            EVMError::Header(reason) => ExecuteError::Fault(Fault::Evm(alloc::format!("{reason}"))),
            EVMError::Custom(reason) => ExecuteError::Fault(Fault::Evm(reason)),
            EVMError::CustomAny(reason) => ExecuteError::Fault(Fault::Evm(alloc::format!("{reason}"))),
        }
    }

    fn fault(&self, reason: InvalidTransaction) -> Fault {
        use InvalidTransaction as I;
        let address = self.sender;
        match reason {
            I::InvalidChainId => Fault::ChainId { transaction: self.chain_id.unwrap_or_default(), chain: self.own_chain_id },
            I::NonceTooLow { tx, state } => Fault::NonceTooLow { address, transaction: tx, state },
            I::NonceTooHigh { tx, state } => Fault::NonceTooHigh { address, transaction: tx, state },
            I::NonceOverflowInTransaction => Fault::NonceMax { address },
            I::RejectCallerWithCode => Fault::SenderHasCode { address },
            I::GasPriceLessThanBasefee => Fault::FeeBelowBaseFee { max_fee: self.max_fee, base_fee: self.base_fee },
            I::PriorityFeeGreaterThanMaxFee => Fault::TipAboveMaxFee { tip: self.tip, max_fee: self.max_fee },
            I::LackOfFundForMaxFee { fee, balance } => Fault::InsufficientFunds { address, balance: *balance, needed: *fee },
            I::OverflowPaymentInTransaction => Fault::CostOverflow,
            I::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => Fault::IntrinsicGas { gas_limit, needed: initial_gas },
            I::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => Fault::FloorGas { gas_limit, needed: gas_floor },
            I::TxGasLimitGreaterThanCap { gas_limit, cap } => Fault::GasLimitCap { gas_limit, cap },
            I::CallerGasLimitMoreThanBlock => Fault::GasLeft { gas_limit: self.gas_limit, left: self.left },
            I::CreateInitCodeSizeLimit => Fault::InitCodeSize { length: self.data_length, limit: MAX_INIT_CODE },
            I::EmptyAuthorizationList => Fault::NoAuthorizations { address },
            other => Fault::Refused(other),
        }
    }
}
