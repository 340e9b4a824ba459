//! Access lists and authorization lists: counts, then one column per field over all entries of the batch.

use super::{
    BatchError,
    column::{self, ENTRY, SCALAR},
    number,
    reader::Reader,
    sum,
};
use alloc::vec::Vec;
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, U256};

/// Bytes of a signature: `r ‖ s`.
pub(crate) const SIGNATURE: usize = 64;

pub(crate) fn write_access_lists(out: &mut Vec<u8>, lists: &[&AccessList]) {
    let items = || lists.iter().flat_map(|list| list.iter());
    let sizes: Vec<[u8; 8]> = lists.iter().map(|list| (list.len() as u64).to_be_bytes()).collect();
    let addresses: Vec<[u8; 20]> = items().map(|item| item.address.into()).collect();
    let key_counts: Vec<[u8; 8]> = items().map(|item| (item.storage_keys.len() as u64).to_be_bytes()).collect();
    let keys: Vec<[u8; 32]> = items().flat_map(|item| &item.storage_keys).map(|key| key.0).collect();
    column::write(out, SCALAR, &sizes);
    column::write(out, ENTRY, &addresses);
    column::write(out, SCALAR, &key_counts);
    column::write(out, ENTRY, &keys);
}

pub(crate) fn read_access_lists(reader: &mut Reader<'_>, count: usize) -> Result<Vec<AccessList>, BatchError> {
    let sizes = read_counts(reader, count)?;
    let entries = sum(&sizes)?;
    let addresses = column::read::<20>(reader, ENTRY, entries)?;
    let key_counts = read_counts(reader, entries)?;
    let mut keys = column::read::<32>(reader, ENTRY, sum(&key_counts)?)?.into_iter().map(B256::from);
    let items = addresses.into_iter().zip(key_counts);
    let mut items =
        items.map(|(address, count)| AccessListItem { address: Address::from(address), storage_keys: keys.by_ref().take(count).collect() });
    Ok(sizes.into_iter().map(|size| AccessList(items.by_ref().take(size).collect())).collect())
}

pub(crate) fn write_authorizations(out: &mut Vec<u8>, lists: &[&[SignedAuthorization]]) {
    let all = || lists.iter().flat_map(|list| list.iter());
    let sizes: Vec<[u8; 8]> = lists.iter().map(|list| (list.len() as u64).to_be_bytes()).collect();
    let chains: Vec<[u8; 32]> = all().map(|signed| signed.inner().chain_id.to_be_bytes()).collect();
    let addresses: Vec<[u8; 20]> = all().map(|signed| signed.inner().address.into()).collect();
    let nonces: Vec<[u8; 8]> = all().map(|signed| signed.inner().nonce.to_be_bytes()).collect();
    let parities: Vec<[u8; 1]> = all().map(|signed| [signed.y_parity()]).collect();
    column::write(out, SCALAR, &sizes);
    column::write(out, SCALAR, &chains);
    column::write(out, SCALAR, &addresses);
    column::write(out, SCALAR, &nonces);
    column::write(out, SCALAR, &parities);
    for signed in all() {
        out.extend_from_slice(&signed.r().to_be_bytes::<32>());
        out.extend_from_slice(&signed.s().to_be_bytes::<32>());
    }
}

pub(crate) fn read_authorizations(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Vec<SignedAuthorization>>, BatchError> {
    let sizes = read_counts(reader, count)?;
    let entries = sum(&sizes)?;
    reader.check(entries, SIGNATURE)?;
    let chains = column::read::<32>(reader, SCALAR, entries)?;
    let addresses = column::read::<20>(reader, SCALAR, entries)?;
    let nonces = column::read::<8>(reader, SCALAR, entries)?;
    let parities = column::read::<1>(reader, SCALAR, entries)?;
    let signatures = read_signatures(reader, entries)?;
    let fields = chains.into_iter().zip(addresses).zip(nonces).zip(parities).zip(signatures);
    let mut entries = fields.map(|((((chain, address), nonce), [parity]), (r, s))| {
        let inner =
            Authorization { chain_id: U256::from_be_bytes(chain), address: Address::from(address), nonce: u64::from_be_bytes(nonce) };
        SignedAuthorization::new_unchecked(inner, parity, r, s)
    });
    Ok(sizes.into_iter().map(|size| entries.by_ref().take(size).collect()).collect())
}

/// `r ‖ s` of each, unchanged.
pub(crate) fn read_signatures(reader: &mut Reader<'_>, count: usize) -> Result<Vec<(U256, U256)>, BatchError> {
    let bytes = reader.take(count.checked_mul(SIGNATURE).ok_or(BatchError::Range)?)?;
    let pair = |bytes: &[u8]| bytes.split_at_checked(32).map(|(r, s)| (U256::from_be_slice(r), U256::from_be_slice(s)));
    Ok(bytes.chunks_exact(SIGNATURE).filter_map(pair).collect())
}

fn read_counts(reader: &mut Reader<'_>, count: usize) -> Result<Vec<usize>, BatchError> {
    column::read::<8>(reader, SCALAR, count)?.into_iter().map(number).collect()
}
