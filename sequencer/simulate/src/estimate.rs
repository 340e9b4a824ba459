//! The least gas limit with which a transaction succeeds.

use crate::{Refusal, Scene, SimulationError, halt_message, request::affordable_gas, scene::beside_gas};
use alloy::rpc::types::TransactionRequest;
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Signature, U256};
use gainsay_execute::{CallOutcome, CallStatus, L1FeeParameters, MAX_TRANSACTION_GAS};
use op_alloy_consensus::OpTxEnvelope;
use revm::{
    DatabaseRef,
    context::{TxEnv, result::HaltReason},
};

/// Gas of a plain transfer.
const TRANSFER: u64 = 21_000;
/// What a call with value hands its callee on top (EIP-2929's stipend): the limit may have to leave room for it.
const STIPEND: u64 = 2_300;
/// The search ends once the answer is known to this many thousandths.
const PRECISION: u64 = 15;

impl<D: DatabaseRef> Scene<'_, D> {
    /// The gas limit that the request needs as a transaction. Where the gas needed depends on the limit itself, up to 1.5 % more than the least.
    ///
    /// # Errors
    /// When no limit is enough: it reverts, does what the EVM forbids, or its sender cannot pay. When it takes too long, or the state cannot be read.
    pub fn estimate_gas(&mut self, request: TransactionRequest) -> Result<u64, SimulationError<D::Error>> {
        let most = self.gas.min(MAX_TRANSACTION_GAS).min(self.config.block_gas_limit);
        let cap = request.gas.unwrap_or(most).min(most);
        let tx = self.prepare(TransactionRequest { gas: Some(cap), ..request })?;
        let highest = cap.min(self.affordable(&tx)?.unwrap_or(u64::MAX));
        let first = self.first_try(&tx, highest)?;
        match first.status {
            CallStatus::Success => self.search(&tx, highest, &first),
            CallStatus::Revert => Err(SimulationError::Reverted { output: first.output }),
            CallStatus::Halt(HaltReason::OutOfGas(_)) => Err(SimulationError::GasAllowance { allowance: highest }),
            CallStatus::Halt(reason) => Err(SimulationError::Halted { reason: halt_message(&reason) }),
        }
    }

    fn search(&mut self, tx: &TxEnv, highest: u64, first: &CallOutcome) -> Result<u64, SimulationError<D::Error>> {
        if tx.data.is_empty() && highest >= TRANSFER && self.succeeds(tx, TRANSFER)? {
            return Ok(TRANSFER);
        }
        let (mut low, mut high) = (first.gas_used.saturating_sub(1), highest);
        // A call hands on at most 63 of 64 parts of what is left.
        let guess = first.gas_spent.saturating_add(STIPEND).saturating_mul(64) / 63;
        if guess < high {
            *(if self.succeeds(tx, guess)? { &mut high } else { &mut low }) = guess;
        }
        while low.saturating_add(1) < high && high.saturating_sub(low).saturating_mul(1000) / high >= PRECISION {
            // Most need little more than they used: the search stays near the lower end.
            let middle = low.midpoint(high).min(low.saturating_mul(2));
            *(if self.succeeds(tx, middle)? { &mut high } else { &mut low }) = middle;
        }
        Ok(high)
    }

    fn succeeds(&mut self, tx: &TxEnv, gas: u64) -> Result<bool, SimulationError<D::Error>> {
        match self.run(TxEnv { gas_limit: gas, ..tx.clone() }) {
            Ok(outcome) => Ok(outcome.status == CallStatus::Success),
            Err(SimulationError::Refused { refusal, .. }) if refusal.is_for_gas() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn first_try(&mut self, tx: &TxEnv, gas: u64) -> Result<CallOutcome, SimulationError<D::Error>> {
        match self.run(TxEnv { gas_limit: gas, ..tx.clone() }) {
            Err(SimulationError::Refused { refusal, .. }) if refusal.is_for_gas() => Err(SimulationError::GasAllowance { allowance: gas }),
            other => other,
        }
    }

    /// Gas that the sender can pay for beside value and L1 data; none if the request names no fee.
    fn affordable(&mut self, tx: &TxEnv) -> Result<Option<u64>, SimulationError<D::Error>> {
        if tx.gas_price == 0 {
            return Ok(None);
        }
        let balance = self.state.account(tx.caller)?.map(|account| account.balance).unwrap_or_default();
        let l1_fee = L1FeeParameters::read(self.state.below()).map_err(SimulationError::State)?.fee(&self.likely_bytes(tx));
        let needed = beside_gas(tx).saturating_add(l1_fee);
        if balance < needed {
            return Err(SimulationError::Refused {
                refusal: Refusal::InsufficientFunds { address: tx.caller, balance, needed },
                gas: tx.gas_limit,
            });
        }
        Ok(affordable_gas(balance, needed, tx.gas_price))
    }

    /// About the bytes that the signed transaction will have: a signature has few zeroes.
    fn likely_bytes(&self, tx: &TxEnv) -> Vec<u8> {
        let transaction = TxEip1559 {
            chain_id: self.config.l2_chain_id,
            nonce: u64::from(u32::MAX),
            gas_limit: self.gas,
            max_fee_per_gas: tx.gas_price,
            max_priority_fee_per_gas: tx.gas_priority_fee.unwrap_or(tx.gas_price),
            to: tx.kind,
            value: tx.value,
            access_list: tx.access_list.clone(),
            input: tx.data.clone(),
        };
        let word = U256::MAX >> 1;
        OpTxEnvelope::from(transaction.into_signed(Signature::new(word, word, true))).encoded_2718()
    }
}
