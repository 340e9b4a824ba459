//! Many blobs checked against their commitments at once, for little more than the price of one.
//!
//! Committing is linear: with weights `w`, the commitment of `Σ w·blob` is `Σ w·commitment`. So all blobs are added up, each times a weight that nobody
//! could know when the blobs and commitments were chosen, and one multiplication of 4,096 points (35 ms) commits to the sum. Where a single commitment is not
//! its blob's, the two sides agree with a probability of at most 2^-128.
//!
//! Weights are 128 bits of a hash of all that is checked (Fiat and Shamir), so the result needs no source of randomness and is the same each time.

use super::{FetchedBlob, VerifiedBlob, verify::commit};
use alloy::{
    eips::eip4844::{BYTES_PER_BLOB, Bytes48, kzg_to_versioned_hash},
    primitives::{B256, Bytes, Keccak256, U128, U256, U512, keccak256, uint},
};
use blst::{MultiPoint, min_pk::PublicKey};

/// Of the scalars of BLS12-381, in which a blob has 4,096 elements.
const MODULUS: U256 = uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);
/// Bytes of one element, big-endian.
const ELEMENT: usize = 32;
/// Bytes of a weight.
const WEIGHT: usize = 16;
const DOMAIN: &[u8] = b"gainsay: weights of blobs";

/// A blob of the right shape, with a commitment that hashes to what is wanted and is a point of the group.
pub(super) struct Claim {
    hash: B256,
    bytes: Bytes,
    commitment: Bytes48,
    /// The commitment. In the terms of signatures a point of this group is a public key.
    point: PublicKey,
}

impl Claim {
    /// What can be checked together with others; otherwise the blob, to be checked alone.
    pub(super) fn new(blob: FetchedBlob, wanted: &[B256]) -> Result<Self, Bytes> {
        let FetchedBlob { bytes, commitment } = blob;
        let claimed = commitment.map(|commitment| (kzg_to_versioned_hash(commitment.as_slice()), commitment));
        let Some((hash, commitment)) = claimed.filter(|(hash, _)| wanted.contains(hash)) else {
            return Err(bytes);
        };
        // Points outside the group would spoil the argument above: some of small order vanish under many weights. Infinity is refused as well: whatever
        // it commits to, zeros alone, can be checked alone.
        match PublicKey::key_validate(commitment.as_slice()) {
            Ok(point) if is_blob(&bytes) => Ok(Self { hash, bytes, commitment, point }),
            _ => Err(bytes),
        }
    }

    fn verified(&self) -> VerifiedBlob {
        VerifiedBlob::proved(self.hash, self.bytes.clone())
    }
}

/// 4,096 elements, each below the modulus.
fn is_blob(bytes: &[u8]) -> bool {
    bytes.len() == BYTES_PER_BLOB && bytes.chunks_exact(ELEMENT).all(|element| U256::from_be_slice(element) < MODULUS)
}

/// The blob of each claim: with the hash that it claims, or the one that it really has, if the claim is false. If all are true, that costs about one
/// commitment and 1 ms a blob; each that is false costs up to two commitments for each time that the claims can be halved.
pub(super) fn check(claims: &[Claim]) -> Vec<Option<VerifiedBlob>> {
    match claims {
        [] => Vec::new(),
        [claim] => vec![VerifiedBlob::compute(claim.bytes.clone())],
        _ if all_true(claims) => claims.iter().map(|claim| Some(claim.verified())).collect(),
        _ => {
            let (left, right) = claims.split_at(claims.len() / 2);
            [check(left), check(right)].concat()
        }
    }
}

/// INVARIANT: true only if every blob has its commitment, but for a probability of 2^-128.
fn all_true(claims: &[Claim]) -> bool {
    let weights = weights(claims);
    let points: Vec<PublicKey> = claims.iter().map(|claim| claim.point).collect();
    let scalars: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let sum_of_commitments = points.mult(&scalars, 8 * WEIGHT).to_public_key().to_bytes();
    commit(&sum(claims, &weights)).is_some_and(|commitment| commitment == sum_of_commitments)
}

