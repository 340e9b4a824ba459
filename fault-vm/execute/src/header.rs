//! The header of the next block (`docs/protocol.md`, section 3).

use crate::{Fault, next_base_fee};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header, Sealed};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{B256, Bytes};
use gainsay_types::{ChainConfig, Message, MessageBody, Millis, predeploys::SEQUENCER_FEE_VAULT};

/// Fields that every block of the chain shares; roots and gas used are not known yet.
pub(crate) fn blank(config: &ChainConfig, timestamp: Millis) -> Header {
    Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: SEQUENCER_FEE_VAULT,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        gas_limit: config.block_gas_limit,
        timestamp: timestamp.secs(),
        extra_data: Bytes::copy_from_slice(&timestamp.extra_data()),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

/// The header of the block after `parent`, without what only execution gives.
pub(crate) fn next(config: &ChainConfig, parent: &Sealed<Header>, timestamp: Millis, deposits: &[Message]) -> Result<Header, Fault> {
    let base_fee = parent.base_fee_per_gas.ok_or(Fault::Parent("base fee"))?;
    Ok(Header {
        parent_hash: parent.hash(),
        number: parent.number.checked_add(1).ok_or(Fault::Parent("successor"))?,
        mix_hash: randomness(deposits).unwrap_or(parent.mix_hash),
        base_fee_per_gas: Some(next_base_fee(config, parent.gas_used, base_fee)),
        ..blank(config, timestamp)
    })
}

/// Time of a block: seconds and the milliseconds in the extra data.
pub(crate) fn time(header: &Header) -> Result<Millis, Fault> {
    let extra: [u8; 2] = header.extra_data.as_ref().try_into().map_err(|_| Fault::Parent("milliseconds in its extra data"))?;
    Ok(Millis::from_header(header.timestamp, u16::from_be_bytes(extra)))
}

/// L1's randomness in the last attributes message.
fn randomness(deposits: &[Message]) -> Option<B256> {
    deposits.iter().rev().find_map(|message| match &message.body {
        MessageBody::Attributes(attributes) => Some(attributes.prev_randao),
        MessageBody::User(_) => None,
    })
}
