//! The transaction columns.

use super::{
    BatchError,
    column::{self, SCALAR},
    data,
    flags::{Flags, signature},
    lists,
    reader::Reader,
};
use crate::Transaction;
use alloc::vec::Vec;
use alloy_consensus::{Signed, Transaction as _, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use op_alloy_consensus::OpTxEnvelope;

pub(crate) fn write(out: &mut Vec<u8>, transactions: &[&Transaction]) {
    let all = || transactions.iter().map(|transaction| transaction.envelope());
    let flags: Vec<Flags> = transactions.iter().map(|transaction| Flags::of(transaction)).collect();
    column::write(out, SCALAR, &flags.iter().map(|flags| [flags.byte()]).collect::<Vec<_>>());
    column::write(out, SCALAR, &all().filter_map(|tx| tx.chain_id().map(u64::to_be_bytes)).collect::<Vec<_>>());
    column::write(out, SCALAR, &all().map(|tx| tx.nonce().to_be_bytes()).collect::<Vec<_>>());
    column::write(out, SCALAR, &all().map(|tx| tx.gas_limit().to_be_bytes()).collect::<Vec<_>>());
    // The gas price of types 0 and 1; else without the tip, since wallets add their tip to the same multiple of the base fee.
    let fee = |tx: &OpTxEnvelope| tx.max_fee_per_gas().wrapping_sub(tx.max_priority_fee_per_gas().unwrap_or(0));
    column::write(out, SCALAR, &all().map(|tx| fee(tx).to_be_bytes()).collect::<Vec<_>>());
    column::write(out, SCALAR, &all().filter_map(|tx| tx.max_priority_fee_per_gas().map(u128::to_be_bytes)).collect::<Vec<_>>());
    column::write(out, SCALAR, &all().filter_map(|tx| tx.to().map(|to| to.into_array())).collect::<Vec<_>>());
    column::write(out, SCALAR, &all().map(|tx| tx.value().to_be_bytes::<32>()).collect::<Vec<_>>());
    lists::write_access_lists(out, &all().filter_map(|tx| tx.access_list()).collect::<Vec<_>>());
    lists::write_authorizations(out, &all().filter_map(|tx| tx.authorization_list()).collect::<Vec<_>>());
    data::write(out, &all().map(|tx| (!tx.is_create(), &tx.input()[..])).collect::<Vec<_>>());
    for (tx, flags) in all().zip(flags) {
        let signature = signature(tx);
        let mut s = signature.s();
        if flags.wide_parity().is_none() {
            s.set_bit(255, signature.v());
        }
        out.extend_from_slice(&signature.r().to_be_bytes::<32>());
        out.extend_from_slice(&s.to_be_bytes::<32>());
    }
}

pub(crate) fn read(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Transaction>, BatchError> {
    // Nothing may be allocated by a count that the signatures alone already refute.
    reader.check(count, lists::SIGNATURE)?;
    let flags = column::read::<1>(reader, SCALAR, count)?.into_iter().map(|[byte]| Flags::new(byte)).collect::<Result<Vec<_>, _>>()?;
    let mut columns = Columns::read(reader, &flags)?;
    // Every column was read with the count that the flags give, so none runs out before the flags do.
    flags.into_iter().map(|flags| columns.next(flags).ok_or(BatchError::Range)).collect()
}

/// Columns under way to transactions.
struct Columns {
    chain_ids: alloc::vec::IntoIter<[u8; 8]>,
    nonces: alloc::vec::IntoIter<[u8; 8]>,
    gas_limits: alloc::vec::IntoIter<[u8; 8]>,
    fees: alloc::vec::IntoIter<[u8; 16]>,
    tips: alloc::vec::IntoIter<[u8; 16]>,
    callees: alloc::vec::IntoIter<[u8; 20]>,
    values: alloc::vec::IntoIter<[u8; 32]>,
    access_lists: alloc::vec::IntoIter<AccessList>,
    authorizations: alloc::vec::IntoIter<Vec<SignedAuthorization>>,
    data: alloc::vec::IntoIter<Vec<u8>>,
    signatures: alloc::vec::IntoIter<(U256, U256)>,
}

impl Columns {
    fn read(reader: &mut Reader<'_>, flags: &[Flags]) -> Result<Self, BatchError> {
        let with = |has: fn(Flags) -> bool| flags.iter().filter(|flags| has(**flags)).count();
        let calls: Vec<bool> = flags.iter().map(|flags| !flags.is_create()).collect();
        let count = flags.len();
        Ok(Self {
            chain_ids: column::read(reader, SCALAR, with(Flags::has_chain_id))?.into_iter(),
            nonces: column::read(reader, SCALAR, count)?.into_iter(),
            gas_limits: column::read(reader, SCALAR, count)?.into_iter(),
            fees: column::read(reader, SCALAR, count)?.into_iter(),
            tips: column::read(reader, SCALAR, with(Flags::has_tip))?.into_iter(),
            callees: column::read(reader, SCALAR, with(|flags| !flags.is_create()))?.into_iter(),
            values: column::read(reader, SCALAR, count)?.into_iter(),
            access_lists: lists::read_access_lists(reader, with(Flags::has_access_list))?.into_iter(),
            authorizations: lists::read_authorizations(reader, with(Flags::has_authorizations))?.into_iter(),
            data: data::read(reader, &calls)?.into_iter(),
            signatures: lists::read_signatures(reader, count)?.into_iter(),
        })
    }

    fn next(&mut self, flags: Flags) -> Option<Transaction> {
        let nonce = u64::from_be_bytes(self.nonces.next()?);
        let gas_limit = u64::from_be_bytes(self.gas_limits.next()?);
        let fee = u128::from_be_bytes(self.fees.next()?);
        let to = if flags.is_create() { TxKind::Create } else { TxKind::Call(Address::from(self.callees.next()?)) };
        let value = U256::from_be_bytes(self.values.next()?);
        let input = Bytes::from(self.data.next()?);
        let signature = self.signature(flags)?;
        let chain_id = if flags.has_chain_id() { Some(u64::from_be_bytes(self.chain_ids.next()?)) } else { None };
        if !flags.has_access_list() {
            let tx = TxLegacy { chain_id, nonce, gas_price: fee, gas_limit, to, value, input };
            return Transaction::new(OpTxEnvelope::Legacy(Signed::new_unhashed(tx, signature))).ok();
        }
        let chain_id = chain_id?;
        let access_list = self.access_lists.next()?;
        if !flags.has_tip() {
            let tx = TxEip2930 { chain_id, nonce, gas_price: fee, gas_limit, to, value, access_list, input };
            return Transaction::new(OpTxEnvelope::Eip2930(Signed::new_unhashed(tx, signature))).ok();
        }
        let max_priority_fee_per_gas = u128::from_be_bytes(self.tips.next()?);
        let max_fee_per_gas = fee.wrapping_add(max_priority_fee_per_gas);
        if !flags.has_authorizations() {
            let tx = TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, to, value, access_list, input };
            return Transaction::new(OpTxEnvelope::Eip1559(Signed::new_unhashed(tx, signature))).ok();
        }
        let to = to.into_to()?;
        let authorization_list = self.authorizations.next()?;
        let tx = TxEip7702 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            authorization_list,
            input,
        };
        Transaction::new(OpTxEnvelope::Eip7702(Signed::new_unhashed(tx, signature))).ok()
    }

    fn signature(&mut self, flags: Flags) -> Option<Signature> {
        let (r, mut s) = self.signatures.next()?;
        let parity = flags.wide_parity().unwrap_or_else(|| {
            let parity = s.bit(255);
            s.set_bit(255, false);
            parity
        });
        Some(Signature::new(r, s, parity))
    }
}
