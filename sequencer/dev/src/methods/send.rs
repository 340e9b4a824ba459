//! Sending without a signature.

use super::Table;
use crate::{DevError, arguments::Arguments, core::Core, node::Node, outbox::Unsigned};
use alloy::{
    consensus::{Header, SignableTransaction, TypedTransaction},
    primitives::{Address, Signature, TxKind},
    rpc::types::TransactionRequest,
    signers::SignerSync,
};
use gainsay_simulate::{Allowance, Scene, Watch};
use gainsay_types::Transaction;
use op_alloy_consensus::OpTxEnvelope;
use serde_json::{Value, json};

/// The tip of a request that names none, wei per gas.
pub(super) const TIP: u128 = 1_000_000;

pub(super) const METHODS: Table = &[(&["eth_sendTransaction"], send), (&["eth_sendUnsignedTransaction"], send_unsigned)];

/// From an account that is impersonated, or whose key is known.
fn send(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (transaction, sender) = complete(node, arguments.required()?)?;
    if node.core().may_impersonate(sender) {
        return take_unsigned(node, transaction, sender);
    }
    let signed = signed(node, transaction, sender)?;
    let hash = signed.hash();
    node.submit(signed)?;
    Ok(json!(hash))
}

/// From any account.
fn send_unsigned(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (transaction, sender) = complete(node, arguments.required()?)?;
    take_unsigned(node, transaction, sender)
}

fn take_unsigned(node: &Node, transaction: TypedTransaction, sender: Address) -> Result<Value, DevError> {
    let unsigned = Unsigned::new(transaction, sender);
    let unsigned = unsigned.ok_or_else(|| no_transaction("an impersonated account sends transactions of type 0, 1 or 2 alone"))?;
    let hash = unsigned.hash();
    let mut core = node.core();
    core.submit_unsigned(unsigned)?;
    node.settle(&mut core)?;
    Ok(json!(hash))
}

/// A transaction with the key of its sender.
pub(super) fn signed(node: &Node, transaction: TypedTransaction, sender: Address) -> Result<Transaction, DevError> {
    let key = node.accounts.key(sender).ok_or(DevError::NoKey { address: sender })?;
    let sign = |hash| key.sign_hash_sync(&hash).map_err(|error| DevError::Signing { reason: error.to_string() });
    let signature: Signature = sign(transaction.signature_hash())?;
    let envelope: OpTxEnvelope = match transaction {
        TypedTransaction::Legacy(legacy) => legacy.into_signed(signature).into(),
        TypedTransaction::Eip2930(with_list) => with_list.into_signed(signature).into(),
        TypedTransaction::Eip1559(dynamic) => dynamic.into_signed(signature).into(),
        TypedTransaction::Eip7702(with_code) => with_code.into_signed(signature).into(),
        TypedTransaction::Eip4844(_) => return Err(no_transaction("there are no blobs on this chain")),
    };
    Ok(Transaction::new(envelope)?)
}

/// Fills in what a request leaves out: sender, nonce, fees, gas.
pub(super) fn complete(node: &Node, mut request: TransactionRequest) -> Result<(TypedTransaction, Address), DevError> {
    let first = || node.accounts.addresses().next();
    let sender = request.from.or_else(first).ok_or_else(|| no_transaction("it has no sender"))?;
    let core = node.core();
    let state = core.state()?;
    let base_fee = u128::from(core.next_base_fee(&state.block().header));
    (request.from, request.chain_id) = (Some(sender), Some(core.config.l2_chain_id));
    request.to = Some(request.to.unwrap_or(TxKind::Create));
    if request.nonce.is_none() {
        request.nonce = Some(core.pending_nonce(sender)?);
    }
    if request.gas.is_none() {
        request.gas = Some(estimate(&core, node, request.clone())?);
    }
    if request.gas_price.is_none() {
        let tip = *request.max_priority_fee_per_gas.get_or_insert(request.max_fee_per_gas.map_or(TIP, |fee| fee.min(TIP)));
        request.max_fee_per_gas.get_or_insert(base_fee.saturating_mul(2).saturating_add(tip));
    }
    drop(core);
    request.normalize_input();
    let transaction = request.build_typed_tx().map_err(|_| no_transaction("fields are missing, or contradict each other"))?;
    Ok((transaction, sender))
}

/// What the call takes at most in the next block, whatever its sender has.
fn estimate(core: &Core, node: &Node, request: TransactionRequest) -> Result<u64, DevError> {
    let state = core.state()?;
    let parent = state.block();
    let time = core.next_time(parent.time());
    let header = Header {
        number: parent.header.number.saturating_add(1),
        timestamp: time.secs(),
        base_fee_per_gas: Some(core.next_base_fee(&parent.header)),
        gas_limit: core.wishes.gas_limit,
        mix_hash: core.wishes.prev_randao.unwrap_or(parent.header.mix_hash),
        ..parent.header.inner().clone()
    };
    let allowance = Allowance { gas: node.limits.call_gas, watch: Watch::start(node.limits.call_time), blocks: 1 };
    let request = TransactionRequest { nonce: None, gas_price: None, max_fee_per_gas: None, max_priority_fee_per_gas: None, ..request };
    Ok(Scene::new(&core.config, &header, state.clone(), allowance).estimate_gas(request)?)
}

fn no_transaction(reason: &str) -> DevError {
    DevError::NoTransaction { reason: reason.to_owned() }
}
