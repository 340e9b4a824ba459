//! Witness files.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `GSWITNES` |
//! | 1 | version of the layout: 1 |
//! | … | the witness in bincode's standard encoding: input, step, preimages and blobs with their hashes |
//! | 32 | Keccak of all bytes before |

use crate::{Witness, WitnessError};
use alloy_primitives::keccak256;

const MAGIC: &[u8; 8] = b"GSWITNES";
const VERSION: u8 = 1;
const CHECKSUM: usize = 32;

/// Why a file gives no witness.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is some other file.
    #[error("this is no witness file: it does not begin with GSWITNES; `fault-vm run --save` makes one")]
    Kind,
    /// It was written by newer or older software.
    #[error(
        "this witness file has version {found}, this software reads version {VERSION}; use the release that wrote it, or make it again"
    )]
    Version {
        /// The version found.
        found: u8,
    },
    /// Its checksum is wrong.
    #[error("this witness file is cut off or damaged: its checksum is wrong; copy it or make it again")]
    Checksum,
    /// It is whole, but cannot be read.
    #[error("this witness file cannot be read ({reason}); make it again")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// It is no witness that any step could have.
    #[error(transparent)]
    Witness(#[from] WitnessError),
}

impl Witness {
    /// The bytes of its file.
    ///
    /// # Errors
    /// Never for a witness that fits into memory twice.
    pub fn to_file(&self) -> Result<Vec<u8>, FileError> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        bincode::serde::encode_into_std_write(self, &mut out, bincode::config::standard()).map_err(malformed)?;
        out.extend_from_slice(keccak256(&out).as_slice());
        Ok(out)
    }

    /// Reads what [`Self::to_file`] wrote, and checks every preimage.
    ///
    /// # Errors
    /// Says what to do about it.
    pub fn from_file(bytes: &[u8]) -> Result<Self, FileError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(FileError::Kind)?;
        let (&version, rest) = rest.split_first().ok_or(FileError::Checksum)?;
        if version != VERSION {
            return Err(FileError::Version { found: version });
        }
        let (body, checksum) = rest.split_last_chunk::<CHECKSUM>().ok_or(FileError::Checksum)?;
        let (covered, _) = bytes.split_last_chunk::<CHECKSUM>().ok_or(FileError::Checksum)?;
        if keccak256(covered) != *checksum {
            return Err(FileError::Checksum);
        }

        let (witness, read) = bincode::serde::decode_from_slice(body, bincode::config::standard()).map_err(malformed)?;
        if read != body.len() {
            return Err(malformed("bytes are left over"));
        }
        Ok(witness)
    }
}

fn malformed(reason: impl ToString) -> FileError {
    FileError::Malformed { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::witness::tests::sample;

    /// Puts the right checksum on changed bytes.
    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - CHECKSUM);
        let checksum = keccak256(&bytes);
        bytes.extend_from_slice(checksum.as_slice());
        bytes
    }

    #[test]
    fn a_witness_survives_its_file() {
        let witness = sample();
        assert_eq!(Witness::from_file(&witness.to_file().expect("encodes")).expect("decodes"), witness);
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused() {
        let bytes = sample().to_file().expect("encodes");
        for length in (0..200).chain(bytes.len() - 200..bytes.len()) {
            let error = Witness::from_file(&bytes[..length]).expect_err("it is cut off");
            assert!(matches!((&error, length), (FileError::Kind, 0..8) | (FileError::Checksum, 8..)), "{length}: {error}");
        }
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let bytes = sample().to_file().expect("encodes");
        for position in [8, 9, 40, 100, 3_000, bytes.len() - 40, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            let error = Witness::from_file(&changed).expect_err("it was changed");
            assert!(matches!((&error, position), (FileError::Version { .. }, 8) | (FileError::Checksum, 9..)), "{position}: {error}");
        }
    }

    #[test]
    fn wrong_preimages_under_a_right_checksum_are_refused() {
        let mut bytes = sample().to_file().expect("encodes");
        let at = bytes.windows(6).position(|window| window == b"a node").expect("it is in there");
        bytes[at] = b'A';
        assert!(matches!(Witness::from_file(&sealed(bytes)), Err(FileError::Malformed { reason }) if reason.contains("hashes to")));
    }

    #[test]
    fn other_and_newer_files_and_left_over_bytes_are_named() {
        let mut bytes = sample().to_file().expect("encodes");
        assert!(matches!(Witness::from_file(b"PK\x03\x04 an archive of something"), Err(FileError::Kind)));
        let mut longer = bytes.clone();
        longer.extend_from_slice(&[0; 32]);
        assert!(matches!(Witness::from_file(&sealed(longer)), Err(FileError::Malformed { .. })));
        bytes[8] = 2;
        assert!(matches!(Witness::from_file(&sealed(bytes)), Err(FileError::Version { found: 2 })));
    }
}
