//! What ties a blob to its versioned hash.

use alloy_eips::eip4844::{BYTES_PER_BLOB, c_kzg, env_settings::EnvKzgSettings, kzg_to_versioned_hash};
use alloy_primitives::B256;

/// The versioned hash of a blob; none unless the bytes are 131,072 and each field element is below the modulus. Takes tens of milliseconds.
#[must_use]
pub fn versioned_hash(blob: &[u8]) -> Option<B256> {
    if blob.len() != BYTES_PER_BLOB {
        return None;
    }
    let blob = c_kzg::Blob::from_bytes(blob).ok()?;
    let commitment = EnvKzgSettings::Default.get().blob_to_kzg_commitment(&blob).ok()?;
    Some(kzg_to_versioned_hash(commitment.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn the_zero_blob_has_its_known_versioned_hash() {
        let expected = b256!("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
        assert_eq!(versioned_hash(&[0; BYTES_PER_BLOB]), Some(expected));
    }
}