/// One a claim, which depend on every byte of every claim.
fn weights(claims: &[Claim]) -> Vec<u128> {
    let mut all = Keccak256::new();
    all.update(DOMAIN);
    for claim in claims {
        all.update(claim.commitment);
        all.update(keccak256(&claim.bytes));
    }
    let seed = all.finalize();
    let weight = |index: usize| {
        let hash = keccak256([&seed[..], &(index as u64).to_be_bytes()].concat());
        hash[..WEIGHT].iter().fold(0, |weight, byte| (weight << 8) | u128::from(*byte))
    };
    (0..claims.len()).map(weight).collect()
}

/// `Σ weight·blob`, element by element.
fn sum(claims: &[Claim], weights: &[u128]) -> Vec<u8> {
    // A product has less than 384 bits, so 2^128 of them would fit.
    let mut sums = vec![U512::ZERO; BYTES_PER_BLOB / ELEMENT];
    for (claim, weight) in claims.iter().zip(weights) {
        for (sum, element) in sums.iter_mut().zip(claim.bytes.chunks_exact(ELEMENT)) {
            *sum = sum.wrapping_add(times(U256::from_be_slice(element), *weight));
        }
    }
    let modulus = U512::from(MODULUS);
    sums.into_iter().flat_map(|sum| U256::from(sum % modulus).to_be_bytes::<ELEMENT>()).collect()
}

