//! The host's side of the oracle: it answers from a witness, and makes the precompile calls that the program announces.

use crate::{
    Witness,
    precompile::{CallError, PRECOMPILE, PrecompileCall},
};
use alloy_primitives::{B256, Bytes, hex};
use gainsay_machine::{KeyType, Oracle, PART, blob_key, keccak_key, part_of};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Why the oracle has no answer. The machine is then before the step that asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The witness lacks data.
    #[error(
        "the witness has no data for the key {key}, that is with a Keccak of ??{}: it was made for another step or another program; make it again",
        tail(key)
    )]
    Keccak {
        /// The key asked for.
        key: B256,
    },
    /// The witness lacks a blob.
    #[error(
        "the witness has no blob for the key {key}, that is with the versioned hash 01{}: it was made for another step or another program; make it again",
        tail(key)
    )]
    Blob {
        /// The key asked for.
        key: B256,
    },
    /// The program did not announce the call.
    #[error("the program asks for a precompile's result under {key} without having announced the call in a LOG: the program is wrong")]
    Unannounced {
        /// The key asked for.
        key: B256,
    },
    /// The program announced a call that L1 does not make.
    #[error(transparent)]
    Call(#[from] CallError),
}

fn tail(key: &B256) -> String {
    hex::encode(key.as_slice().get(1..).unwrap_or_default())
}

/// What a key stands for: enough to load it on L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Preimage {
    /// Data by its Keccak.
    Keccak {
        /// The data.
        data: Bytes,
    },
    /// A blob by its versioned hash.
    Blob {
        /// The versioned hash.
        versioned_hash: B256,
        /// Its 131,072 bytes.
        blob: Bytes,
    },
    /// The result of a precompile.
    Precompile {
        /// The call that gives it.
        call: PrecompileCall,
    },
}

/// A call that the program announced, made once it is asked for.
#[derive(Clone, Debug)]
struct Announced {
    call: PrecompileCall,
    result: Option<Bytes>,
}

/// Answers a machine from a witness.
///
/// It keeps every call that was announced, so that a machine that goes on from a snapshot finds what the run before it announced. A block's gas bounds
/// them: an accelerated call costs 3,000 gas or more, so there are at most 10,000 in 30 M gas.
#[derive(Clone, Debug)]
pub struct Host {
    witness: Arc<Witness>,
    /// Hashes in the witness by their keys.
    keys: BTreeMap<B256, B256>,
    calls: BTreeMap<B256, Announced>,
    /// An announcement that cannot be one: the reason of the next missing call.
    wrong: Option<CallError>,
    /// What was asked last, since parts are read one after the other.
    last: Option<(B256, Bytes)>,
}

impl Host {
    /// Answers from `witness`.
    #[must_use]
    pub fn new(witness: Arc<Witness>) -> Self {
        let keccak = witness.preimages().map(|(hash, _)| (keccak_key(*hash), *hash));
        let keys = keccak.chain(witness.blobs().map(|(hash, _)| (blob_key(*hash), *hash))).collect();
        Self { witness, keys, calls: BTreeMap::new(), wrong: None, last: None }
    }

    /// The witness that it answers from.
    #[must_use]
    pub const fn witness(&self) -> &Arc<Witness> {
        &self.witness
    }

    /// Precompile calls announced so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// What a key stands for; none for a key of an unknown type, whose parts are all zero.
    ///
    /// # Errors
    /// When it is not at hand.
    pub fn preimage(&self, key: &B256) -> Result<Option<Preimage>, HostError> {
        let Some(kind) = KeyType::of(key) else { return Ok(None) };
        Ok(Some(match kind {
            KeyType::Keccak => Preimage::Keccak { data: self.keccak(key)?.clone() },
            KeyType::Blob => {
                let (versioned_hash, blob) = self.blob(key)?;
                Preimage::Blob { versioned_hash, blob: blob.clone() }
            }
            KeyType::Precompile => {
                let announced = self.calls.get(key).ok_or_else(|| self.unannounced(key))?;
                Preimage::Precompile { call: announced.call.clone() }
            }
        }))
    }

    fn keccak(&self, key: &B256) -> Result<&Bytes, HostError> {
        self.keys.get(key).and_then(|hash| self.witness.preimage(hash)).ok_or(HostError::Keccak { key: *key })
    }

    fn blob(&self, key: &B256) -> Result<(B256, &Bytes), HostError> {
        let found = self.keys.get(key).and_then(|hash| Some((*hash, self.witness.blob(hash)?)));
        found.ok_or(HostError::Blob { key: *key })
    }

    fn call(&mut self, key: &B256) -> Result<Bytes, HostError> {
        let missing = self.unannounced(key);
        let announced = self.calls.get_mut(key).ok_or(missing)?;
        Ok(announced.result.get_or_insert_with(|| announced.call.run()).clone())
    }

