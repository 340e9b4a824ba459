//! What each field costs: the payload as it is, less the payload in which every transaction has the same value there.

use super::{loads::Load, payload};
use alloy_consensus::{Signed, TxEip1559, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use eyre::Result;
use gainsay_types::{Transaction, batch::Batch};
use op_alloy_consensus::OpTxEnvelope;

/// A transaction's fields, of either type.
struct Fields {
    legacy: bool,
    nonce: u64,
    gas_limit: u64,
    fee: u128,
    tip: u128,
    to: TxKind,
    value: U256,
    input: Bytes,
    signature: Signature,
}

type Blank = fn(&mut Fields);

const COLUMNS: [(&str, Blank); 9] = [
    ("type", |fields| fields.legacy = false),
    ("nonce", |fields| fields.nonce = 0),
    ("gas limit", |fields| fields.gas_limit = 0),
    ("fee and tip", |fields| (fields.fee, fields.tip) = (0, 0)),
    ("callee", |fields| fields.to = TxKind::Call(Address::ZERO)),
    ("value", |fields| fields.value = U256::ZERO),
    ("selector", |fields| fields.input = [&[0; 4], fields.input.get(4..).unwrap_or_default()].concat().into()),
    ("calldata", |fields| fields.input = Bytes::new()),
    ("signature", |fields| fields.signature = Signature::new(U256::ZERO, U256::ZERO, false)),
];

pub(crate) fn show(load: &Load) -> Result<()> {
    let whole = load.per_transaction(payload(&load.batch(), 10)?);
    eprintln!("\n| {} | bytes/tx |\n|---|---|\n| all | {whole:.2} |", load.title);
    for (name, blank) in COLUMNS {
        let mut batch = load.batch();
        blank_all(&mut batch, blank);
        eprintln!("| {name} | {:.2} |", whole - load.per_transaction(payload(&batch, 10)?));
    }
    Ok(())
}

fn blank_all(batch: &mut Batch, blank: Blank) {
    for transaction in batch.blocks.iter_mut().flat_map(|block| &mut block.transactions) {
        let Some(mut fields) = fields(transaction.envelope()) else { continue };
        blank(&mut fields);
        *transaction = Transaction::new(build(fields)).expect("users may send these types");
    }
}

fn fields(envelope: &OpTxEnvelope) -> Option<Fields> {
    match envelope {
        OpTxEnvelope::Legacy(signed) => {
            let TxLegacy { nonce, gas_price, gas_limit, to, value, input, .. } = signed.tx().clone();
            Some(Fields { legacy: true, nonce, gas_limit, fee: gas_price, tip: 0, to, value, input, signature: *signed.signature() })
        }
        OpTxEnvelope::Eip1559(signed) => {
            let tx = signed.tx().clone();
            let (fee, tip) = (tx.max_fee_per_gas, tx.max_priority_fee_per_gas);
            let TxEip1559 { nonce, gas_limit, to, value, input, .. } = tx;
            Some(Fields { legacy: false, nonce, gas_limit, fee, tip, to, value, input, signature: *signed.signature() })
        }
        _ => None,
    }
}

fn build(fields: Fields) -> OpTxEnvelope {
    let Fields { legacy, nonce, gas_limit, fee, tip, to, value, input, signature } = fields;
    let chain_id = gainsay_types::testing::CHAIN_ID;
    if legacy {
        let tx = TxLegacy { chain_id: Some(chain_id), nonce, gas_price: fee, gas_limit, to, value, input };
        return OpTxEnvelope::Legacy(Signed::new_unhashed(tx, signature));
    }
    let (max_fee_per_gas, max_priority_fee_per_gas, access_list) = (fee, tip, Default::default());
    let tx = TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, to, value, access_list, input };
    OpTxEnvelope::Eip1559(Signed::new_unhashed(tx, signature))
}
