//! Why a message cannot be executed at all.

use alloy::sol_types::{Panic, Revert, SolError};
use alloy_primitives::{Address, U256};
use revm::context::{
    TxEnv,
    result::{HaltReason, InvalidTransaction},
};

/// EIP-3860 with EIP-170: the longest init code, bytes.
const MAX_INIT_CODE: usize = 49_152;

/// Why a message cannot be executed at all, in geth's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The nonce was used before.
    #[error("nonce too low: address {address}, tx: {nonce} state: {state}")]
    NonceTooLow {
        /// The sender.
        address: Address,
        /// Nonce of the message.
        nonce: u64,
        /// Next nonce of the sender.
        state: u64,
    },
    /// A transaction before this one is missing.
    #[error("nonce too high: address {address}, tx: {nonce} state: {state}")]
    NonceTooHigh {
        /// The sender.
        address: Address,
        /// Nonce of the message.
        nonce: u64,
        /// Next nonce of the sender.
        state: u64,
    },
    /// The nonce is 2^64 - 1 (EIP-2681).
    #[error("nonce has max value: address {address}, nonce: {nonce}")]
    NonceMax {
        /// The sender.
        address: Address,
        /// The nonce.
        nonce: u64,
    },
    /// The highest fee is below the base fee.
    #[error("max fee per gas less than block base fee: address {address}, maxFeePerGas: {max_fee}, baseFee: {base_fee}")]
    FeeBelowBaseFee {
        /// The sender.
        address: Address,
        /// Highest fee, wei per gas.
        max_fee: u128,
        /// Base fee, wei per gas.
        base_fee: u64,
    },
    /// The priority fee is above the highest fee.
    #[error(
        "max priority fee per gas higher than max fee per gas: address {address}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}"
    )]
    TipAboveMaxFee {
        /// The sender.
        address: Address,
        /// Priority fee, wei per gas.
        tip: u128,
        /// Highest fee, wei per gas.
        max_fee: u128,
    },
    /// The sender cannot pay for gas and value.
    #[error("insufficient funds for gas * price + value: address {address} have {balance} want {needed}")]
    InsufficientFunds {
        /// The sender.
        address: Address,
        /// Wei that it has.
        balance: U256,
        /// Wei that it may cost.
        needed: U256,
    },
    /// Gas limit times fee, with the value, does not fit 256 bits.
    #[error("insufficient funds for gas * price + value: address {address}: the cost exceeds 256 bits")]
    CostOverflow {
        /// The sender.
        address: Address,
    },
    /// The gas limit does not cover what is paid before anything runs.
    #[error("intrinsic gas too low: have {gas}, want {needed}")]
    IntrinsicGas {
        /// The gas limit.
        gas: u64,
        /// The least.
        needed: u64,
    },
    /// The gas limit is below the least price of the data (EIP-7623).
    #[error("insufficient gas for floor data gas cost: have {gas}, want {needed}")]
    FloorGas {
        /// The gas limit.
        gas: u64,
        /// The least.
        needed: u64,
    },
    /// The block has not that much gas left.
    #[error("block gas limit reached: {asked} >= {limit}")]
    BlockGas {
        /// Gas used in the block so far and the message's gas limit; saturates.
        asked: u64,
        /// Gas limit of the block.
        limit: u64,
    },
    /// The init code is too long (EIP-3860).
    #[error("max initcode size exceeded: code size {length} limit {limit}")]
    InitCodeSize {
        /// Bytes.
        length: usize,
        /// The most, bytes.
        limit: usize,
    },
    /// Anything else, of authorizations and blobs.
    #[error("{0}")]
    Other(InvalidTransaction),
}

