//! Why the pool does not take a transaction, in geth's words.

use alloy_primitives::{Address, U256};

/// A transaction that the pool does not take. The start of each text is geth's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The pool holds this very transaction.
    #[error("already known")]
    AlreadyKnown,
    /// The account has used the nonce.
    #[error("nonce too low: address {sender}, tx: {nonce} state: {account}")]
    NonceTooLow {
        /// Who signed it.
        sender: Address,
        /// Nonce of the transaction.
        nonce: u64,
        /// Nonce of the account.
        account: u64,
    },
    /// EIP-2681.
    #[error("nonce has max value")]
    NonceMax,
    /// The other transaction with this nonce pays nearly as much, or more.
    #[error("replacement transaction underpriced: fee and tip must be at least {least_fee} and {least_tip} wei per gas")]
    ReplacementUnderpriced {
        /// Least fee cap of a replacement, wei per gas.
        least_fee: u128,
        /// Least tip cap of a replacement, wei per gas.
        least_tip: u128,
    },
    /// The fee is below what any block can ask for, or below the worst of a full pool.
    #[error("transaction underpriced: needs more than {least} wei per gas")]
    Underpriced {
        /// What does not suffice, wei per gas.
        least: u128,
    },
    /// The pool is full and the transaction cannot be executed next.
    #[error("txpool is full")]
    Full,
    /// The sender has as many transactions waiting as one may have.
    #[error("account limit exceeded: {limit} transactions are waiting already")]
    AccountLimit {
        /// Transactions of one sender.
        limit: usize,
    },
    /// The balance does not cover this and the sender's other waiting transactions.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, queued cost {queued}")]
    InsufficientFunds {
        /// Balance of the sender, wei.
        balance: U256,
        /// What the transaction costs at most, its L1 data fee included, wei.
        cost: U256,
        /// What the sender's other waiting transactions cost at most, wei.
        queued: U256,
    },
    /// The gas limit does not pay for the transaction itself.
    #[error("intrinsic gas too low: gas {limit}, minimum needed {needed}")]
    IntrinsicGas {
        /// Gas limit of the transaction.
        limit: u64,
        /// What it needs before the first instruction.
        needed: u64,
    },
    /// EIP-7623.
    #[error("insufficient gas for floor data gas cost: gas {limit}, minimum needed {needed}")]
    FloorGas {
        /// Gas limit of the transaction.
        limit: u64,
        /// The floor of its calldata.
        needed: u64,
    },
    /// No block has room.
    #[error("exceeds block gas limit: gas {limit}, block {block}")]
    BlockGasLimit {
        /// Gas limit of the transaction.
        limit: u64,
        /// Gas limit of a block.
        block: u64,
    },
    /// EIP-7825.
    #[error("transaction gas limit too high (cap: {cap}, tx: {limit})")]
    GasLimitTooHigh {
        /// The most that is allowed.
        cap: u64,
        /// Gas limit of the transaction.
        limit: u64,
    },
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {found} want {expected}")]
    ChainId {
        /// Chain id in the transaction.
        found: u64,
        /// Id of this chain.
        expected: u64,
    },
    /// The tip is above the fee.
    #[error("max priority fee per gas higher than max fee per gas: tip {tip}, fee {fee}")]
    TipAboveFee {
        /// Tip cap, wei per gas.
        tip: u128,
        /// Fee cap, wei per gas.
        fee: u128,
    },
    /// EIP-3860.
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitCode {
        /// Bytes of the init code.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Too long to be carried to L1 in one batch with certainty.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Bytes of the encoded transaction.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// EIP-3607: the sender is a contract.
    #[error("sender not an eoa: address {sender}")]
    SenderHasCode {
        /// The sender.
        sender: Address,
    },
    /// EIP-7702 asks for at least one authorisation.
    #[error("EIP-7702 transaction with empty auth list")]
    EmptyAuthorizations,
}
