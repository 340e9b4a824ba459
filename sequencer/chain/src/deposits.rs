//! Messages for the sequencer's next block.

use crate::{Chain, ChainError};
use gainsay_types::Message;

impl Chain {
    /// The messages that the next block on the tip consumes first, in order: at most `max`, from L1 blocks up to `l1_number`, which is the L1 head less
    /// the confirmation depth.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_deposits(&self, l1_number: u64, max: usize) -> Result<Vec<Message>, ChainError> {
        let consumed = self.deposit_index()?;
        let mut messages = Vec::new();
        for index in consumed + 1..=self.heads().messages {
            let Some(record) = self.store().message(index)? else { break };
            if messages.len() == max || record.message.l1_number > l1_number {
                break;
            }
            messages.push(record.message);
        }
        Ok(messages)
    }

    /// Messages consumed up to and including the tip.
    ///
    /// # Errors
    /// When the store fails.
    pub fn deposit_index(&self) -> Result<u64, ChainError> {
        Ok(self.header(self.heads().latest.number)?.deposit_index)
    }

    /// Messages `from..=to`, from 1; none if one of them is not archived.
    pub(crate) fn messages(&self, from: u64, to: u64) -> Result<Option<Vec<Message>>, ChainError> {
        if to > self.heads().messages {
            return Ok(None);
        }
        let records = (from..=to).map(|index| self.store().message(index)).collect::<Result<Option<Vec<_>>, _>>()?;
        Ok(records.map(|records| records.into_iter().map(|record| record.message).collect()))
    }
}