impl Refusal {
    /// What the EVM's complaint about `tx` means in a block with `base_fee`.
    pub(crate) fn new(reason: InvalidTransaction, tx: &TxEnv, base_fee: u64) -> Self {
        use InvalidTransaction as I;
        let address = tx.caller;
        match reason {
            I::NonceTooLow { tx, state } => Self::NonceTooLow { address, nonce: tx, state },
            I::NonceTooHigh { tx, state } => Self::NonceTooHigh { address, nonce: tx, state },
            I::NonceOverflowInTransaction => Self::NonceMax { address, nonce: tx.nonce },
            I::GasPriceLessThanBasefee => Self::FeeBelowBaseFee { address, max_fee: tx.gas_price, base_fee },
            I::PriorityFeeGreaterThanMaxFee => {
                Self::TipAboveMaxFee { address, tip: tx.gas_priority_fee.unwrap_or_default(), max_fee: tx.gas_price }
            }
            I::LackOfFundForMaxFee { fee, balance } => Self::InsufficientFunds { address, balance: *balance, needed: *fee },
            I::OverflowPaymentInTransaction => Self::CostOverflow { address },
            I::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => Self::IntrinsicGas { gas: gas_limit, needed: initial_gas },
            I::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => Self::FloorGas { gas: gas_limit, needed: gas_floor },
            I::CreateInitCodeSizeLimit => Self::InitCodeSize { length: tx.data.len(), limit: MAX_INIT_CODE },
            other => Self::Other(other),
        }
    }

    /// The code that `eth_simulateV1` answers with.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::NonceTooLow { .. } => -38010,
            Self::NonceTooHigh { .. } => -38011,
            Self::FeeBelowBaseFee { .. } => -38012,
            Self::IntrinsicGas { .. } | Self::FloorGas { .. } => -38013,
            Self::InsufficientFunds { .. } | Self::CostOverflow { .. } => -38014,
            Self::BlockGas { .. } => -38015,
            Self::InitCodeSize { .. } => -38025,
            Self::TipAboveMaxFee { .. } | Self::Other(_) => -32602,
            Self::NonceMax { .. } => -32603,
        }
    }

    /// More gas would help.
    pub(crate) const fn is_for_gas(&self) -> bool {
        matches!(self, Self::IntrinsicGas { .. } | Self::FloorGas { .. })
    }
}

/// As geth words what the EVM forbids.
#[must_use]
pub fn halt_message(reason: &HaltReason) -> String {
    let words = match reason {
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode | HaltReason::NotActivated => "invalid opcode",
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack limit reached 1024 (1023)",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::NonceOverflow => "nonce uint64 overflow",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => "write protection",
        HaltReason::OutOfFunds => "insufficient balance for transfer",
        HaltReason::CallTooDeep => "max call depth exceeded",
        HaltReason::PrecompileErrorWithContext(reason) => reason,
        HaltReason::PrecompileError => "precompiled contract failed",
        other => return format!("execution halted: {other}"),
    };
    words.to_owned()
}

/// As geth words a revert: with the reason, if the contract gave one.
#[must_use]
pub fn revert_message(output: &[u8]) -> String {
    let reason = Revert::abi_decode(output).map(|revert| revert.reason);
    let reason = reason.or_else(|_| Panic::abi_decode(output).map(|panic| panic_reason(panic.code)));
    reason.map_or_else(|_| "execution reverted".to_owned(), |reason| format!("execution reverted: {reason}"))
}

/// What Solidity's panic codes mean, as geth words it.
fn panic_reason(code: U256) -> String {
    let words = match u64::try_from(code) {
        Ok(0x00) => "generic panic",
        Ok(0x01) => "assert(false)",
        Ok(0x11) => "arithmetic underflow or overflow",
        Ok(0x12) => "division or modulo by zero",
        Ok(0x21) => "enum overflow",
        Ok(0x22) => "invalid encoded storage byte array accessed",
        Ok(0x31) => "out-of-bounds array access; popping on an empty array",
        Ok(0x32) => "out-of-bounds access of an array or bytesN",
        Ok(0x41) => "out of memory",
        Ok(0x51) => "uninitialized function",
        _ => return format!("unknown panic code: {code:#x}"),
    };
    words.to_owned()
}
