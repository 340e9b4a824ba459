//! Batch headers and the two accumulators of the inbox.

use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};
use serde::{Deserialize, Serialize};

/// Blobs in one batch.
pub const MAX_BLOBS_PER_BATCH: usize = 6;
/// Bytes of a calldata payload.
pub const MAX_CALLDATA_PAYLOAD: usize = 100_000;
/// New messages that one batch may consume.
pub const MAX_MESSAGES_PER_BATCH: u64 = 512;

/// Where the payload of a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum BatchKind {
    /// EIP-4844 blobs.
    Blobs = 0,
    /// Calldata, repeated in the event.
    Calldata = 1,
    /// No payload: anyone forced deposits in after the inclusion delay.
    Forced = 2,
}

impl TryFrom<u8> for BatchKind {
    type Error = u8;
    fn try_from(kind: u8) -> Result<Self, u8> {
        match kind {
            0 => Ok(Self::Blobs),
            1 => Ok(Self::Calldata),
            2 => Ok(Self::Forced),
            other => Err(other),
        }
    }
}

/// What the Inbox commits to for each batch. 161 bytes, `docs/protocol.md` section 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchHeader {
    /// Where the payload is.
    pub kind: BatchKind,
    /// Keccak of the versioned hashes or of the payload; zero for a forced batch.
    pub payload_hash: B256,
    /// `m`: messages consumed once this batch is through.
    pub deposit_count: u64,
    /// `depositAcc[m]`.
    pub deposit_acc: B256,
    /// L1 block that holds the batch.
    pub l1_number: u64,
    /// Its timestamp, seconds.
    pub l1_time: u64,
    /// Its base fee, wei.
    pub l1_base_fee: U256,
    /// Its blob base fee, wei.
    pub l1_blob_base_fee: U256,
    /// Position of the batch, from 1.
    pub batch_index: u64,
}

impl BatchHeader {
    /// The 161 bytes that are hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(161);
        out.push(self.kind as u8);
        out.extend_from_slice(self.payload_hash.as_slice());
        out.extend_from_slice(&self.deposit_count.to_be_bytes());
        out.extend_from_slice(self.deposit_acc.as_slice());
        out.extend_from_slice(&self.l1_number.to_be_bytes());
        out.extend_from_slice(&self.l1_time.to_be_bytes());
        out.extend_from_slice(&self.l1_base_fee.to_be_bytes::<32>());
        out.extend_from_slice(&self.l1_blob_base_fee.to_be_bytes::<32>());
        out.extend_from_slice(&self.batch_index.to_be_bytes());
        out
    }

    /// Reads what [`Self::encode`] wrote; none for other bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let (payload_hash, rest) = rest.split_first_chunk::<32>()?;
        let (deposit_count, rest) = rest.split_first_chunk::<8>()?;
        let (deposit_acc, rest) = rest.split_first_chunk::<32>()?;
        let (l1_number, rest) = rest.split_first_chunk::<8>()?;
        let (l1_time, rest) = rest.split_first_chunk::<8>()?;
        let (l1_base_fee, rest) = rest.split_first_chunk::<32>()?;
        let (l1_blob_base_fee, rest) = rest.split_first_chunk::<32>()?;
        let batch_index: [u8; 8] = rest.try_into().ok()?;
        Some(Self {
            kind: BatchKind::try_from(kind).ok()?,
            payload_hash: payload_hash.into(),
            deposit_count: u64::from_be_bytes(*deposit_count),
            deposit_acc: deposit_acc.into(),
            l1_number: u64::from_be_bytes(*l1_number),
            l1_time: u64::from_be_bytes(*l1_time),
            l1_base_fee: U256::from_be_bytes(*l1_base_fee),
            l1_blob_base_fee: U256::from_be_bytes(*l1_blob_base_fee),
            batch_index: u64::from_be_bytes(batch_index),
        })
    }

    /// `batchAcc[n]` from `batchAcc[n-1]`.
    #[must_use]
    pub fn accumulate(&self, previous: B256) -> B256 {
        let mut preimage = [0u8; 64];
        let (left, right) = preimage.split_at_mut(32);
        left.copy_from_slice(previous.as_slice());
        right.copy_from_slice(keccak256(self.encode()).as_slice());
        keccak256(preimage)
    }
}

/// What `depositAcc[i]` is the Keccak of, 89 bytes: the accumulator before it, and message i with its body's hash instead of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLink {
    /// `depositAcc[i-1]`.
    pub previous: B256,
    /// Kind of the body.
    pub kind: u8,
    /// User deposits among the messages 1..=i.
    pub user_ordinal: u64,
    /// L1 block that enqueued it.
    pub l1_number: u64,
    /// Its timestamp, seconds.
    pub l1_time: u64,
    /// Keccak of the body.
    pub body_hash: B256,
}

impl MessageLink {
    /// The 89 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(89);
        out.extend_from_slice(self.previous.as_slice());
        out.push(self.kind);
        out.extend_from_slice(&self.user_ordinal.to_be_bytes());
        out.extend_from_slice(&self.l1_number.to_be_bytes());
        out.extend_from_slice(&self.l1_time.to_be_bytes());
        out.extend_from_slice(self.body_hash.as_slice());
        out
    }

    /// Reads what [`Self::encode`] wrote; none for other bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (previous, rest) = bytes.split_first_chunk::<32>()?;
        let (&kind, rest) = rest.split_first()?;
        let (user_ordinal, rest) = rest.split_first_chunk::<8>()?;
        let (l1_number, rest) = rest.split_first_chunk::<8>()?;
        let (l1_time, rest) = rest.split_first_chunk::<8>()?;
        let body_hash: [u8; 32] = rest.try_into().ok()?;
        Some(Self {
            previous: previous.into(),
            kind,
            user_ordinal: u64::from_be_bytes(*user_ordinal),
            l1_number: u64::from_be_bytes(*l1_number),
            l1_time: u64::from_be_bytes(*l1_time),
            body_hash: body_hash.into(),
        })
    }

    /// `depositAcc[i]`.
    #[must_use]
    pub fn accumulator(&self) -> B256 {
        keccak256(self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_encodes_to_161_bytes_in_order() {
        let header = BatchHeader {
            kind: BatchKind::Calldata,
            payload_hash: B256::repeat_byte(2),
            deposit_count: 3,
            deposit_acc: B256::repeat_byte(4),
            l1_number: 5,
            l1_time: 6,
            l1_base_fee: U256::from(7),
            l1_blob_base_fee: U256::from(8),
            batch_index: 9,
        };
        let bytes = header.encode();
        assert_eq!(bytes.len(), 161);
        assert_eq!((bytes[0], bytes[1], bytes[40], bytes[41], bytes[80], bytes[88]), (1, 2, 3, 4, 5, 6));
        assert_eq!((bytes[120], bytes[152], bytes[160]), (7, 8, 9));
        assert_ne!(header.accumulate(B256::ZERO), header.accumulate(B256::repeat_byte(1)));
        assert_eq!(BatchHeader::decode(&bytes), Some(header));
        assert_eq!(BatchHeader::decode(&bytes[..160]), None);
    }

    #[test]
    fn a_link_of_the_message_accumulator_survives_the_round_trip() {
        let link = MessageLink {
            previous: B256::repeat_byte(1),
            kind: 1,
            user_ordinal: 2,
            l1_number: 3,
            l1_time: 4,
            body_hash: B256::repeat_byte(5),
        };
        let bytes = link.encode();
        assert_eq!(bytes.len(), 89);
        assert_eq!(MessageLink::decode(&bytes), Some(link));
        assert_eq!(MessageLink::decode(&bytes[..88]), None);
    }
}
