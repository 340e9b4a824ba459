//! Local records: a version byte, then bincode. Nothing here is hashed or leaves the machine.

use crate::StoreError;
use serde::{Serialize, de::DeserializeOwned};

/// Version of every record. A change of any record's shape raises it.
pub(crate) const VERSION: u8 = 5;

/// What a kind of record is called in errors.
pub(crate) trait Record: Serialize + DeserializeOwned {
    const NAME: &'static str;
}

pub(crate) fn encode<T: Record>(record: &T) -> Result<Vec<u8>, StoreError> {
    let mut out = vec![VERSION];
    bincode::serde::encode_into_std_write(record, &mut out, bincode::config::standard())
        .map_err(|error| StoreError::damaged(T::NAME, error))?;
    Ok(out)
}

pub(crate) fn decode<T: Record>(bytes: &[u8]) -> Result<T, StoreError> {
    let (&version, rest) = bytes.split_first().ok_or_else(|| StoreError::damaged(T::NAME, "empty"))?;
    if version != VERSION {
        return Err(StoreError::Version { record: T::NAME, found: version, expected: VERSION });
    }
    let (record, read) =
        bincode::serde::decode_from_slice(rest, bincode::config::standard()).map_err(|error| StoreError::damaged(T::NAME, error))?;
    if read != rest.len() {
        return Err(StoreError::damaged(T::NAME, "longer than it says"));
    }
    Ok(record)
}
