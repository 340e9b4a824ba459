//! A transaction with all that it did.

use super::{Chain, ChainError, evm, succeeded};
use alloy::primitives::{Address, Bytes, Log, TxKind, U256};
use gainsay_l1::L1Event;
use revm::{ExecuteCommitEvm, context::TxEnv};

/// A transaction to a contract or an account. Gas costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Who sends it.
    pub sender: Address,
    /// The callee.
    pub to: Address,
    /// Calldata.
    pub input: Bytes,
    /// Wei.
    pub value: U256,
    /// Gas limit.
    pub gas: u64,
}

/// What a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What nodes read of it.
    pub events: Vec<L1Event>,
    /// All logs, in order.
    pub logs: Vec<Log>,
}

impl Chain {
    /// A transaction in the newest block.
    ///
    /// # Errors
    /// When it reverts or runs out of gas, nothing has changed.
    pub fn send(&mut self, sent: Sent) -> Result<Done, ChainError> {
        let Sent { sender, to, input, value, gas } = sent;
        let transaction =
            TxEnv { caller: sender, kind: TxKind::Call(to), data: input, value, gas_limit: gas, gas_price: 0, ..TxEnv::default() };
        let result = self.evm.transact_commit(transaction).map_err(evm)?;
        let logs = succeeded(result)?.1;
        Ok(Done { events: self.read(logs.clone())?, logs })
    }
}
