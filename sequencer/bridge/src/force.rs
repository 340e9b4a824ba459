//! Forced inclusion: deposits that the sequencer leaves out.

use crate::{Bridge, BridgeError, L1Sender, Patience, Sent, deposit::USER};
use alloy::{
    primitives::{B256, U256, keccak256},
    rpc::types::{Filter, Log},
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::{
    Inbox,
    inbox::Inbox::{MessageEnqueued, MessageLink},
};
use gainsay_l1::SendError;
use gainsay_types::MAX_MESSAGES_PER_BATCH;
use serde::Serialize;

/// How often forcing is planned anew because somebody else was faster.
const TRIES: u32 = 3;

/// A forced batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forced {
    /// The last message that it consumes.
    pub message: u64,
    /// The transaction.
    pub l1: Sent,
}

impl L1Sender {
    /// Forces in all deposits that have waited long enough.
    ///
    /// # Errors
    /// When there are none, and when L1 refuses.
    pub async fn force_include(&mut self) -> Result<Forced, BridgeError> {
        let inbox = self.bridge().network().contracts.inbox;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let plan = self.bridge().plan().await?;
            let call = Inbox::forceIncludeCall {
                depositCount: plan.last.0,
                last: plan.last.1,
                firstUserIndex: plan.first_user.0,
                firstUser: plan.first_user.1,
            };
            match self.send(inbox, U256::ZERO, call.abi_encode()).await {
                Ok(receipt) => return Ok(Forced { message: plan.last.0, l1: Sent::of(&receipt) }),
                // Perhaps a batch consumed them, or an L1 reorganisation moved them, in the meantime.
                Err(BridgeError::Send(SendError::WouldRevert { .. } | SendError::Reverted { .. })) if tries > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until the oldest deposit has waited long enough, and forces it in.
    ///
    /// # Errors
    /// [`BridgeError::NothingWaits`] once the sequencer has included it; [`BridgeError::TooEarly`] when the time is over.
    pub async fn force_include_when_ripe(&mut self, patience: Patience) -> Result<Forced, BridgeError> {
        let mut left = 0;
        let ripe = async || match self.force_include().await {
            Err(BridgeError::TooEarly { seconds }) => {
                left = seconds;
                Ok(None)
            }
            other => other.map(Some),
        };
        patience.until(ripe).await?.ok_or(BridgeError::TooEarly { seconds: left })
    }
}

impl Bridge {
    async fn plan(&self) -> Result<Plan, BridgeError> {
        let inbox = self.network().contracts.inbox;
        let consumed = self.read(inbox, Inbox::consumedCountCall {}).await?;
        let delay = self.read(inbox, Inbox::currentDelayCall {}).await?;
        let waiting = self.waiting(consumed).await?;
        plan(&waiting, consumed, delay, self.now().await?)
    }

    /// The messages after `consumed`, up to the first user deposit and at least as many as one batch may consume.
    async fn waiting(&self, consumed: u64) -> Result<Vec<(u64, MessageLink)>, BridgeError> {
        let count = self.read(self.network().contracts.inbox, Inbox::messageCountCall {}).await?;
        let mut waiting = Vec::new();
        let mut next = consumed + 1;
        while next <= count {
            let last = count.min(next + MAX_MESSAGES_PER_BATCH - 1);
            waiting.extend(self.messages(next, last).await?);
            next = last + 1;
            if waiting.iter().any(|(_, link)| link.kind == USER) {
                break;
            }
        }
        Ok(waiting)
    }

    async fn messages(&self, first: u64, last: u64) -> Result<Vec<(u64, MessageLink)>, BridgeError> {
        let topics: Vec<B256> = (first..=last).map(|index| B256::from(U256::from(index))).collect();
        let filter = Filter::new().address(self.network().contracts.inbox).event_signature(MessageEnqueued::SIGNATURE_HASH).topic1(topics);
        let found: Vec<_> = self.logs(&filter).await?.iter().filter_map(read_link).collect();
        for (index, found) in (first..=last).zip(found.iter().map(Some).chain(std::iter::repeat(None))) {
            if found.is_none_or(|(position, _)| *position != index) {
                return Err(BridgeError::NoLog { index });
            }
        }
        Ok(found)
    }
}

fn read_link(log: &Log) -> Option<(u64, MessageLink)> {
    let event = MessageEnqueued::decode_log(&log.inner).ok()?.data;
    let link = MessageLink {
        kind: event.kind,
        userOrdinal: event.userOrdinal,
        l1Number: log.block_number?,
        l1Time: event.l1Time,
        bodyHash: keccak256(&event.body),
    };
    Some((event.index, link))
}

/// What a forced batch consumes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    last: (u64, MessageLink),
    first_user: (u64, MessageLink),
}

/// The last user deposit within reach that has waited long enough; where the first one is out of reach, as many messages as one batch takes.
fn plan(waiting: &[(u64, MessageLink)], consumed: u64, delay: u64, now: u64) -> Result<Plan, BridgeError> {
    let first_user = waiting.iter().find(|(_, link)| link.kind == USER).ok_or(BridgeError::NothingWaits)?;
    let ripe = |link: &MessageLink| link.l1Time.saturating_add(delay) <= now;
    if !ripe(&first_user.1) {
        return Err(BridgeError::TooEarly { seconds: first_user.1.l1Time.saturating_add(delay).saturating_sub(now) });
    }
    let reach = consumed.saturating_add(MAX_MESSAGES_PER_BATCH);
    let in_reach = |wanted: &dyn Fn(&MessageLink) -> bool| waiting.iter().rev().find(|(index, link)| *index <= reach && wanted(link));
    let last = in_reach(&|link| link.kind == USER && ripe(link)).or_else(|| in_reach(&|_| true));
    let last = last.ok_or(BridgeError::NothingWaits)?;
    Ok(Plan { last: last.clone(), first_user: first_user.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(index: u64, kind: u8, l1_time: u64) -> (u64, MessageLink) {
        (index, MessageLink { kind, userOrdinal: 0, l1Number: l1_time, l1Time: l1_time, bodyHash: B256::ZERO })
    }

    fn forced(waiting: &[(u64, MessageLink)], consumed: u64, now: u64) -> Result<(u64, u64), String> {
        plan(waiting, consumed, 30, now).map(|plan| (plan.last.0, plan.first_user.0)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_last_deposit_that_has_waited_ends_the_forced_batch() {
        let waiting = [message(4, 1, 90), message(5, 0, 100), message(6, 1, 105), message(7, 0, 110), message(8, 0, 111)];
        assert_eq!(forced(&waiting, 3, 140), Ok((7, 5)));
        assert_eq!(forced(&waiting, 3, 141), Ok((8, 5)));
    }

    #[test]
    fn without_a_deposit_that_has_waited_nothing_is_forced() {
        assert!(forced(&[message(5, 0, 100)], 4, 129).is_err_and(|error| error.contains("1 s")));
        assert!(forced(&[message(5, 1, 100)], 4, 500).is_err());
        assert!(forced(&[], 4, 500).is_err());
    }

    #[test]
    fn a_deposit_out_of_reach_is_brought_nearer() {
        let mut waiting: Vec<_> = (1..=600).map(|index| message(index, 1, index)).collect();
        waiting.push(message(601, 0, 601));
        assert_eq!(forced(&waiting, 0, 1_000), Ok((512, 601)));
        assert_eq!(forced(&waiting, 512, 1_000), Ok((601, 601)));
    }
}
