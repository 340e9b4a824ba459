//! All preimages that one block step reads, checked against their hashes.

use crate::blob::versioned_hash;
use alloy_primitives::{B256, Bytes, keccak256};
use gainsay_types::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of a Keccak preimage, at most: what the oracle's keys allow.
pub const MAX_PREIMAGE: usize = 131_072;
/// Bytes of the input's preimage: `batchAcc 32 ‖ stateHash 32 ‖ configHash 32`.
pub const INPUT_BYTES: usize = 96;

/// A block step of the chain, as the node that made the witness saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockStep {
    /// Position of the step, from 1.
    pub index: u64,
    /// The State before it. The input commits to it.
    pub before: State,
    /// The State after it. A claim: running the step is what tells whether it is right.
    pub after: State,
}

/// Why bytes are no witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// A preimage is not what its key says.
    #[error(
        "the witness is wrong: the preimage given for {claimed} hashes to {found}; get the witness again, from another node if this repeats"
    )]
    Preimage {
        /// The key that it came with.
        claimed: B256,
        /// Its Keccak.
        found: B256,
    },
    /// A blob is not what its versioned hash says.
    #[error("the witness is wrong: the blob given for {claimed} {}; get the witness again, from another node if this repeats", found.map_or_else(|| "is no blob".to_owned(), |found| format!("has the versioned hash {found}")))]
    Blob {
        /// The versioned hash that it came with.
        claimed: B256,
        /// Its own; none if it is not 131,072 bytes of field elements.
        found: Option<B256>,
    },
    /// A preimage is longer than the oracle can hold.
    #[error("the witness is wrong: the preimage of {hash} has {length} bytes, more than {MAX_PREIMAGE}")]
    Length {
        /// Its Keccak.
        hash: B256,
        /// Its length, bytes.
        length: usize,
    },
    /// The input's preimage is not there, or not 96 bytes.
    #[error("the witness is wrong: it has no preimage of 96 bytes for its input {input}")]
    Input {
        /// The machine's input.
        input: B256,
    },
    /// The input is of another State than the one that is said to be before the step.
    #[error("the witness is wrong: its input starts from the state {found}, but the State before the step hashes to {claimed}")]
    Before {
        /// Hash of the State given.
        claimed: B256,
        /// The hash in the input.
        found: B256,
    },
}

/// All preimages that one block step reads: what the guest needs to run with nothing else at hand. Only checked preimages get in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Witness {
    input: B256,
    step: BlockStep,
    preimages: BTreeMap<B256, Bytes>,
    blobs: BTreeMap<B256, Bytes>,
}

/// A witness as it comes from outside.
#[derive(Deserialize)]
struct Unchecked {
    input: B256,
    step: BlockStep,
    preimages: BTreeMap<B256, Bytes>,
    blobs: BTreeMap<B256, Bytes>,
}

impl TryFrom<Unchecked> for Witness {
    type Error = WitnessError;

    fn try_from(given: Unchecked) -> Result<Self, WitnessError> {
        Self::new(given.input, given.step, given.preimages, given.blobs)
    }
}

impl Witness {
    /// Checks every preimage. Computing the versioned hash of a blob takes tens of milliseconds.
    ///
    /// # Errors
    /// Names the first one that is wrong.
    pub fn new(input: B256, step: BlockStep, preimages: BTreeMap<B256, Bytes>, blobs: BTreeMap<B256, Bytes>) -> Result<Self, WitnessError> {
        preimages.iter().try_for_each(|(hash, data)| check_preimage(*hash, data))?;
        blobs.iter().try_for_each(|(hash, blob)| check_blob(*hash, blob))?;
        let witness = Self { input, step, preimages, blobs };
        witness.check_input()?;
        Ok(witness)
    }

    fn check_input(&self) -> Result<(), WitnessError> {
        let preimage = self.preimages.get(&self.input).filter(|data| data.len() == INPUT_BYTES);
        let found = preimage.and_then(|data| data.get(32..64)).ok_or(WitnessError::Input { input: self.input })?;
        let (claimed, found) = (self.step.before.hash(), B256::from_slice(found));
        if claimed == found { Ok(()) } else { Err(WitnessError::Before { claimed, found }) }
    }

    /// The machine's input: the Keccak of `batchAcc ‖ stateHash ‖ configHash`.
    #[must_use]
    pub const fn input(&self) -> B256 {
        self.input
    }

    /// Which block step it is.
    #[must_use]
    pub const fn step(&self) -> &BlockStep {
        &self.step
    }

    /// The bytes whose Keccak is `hash`.
    #[must_use]
    pub fn preimage(&self, hash: &B256) -> Option<&Bytes> {
        self.preimages.get(hash)
    }

    /// The blob with this versioned hash.
    #[must_use]
    pub fn blob(&self, versioned_hash: &B256) -> Option<&Bytes> {
        self.blobs.get(versioned_hash)
    }

