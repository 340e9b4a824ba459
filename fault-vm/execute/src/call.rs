//! Running a message without making a block of it: `eth_call`, `eth_estimateGas`.

use crate::{
    ExecuteError,
    evm::{Machine, Terms, block_env, cfg_env},
    fault::Subject,
};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, Bytes, Log, TxKind, U256};
use gainsay_types::ChainConfig;
use revm::{
    DatabaseRef,
    context::{
        TransactionType, TxEnv,
        result::{ExecutionResult, HaltReason},
    },
    context_interface::either::Either,
};

/// A message without a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// Who calls; may be a contract.
    pub from: Address,
    /// The callee; none creates a contract.
    pub to: Option<Address>,
    /// Gas limit. EIP-7825's cap does not apply.
    pub gas_limit: u64,
    /// Highest fee, wei per gas. At zero the base fee is zero too, also for the `BASEFEE` opcode.
    pub max_fee: u128,
    /// Priority fee, wei per gas; none pays all of `max_fee`.
    pub priority_fee: Option<u128>,
    /// Wei sent. The caller must have it, together with the gas at `max_fee`.
    pub value: U256,
    /// Calldata or init code.
    pub data: Bytes,
    /// EIP-2930 access list.
    pub access_list: AccessList,
    /// EIP-7702 authorizations.
    pub authorizations: Vec<SignedAuthorization>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallStatus {
    /// It returned.
    Success,
    /// It reverted; the output is the reason.
    Revert,
    /// It ran out of gas or did what the EVM forbids.
    Halt(HaltReason),
}

/// What a call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutcome {
    /// How it ended.
    pub status: CallStatus,
    /// Gas used, refunds subtracted.
    pub gas_used: u64,
    /// Gas used before refunds, or the floor price of the data if that is more: no smaller limit can do.
    pub gas_spent: u64,
    /// What it returned; for a creation the code.
    pub output: Bytes,
    /// Logs, empty unless it succeeded.
    pub logs: Vec<Log>,
    /// The contract created.
    pub contract_address: Option<Address>,
}

/// Runs `request` as if it were in a block with `header`, on the state of `db`. As in geth, neither the nonce nor the caller's code is
/// checked, and there is no L1 fee.
///
/// # Errors
/// When the message cannot be executed at all: not enough balance or gas, init code too long, fee below the base fee but not zero; and
/// when the state cannot be read.
pub fn call<DB: DatabaseRef>(
    config: &ChainConfig,
    header: &Header,
    request: CallRequest,
    db: DB,
) -> Result<CallOutcome, ExecuteError<DB::Error>> {
    let mut block = block_env(header);
    if request.max_fee == 0 {
        block.basefee = 0;
    }
    // The cap is also what revm splits gas by.
    let mut cfg = cfg_env(config);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    let subject = Subject {
        sender: request.from,
        chain_id: None,
        own_chain_id: config.l2_chain_id,
        gas_limit: request.gas_limit,
        max_fee: request.max_fee,
        tip: request.priority_fee.unwrap_or_default(),
        base_fee: block.basefee,
        left: request.gas_limit,
        data_length: request.data.len(),
    };
    let mut machine = Machine::new(cfg, block, db);
    let result = machine.transact(call_env(request), Terms::Call).map_err(|error| subject.explain(error))?;
    Ok(outcome(result))
}

fn call_env(request: CallRequest) -> TxEnv {
    let kind = match (&request.authorizations[..], request.priority_fee) {
        ([], None) => TransactionType::Eip2930,
        ([], Some(_)) => TransactionType::Eip1559,
        _ => TransactionType::Eip7702,
    };
    TxEnv {
        tx_type: u8::from(kind),
        caller: request.from,
        gas_limit: request.gas_limit,
        gas_price: request.max_fee,
        kind: request.to.map_or(TxKind::Create, TxKind::Call),
        value: request.value,
        data: request.data,
        chain_id: None,
        access_list: request.access_list,
        gas_priority_fee: request.priority_fee,
        authorization_list: request.authorizations.into_iter().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}

fn outcome(result: ExecutionResult) -> CallOutcome {
    let (gas_used, gas_spent) = (result.tx_gas_used(), result.gas().total_gas_spent().max(result.gas().floor_gas()));
    let contract_address = result.created_address();
    let output = result.output().cloned().unwrap_or_default();
    let (status, logs) = match result {
        ExecutionResult::Success { logs, .. } => (CallStatus::Success, logs),
        ExecutionResult::Revert { .. } => (CallStatus::Revert, Vec::new()),
        ExecutionResult::Halt { reason, .. } => (CallStatus::Halt(reason), Vec::new()),
    };
    CallOutcome { status, gas_used, gas_spent, output, logs, contract_address }
}