/// The whole product.
fn times(element: U256, weight: u128) -> U512 {
    U512::from(element.widening_mul::<128, 2, 384, 6>(U128::from(weight)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A blob of random elements with its commitment.
    fn honest(seed: u64) -> FetchedBlob {
        let element = |index: u64| {
            let mut hash = keccak256([seed.to_be_bytes(), index.to_be_bytes()].concat());
            hash[0] &= 0x3f;
            hash
        };
        let bytes: Bytes = (0..4096).flat_map(|index| element(index).0).collect();
        let commitment = commit(&bytes).unwrap();
        FetchedBlob { bytes, commitment: Some(commitment.into()) }
    }

    fn hash_of(blob: &FetchedBlob) -> B256 {
        kzg_to_versioned_hash(blob.commitment.unwrap().as_slice())
    }

    fn claims(blobs: &[FetchedBlob]) -> Vec<Claim> {
        let wanted: Vec<B256> = blobs.iter().map(hash_of).collect();
        blobs.iter().map(|blob| Claim::new(blob.clone(), &wanted).map_err(|_| "refused").unwrap()).collect()
    }

    /// Whatever they claim, each is found with the hash that it has. Whether they could all be believed.
    fn believed(blobs: &[FetchedBlob]) -> bool {
        let claims = claims(blobs);
        let truth: Vec<_> = blobs.iter().map(|blob| VerifiedBlob::compute(blob.bytes.clone())).collect();
        assert_eq!(check(&claims), truth);
        all_true(&claims)
    }

    #[test]
    fn blobs_that_have_their_commitments_are_believed() {
        let blobs: Vec<_> = (0..5).map(honest).collect();
        assert!(believed(&blobs));
        assert!(believed(&blobs[..1]));
        assert!(check(&[]).is_empty());
    }

    #[test]
    fn blobs_in_each_others_place_are_not_believed() {
        let mut blobs: Vec<_> = (0..5).map(honest).collect();
        let (one, two) = (blobs[1].bytes.clone(), blobs[3].bytes.clone());
        (blobs[1].bytes, blobs[3].bytes) = (two, one);
        assert!(!believed(&blobs));
    }

    #[test]
    fn changes_that_cancel_out_in_a_plain_sum_are_noticed() {
        let mut blobs: Vec<_> = (0..2).map(honest).collect();
        let plain = |blobs: &[FetchedBlob]| sum(&claims(blobs), &[1, 1]);
        let before = plain(&blobs);
        for (blob, more) in blobs.iter_mut().zip([true, false]) {
            let mut bytes = blob.bytes.to_vec();
            let changed = U256::from_be_slice(&bytes[..32]);
            let changed = if more { changed + U256::from(1) } else { changed - U256::from(1) };
            bytes[..32].copy_from_slice(&changed.to_be_bytes::<32>());
            blob.bytes = bytes.into();
        }
        assert_eq!(plain(&blobs), before);
        assert!(!believed(&blobs));
    }

    #[test]
    fn what_cannot_be_checked_together_is_given_back_to_be_checked_alone() {
        let good = honest(1);
        let wanted = [hash_of(&good)];
        let refused = |blob: FetchedBlob, wanted: &[B256]| Claim::new(blob.clone(), wanted).err() == Some(blob.bytes);
        assert!(!refused(good.clone(), &wanted));
        assert!(refused(FetchedBlob { commitment: None, ..good.clone() }, &wanted), "no commitment");
        assert!(refused(good.clone(), &[B256::ZERO]), "not wanted");
        assert!(refused(FetchedBlob { bytes: good.bytes.slice(32..), ..good.clone() }, &wanted), "too short");
        let mut large = good.bytes.to_vec();
        large[32..64].copy_from_slice(&MODULUS.to_be_bytes::<32>());
        assert!(refused(FetchedBlob { bytes: large.into(), ..good.clone() }, &wanted), "an element that is the modulus");
        // Infinity, no point at all, and a point of the curve that is not in the group: (0, 2).
        let mut infinity = [0; 48];
        infinity[0] = 0xc0;
        let mut outside = [0; 48];
        outside[0] = 0x80;
        for commitment in [infinity, [0xff; 48], outside] {
            let blob = FetchedBlob { commitment: Some(commitment.into()), ..good.clone() };
            assert!(refused(blob.clone(), &[hash_of(&blob)]), "{commitment:?}");
        }
    }

    #[test]
    fn weights_depend_on_every_blob_and_commitment() {
        let blobs: Vec<_> = (0..3).map(honest).collect();
        let (claims, before) = (claims(&blobs), weights(&claims(&blobs)));
        assert_eq!(weights(&claims), before);
        assert!(before[0] != before[1] && before.iter().all(|weight| *weight > u128::from(u64::MAX)));
        let swapped = [1, 0, 2].map(|index| Claim { bytes: claims[index].bytes.clone(), ..claims[index] });
        for (new, old) in weights(&swapped).into_iter().zip(before) {
            assert_ne!(new, old);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]
        #[test]
        fn whichever_are_false_no_blob_passes_for_another(count in 2usize..6, bad in any::<[bool; 6]>(), at in 0usize..4096, bit in 0u8..8) {
            let mut blobs: Vec<_> = (0..count as u64).map(honest).collect();
            for (blob, _) in blobs.iter_mut().zip(bad).filter(|(_, bad)| *bad) {
                let mut bytes = blob.bytes.to_vec();
                // The last byte of an element: it stays below the modulus.
                bytes[at * 32 + 31] ^= 1 << bit;
                blob.bytes = bytes.into();
            }
            prop_assert_eq!(believed(&blobs), !bad[..count].contains(&true));
        }
    }

    #[test]
    fn sums_are_those_of_slow_arithmetic() {
        let blobs: Vec<_> = (0..3).map(honest).collect();
        let claims = claims(&blobs);
        let weights = [u128::MAX, 1, 0x1234_5678_9abc_def0_1234_5678_9abc_def0];
        let sum = sum(&claims, &weights);
        for (index, element) in sum.chunks_exact(32).enumerate() {
            let of = |blob: &FetchedBlob| U256::from_be_slice(&blob.bytes[index * 32..][..32]);
            let add = |sum: U256, (blob, weight): (&FetchedBlob, u128)| sum.add_mod(of(blob).mul_mod(U256::from(weight), MODULUS), MODULUS);
            assert_eq!(U256::from_be_slice(element), blobs.iter().zip(weights).fold(U256::ZERO, add));
        }
    }
}