    /// Every Keccak preimage with its hash, in the order of the hashes.
    pub fn preimages(&self) -> impl ExactSizeIterator<Item = (&B256, &Bytes)> {
        self.preimages.iter()
    }

    /// Every blob with its versioned hash.
    pub fn blobs(&self) -> impl ExactSizeIterator<Item = (&B256, &Bytes)> {
        self.blobs.iter()
    }

    /// Bytes of all preimages and blobs.
    #[must_use]
    pub fn size(&self) -> usize {
        self.preimages.values().chain(self.blobs.values()).map(|data| data.len()).sum()
    }
}

fn check_preimage(claimed: B256, data: &Bytes) -> Result<(), WitnessError> {
    if data.len() > MAX_PREIMAGE {
        return Err(WitnessError::Length { hash: claimed, length: data.len() });
    }
    let found = keccak256(data);
    if found == claimed { Ok(()) } else { Err(WitnessError::Preimage { claimed, found }) }
}

fn check_blob(claimed: B256, blob: &Bytes) -> Result<(), WitnessError> {
    let found = versioned_hash(blob);
    if found == Some(claimed) { Ok(()) } else { Err(WitnessError::Blob { claimed, found }) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A witness of a step that reads a few words and the zero blob.
    pub(crate) fn sample() -> Witness {
        let before = State::genesis(B256::repeat_byte(1));
        let input: Vec<u8> = [B256::repeat_byte(7), before.hash(), B256::repeat_byte(9)].into_iter().flat_map(|word| word.0).collect();
        let data = [Bytes::from(input), Bytes::new(), Bytes::from_static(b"a node"), vec![5; 3000].into()];
        let hash = keccak256(&data[0]);
        let zero = Bytes::from(vec![0; 131_072]);
        let blobs = [(versioned_hash(&zero).expect("a blob"), zero)];
        let step = BlockStep { index: 1, before, after: before.skip_batch() };
        Witness::new(hash, step, data.map(|data| (keccak256(&data), data)).into(), blobs.into()).expect("all fits")
    }

    fn changed(change: impl FnOnce(&mut Witness)) -> WitnessError {
        let mut witness = sample();
        change(&mut witness);
        Witness::new(witness.input, witness.step, witness.preimages, witness.blobs).expect_err("it was changed")
    }

    #[test]
    fn a_preimage_that_is_not_its_hashs_is_refused_by_name() {
        let key = keccak256(b"a node");
        let error = changed(|witness| drop(witness.preimages.insert(key, Bytes::from_static(b"a mode"))));
        assert_eq!(error, WitnessError::Preimage { claimed: key, found: keccak256(b"a mode") });
        assert!(error.to_string().contains(&key.to_string()));
    }

    #[test]
    fn a_blob_with_one_bit_changed_and_bytes_that_are_no_blob_are_refused() {
        let key = *sample().blobs().next().expect("one").0;
        let put = |blob: Vec<u8>| changed(|witness| drop(witness.blobs.insert(key, blob.into())));
        let mut bytes = vec![0; 131_072];
        bytes[31] = 1;
        assert!(matches!(put(bytes), WitnessError::Blob { claimed, found: Some(found) } if claimed == key && found != key));
        assert_eq!(put(vec![0; 131_071]), WitnessError::Blob { claimed: key, found: None });
        assert_eq!(put(vec![0xff; 131_072]), WitnessError::Blob { claimed: key, found: None });
    }

    #[test]
    fn a_preimage_longer_than_the_oracle_holds_is_refused() {
        let data = Bytes::from(vec![1; MAX_PREIMAGE + 1]);
        let hash = keccak256(&data);
        let error = changed(|witness| drop(witness.preimages.insert(hash, data)));
        assert_eq!(error, WitnessError::Length { hash, length: MAX_PREIMAGE + 1 });
    }

    #[test]
    fn the_input_must_be_there_and_start_from_the_state_given() {
        let input = sample().input;
        assert_eq!(changed(|witness| drop(witness.preimages.remove(&input))), WitnessError::Input { input });
        let node = keccak256(b"a node");
        assert_eq!(changed(|witness| witness.input = node), WitnessError::Input { input: node });
        let error = changed(|witness| witness.step.before.deposit_index = 1);
        assert!(matches!(error, WitnessError::Before { found, .. } if found == sample().step.before.hash()));
    }

    #[test]
    fn a_witness_survives_json_and_wrong_json_is_refused() {
        let witness = sample();
        let json = serde_json::to_string(&witness).expect("encodes");
        assert_eq!(serde_json::from_str::<Witness>(&json).expect("decodes"), witness);
        let wrong = json.replace(&Bytes::from_static(b"a node").to_string(), &Bytes::from_static(b"a mode").to_string());
        assert!(serde_json::from_str::<Witness>(&wrong).expect_err("a wrong byte").to_string().contains("hashes to"));
    }
}
