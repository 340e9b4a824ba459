//! Which block comes next, without executing it.

use crate::{Ignored, Inbox, OpenBatch};
use alloc::vec::Vec;
use gainsay_types::{ChainConfig, Message, Millis, State, batch::BatchBlock};

/// A block may be this much later than the L1 block of its batch, seconds.
pub const MAX_AHEAD: u64 = 600;
/// A block that is further behind the L1 block of its batch than this is moved forward, seconds.
pub const MAX_BEHIND: u64 = 24 * 3600;

/// The next payload block and its time. `Ok(None)` if none is left; the reason if it and the rest are ignored.
pub(crate) fn payload_block<'a>(
    config: &ChainConfig,
    state: &State,
    batch: &'a OpenBatch,
    parent: Millis,
) -> Result<Option<(&'a BatchBlock, Millis)>, Ignored> {
    // The closing mark is beyond every block.
    let left = usize::try_from(state.batch_offset).ok().and_then(|offset| batch.blocks.get(offset..)).unwrap_or_default();
    let Some(block) = left.first() else { return Ok(None) };
    let available = batch.header.deposit_count.saturating_sub(state.deposit_index);
    let named = left.iter().fold(0u64, |sum, block| sum.saturating_add(block.deposits));
    if named > available {
        return Err(Ignored::Messages { block: state.batch_offset, named, available });
    }
    let timestamp = payload_time(config, batch, block, parent);
    let latest = Millis::from_secs(batch.header.l1_time.saturating_add(MAX_AHEAD));
    if timestamp > latest {
        return Err(Ignored::Time { block: state.batch_offset, timestamp, latest });
    }
    Ok(Some((block, timestamp)))
}

/// Block time and delay after the parent, but not more than [`MAX_BEHIND`] before the batch.
fn payload_time(config: &ChainConfig, batch: &OpenBatch, block: &BatchBlock, parent: Millis) -> Millis {
    let encoded = parent.plus(config.block_time_ms).plus(block.delay_ms);
    encoded.max(Millis::from_secs(batch.header.l1_time.saturating_sub(MAX_BEHIND)))
}

/// Time of a closing block.
pub(crate) fn closing_time(batch: &OpenBatch, parent: Millis) -> Millis {
    parent.max(Millis::from_secs(batch.header.l1_time))
}

/// As many of the messages left as fit the block gas limit, in order; at least one.
pub(crate) fn closing_messages<I: Inbox>(
    config: &ChainConfig,
    state: &State,
    batch: &OpenBatch,
    inbox: &I,
) -> Result<Vec<Message>, I::Error> {
    let mut messages = Vec::new();
    let mut gas = 0u64;
    for index in state.deposit_index.saturating_add(1)..=batch.header.deposit_count {
        let message = inbox.message(index)?;
        gas = gas.saturating_add(message.gas_limit());
        if gas > config.block_gas_limit && !messages.is_empty() {
            break;
        }
        messages.push(message);
    }
    Ok(messages)
}
