//! The least gas limit with which a transaction succeeds.

use super::{
    calls::halt_message,
    nobody::Scene,
    request::{affordable_gas, call_request},
};
use crate::{chain::l1_fee_parameters, error::RpcError};
use alloy::rpc::types::TransactionRequest;
use alloy_consensus::{Header, SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Signature, TxKind, U256};
use gainsay_execute::{CallOutcome, CallRequest, CallStatus, ExecuteError, Fault, MAX_TRANSACTION_GAS, call};
use gainsay_store::StateReader;
use gainsay_types::ChainConfig;
use op_alloy_consensus::OpTxEnvelope;
use revm::context::result::HaltReason;

/// Gas of a plain transfer.
const TRANSFER: u64 = 21_000;
/// What a call with value hands its callee on top (EIP-2929's stipend): the limit may have to leave room for it.
const STIPEND: u64 = 2_300;
/// The search ends once the answer is known to this many thousandths.
const PRECISION: u64 = 15;

/// A search for a gas limit: calls run in the scene, fees are paid from the state.
pub(super) struct Estimate<'a> {
    config: &'a ChainConfig,
    header: &'a Header,
    state: &'a StateReader,
    scene: Scene<'a>,
    cap: u64,
}

impl<'a> Estimate<'a> {
    pub(super) fn new(config: &'a ChainConfig, header: &'a Header, state: &'a StateReader, scene: Scene<'a>, cap: u64) -> Self {
        let cap = cap.min(MAX_TRANSACTION_GAS).min(config.block_gas_limit);
        Self { config, header, state, scene, cap }
    }

    /// The gas limit. Where the gas needed depends on the limit itself, up to 1.5 % more than the least.
    pub(super) fn gas(&self, request: TransactionRequest) -> Result<u64, RpcError> {
        let cap = request.gas.unwrap_or(self.cap).min(self.cap);
        let request = call_request(request, self.header, cap)?;
        let highest = cap.min(self.affordable(&request)?.unwrap_or(u64::MAX));
        let first = self.run(&request, highest)?;
        match first.status {
            CallStatus::Success => self.search(&request, highest, &first),
            CallStatus::Revert => Err(RpcError::Reverted { output: first.output }),
            CallStatus::Halt(HaltReason::OutOfGas(_)) => Err(RpcError::GasAllowance { allowance: highest }),
            CallStatus::Halt(reason) => Err(RpcError::Execution(halt_message(&reason))),
        }
    }

    fn search(&self, request: &CallRequest, highest: u64, first: &CallOutcome) -> Result<u64, RpcError> {
        if request.data.is_empty() && highest >= TRANSFER && self.succeeds(request, TRANSFER)? {
            return Ok(TRANSFER);
        }
        let (mut low, mut high) = (first.gas_used.saturating_sub(1), highest);
        // A call hands on at most 63 of 64 parts of what is left.
        let guess = first.gas_spent.saturating_add(STIPEND).saturating_mul(64) / 63;
        if guess < high {
            *(if self.succeeds(request, guess)? { &mut high } else { &mut low }) = guess;
        }
        while low.saturating_add(1) < high && high.saturating_sub(low).saturating_mul(1000) / high >= PRECISION {
            // Most need little more than they used: the search stays near the lower end.
            let middle = low.midpoint(high).min(low.saturating_mul(2));
            *(if self.succeeds(request, middle)? { &mut high } else { &mut low }) = middle;
        }
        Ok(high)
    }

    fn succeeds(&self, request: &CallRequest, gas: u64) -> Result<bool, RpcError> {
        match self.execute(request, gas) {
            Ok(outcome) => Ok(outcome.status == CallStatus::Success),
            Err(ExecuteError::Fault(Fault::IntrinsicGas { .. } | Fault::FloorGas { .. })) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn run(&self, request: &CallRequest, gas: u64) -> Result<CallOutcome, RpcError> {
        match self.execute(request, gas) {
            Err(ExecuteError::Fault(Fault::IntrinsicGas { .. } | Fault::FloorGas { .. })) => Err(RpcError::GasAllowance { allowance: gas }),
            other => Ok(other?),
        }
    }

    fn execute(&self, request: &CallRequest, gas: u64) -> Result<CallOutcome, ExecuteError<gainsay_store::StoreError>> {
        call(self.config, self.header, CallRequest { gas_limit: gas, ..request.clone() }, self.scene)
    }

    /// Gas that the sender can pay for beside value and L1 data; none if the request names no fee.
    fn affordable(&self, request: &CallRequest) -> Result<Option<u64>, RpcError> {
        if request.max_fee == 0 {
            return Ok(None);
        }
        let balance = self.state.account(request.from)?.map(|account| account.balance).unwrap_or_default();
        let l1_fee = l1_fee_parameters(self.state)?.fee(&self.likely_bytes(request));
        if balance < request.value.saturating_add(l1_fee) {
            let needed = request.value.saturating_add(l1_fee);
            return Err(Fault::InsufficientFunds { address: request.from, balance, needed }.into());
        }
        Ok(affordable_gas(balance, request.value, l1_fee, request.max_fee))
    }

    /// About the bytes that the signed transaction will have: a signature has few zeroes.
    fn likely_bytes(&self, request: &CallRequest) -> Vec<u8> {
        let transaction = TxEip1559 {
            chain_id: self.config.l2_chain_id,
            nonce: u64::from(u32::MAX),
            gas_limit: self.cap,
            max_fee_per_gas: request.max_fee,
            max_priority_fee_per_gas: request.priority_fee.unwrap_or(request.max_fee),
            to: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            access_list: request.access_list.clone(),
            input: request.data.clone(),
        };
        let word = U256::MAX >> 1;
        OpTxEnvelope::from(transaction.into_signed(Signature::new(word, word, true))).encoded_2718()
    }
}
