//! Accounts that send: as many as wanted, always the same, so that a genesis file can fund them beforehand.

use alloy::primitives::{Address, B256, keccak256};
use secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey};

/// An account that sends.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    key: SecretKey,
    /// Its address.
    pub(crate) address: Address,
}

impl Sender {
    /// The sender with this number.
    ///
    /// # Panics
    /// Never: a hash that is no key has yet to be found.
    #[must_use]
    pub(crate) fn new(curve: &Secp256k1<All>, number: u64) -> Self {
        let secret = keccak256([b"gainsay load ".as_slice(), &number.to_be_bytes()].concat());
        let key = SecretKey::from_byte_array(secret.0).expect("a hash is a key");
        let public = PublicKey::from_secret_key(curve, &key).serialize_uncompressed();
        Self { key, address: Address::from_raw_public_key(&public[1..]) }
    }

    /// Signature of a hash: r, s and the parity of the point.
    #[must_use]
    pub(crate) fn sign(&self, curve: &Secp256k1<All>, hash: B256) -> alloy::primitives::Signature {
        let (id, bytes) = curve.sign_ecdsa_recoverable(Message::from_digest(hash.0), &self.key).serialize_compact();
        alloy::primitives::Signature::from_bytes_and_parity(&bytes, i32::from(id) == 1)
    }
}

/// The first so many.
#[must_use]
pub(crate) fn senders(count: u64) -> Vec<Sender> {
    let curve = Secp256k1::new();
    (0..count).map(|number| Sender::new(&curve, number)).collect()
}

/// Where the benchmark's contracts stand in the genesis file.
pub(crate) const TOKEN: Address = Address::repeat_byte(0x70);
/// Writes ten fresh slots a call.
pub(crate) const SLOTS: Address = Address::repeat_byte(0x71);
/// Makes accounts.
pub(crate) const FILLER: Address = Address::repeat_byte(0x72);