    fn unannounced(&self, key: &B256) -> HostError {
        self.wrong.clone().map_or(HostError::Unannounced { key: *key }, HostError::Call)
    }

    fn data(&mut self, key: &B256) -> Result<Bytes, HostError> {
        match KeyType::of(key) {
            Some(KeyType::Keccak) => self.keccak(key).cloned(),
            Some(KeyType::Blob) => self.blob(key).map(|(_, blob)| blob.clone()),
            Some(KeyType::Precompile) => self.call(key),
            None => Ok(Bytes::new()),
        }
    }
}

impl Oracle for Host {
    type Error = HostError;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], HostError> {
        match &self.last {
            Some((last, data)) if last == key => Ok(part_of(data, index)),
            _ => {
                let data = self.data(key)?;
                let answer = part_of(&data, index);
                self.last = Some((*key, data));
                Ok(answer)
            }
        }
    }

    fn log(&mut self, text: &[u8]) {
        let Some((&PRECOMPILE, announcement)) = text.split_first() else { return };
        match PrecompileCall::decode(announcement) {
            Ok(call) => drop(self.calls.entry(call.key()).or_insert(Announced { call, result: None })),
            Err(error) => self.wrong = Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{precompile::ACCELERATED, witness::tests::sample};
    use alloy_primitives::{U256, keccak256};

    fn host() -> Host {
        Host::new(Arc::new(sample()))
    }

    #[test]
    fn parts_are_the_length_then_32_bytes_each_then_zeroes() {
        let mut host = host();
        let key = keccak_key(keccak256(vec![5; 3000]));
        let mut ask = |index| host.part(&key, index).expect("it is in the witness");
        assert_eq!(ask(0), U256::from(3000).to_be_bytes());
        assert_eq!((ask(1), ask(93)), ([5; 32], [5; 32]));
        let end = ask(94);
        assert_eq!((&end[..24], &end[24..]), (&[5; 24][..], &[0; 8][..]));
        assert_eq!((ask(95), ask(1 << 59), ask(u64::MAX)), ([0; 32], [0; 32], [0; 32]));
    }

    #[test]
    fn the_empty_preimage_has_length_zero_and_unknown_types_have_nothing() {
        let mut host = host();
        assert_eq!(host.part(&keccak_key(keccak256([])), 0), Ok([0; 32]));
        for kind in [0, 4, 255] {
            assert_eq!(host.part(&B256::repeat_byte(kind), 0), Ok([0; 32]));
            assert_eq!(host.preimage(&B256::repeat_byte(kind)), Ok(None));
        }
    }

    #[test]
    fn a_blob_is_found_by_the_key_of_its_versioned_hash() {
        let mut host = host();
        let hash = *host.witness().blobs().next().expect("one").0;
        assert_eq!(host.part(&blob_key(hash), 0), Ok(U256::from(131_072).to_be_bytes()));
        assert!(matches!(host.preimage(&blob_key(hash)), Ok(Some(Preimage::Blob { versioned_hash, .. })) if versioned_hash == hash));
    }

    #[test]
    fn what_the_witness_lacks_is_named() {
        let mut host = host();
        let (data, blob) = (keccak_key(B256::repeat_byte(7)), blob_key(B256::repeat_byte(7)));
        assert_eq!(host.part(&data, 0), Err(HostError::Keccak { key: data }));
        assert_eq!(host.part(&blob, 0), Err(HostError::Blob { key: blob }));
        assert!(host.part(&data, 0).expect_err("missing").to_string().contains(&data.to_string()));
    }

    #[test]
    fn a_call_is_answered_once_it_was_announced() {
        let mut host = host();
        let call = PrecompileCall { address: ACCELERATED[0], required_gas: 3_000, input: vec![0; 128].into() };
        let key = call.key();
        assert_eq!(host.part(&key, 0), Err(HostError::Unannounced { key }));
        host.log(b"some text");
        host.log(&[&[PRECOMPILE][..], &call.encode()].concat());
        assert_eq!(host.part(&key, 0), Ok(U256::from(1).to_be_bytes()));
        assert_eq!(host.part(&key, 1).map(|part| part[0]), Ok(1));
        assert_eq!(host.preimage(&key), Ok(Some(Preimage::Precompile { call })));
    }

    #[test]
    fn an_announcement_that_l1_cannot_honour_is_the_reason_when_its_result_is_asked_for() {
        let mut host = host();
        host.log(&[PRECOMPILE; 5]);
        assert_eq!(host.part(&KeyType::Precompile.key(B256::ZERO), 0), Err(CallError::Short { length: 4 }.into()));
    }
}
