//! What users of the chain send to L1: deposits, and forced inclusion when the sequencer leaves them out.

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U256, keccak256},
    rpc::types::{Filter, Log},
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::{
    Inbox, Portal,
    inbox::Inbox::{MessageEnqueued, MessageLink},
};
use gainsay_l1::{
    BlockRef, L1Client, L1Error, Network, NetworkError, RetryPolicy, SecretKey, SendError, SendPolicy, TransactionManager, TxRequest,
};
use gainsay_types::MAX_MESSAGES_PER_BATCH;
use std::path::Path;

/// Gas of a deposit if none is given: enough for a transfer or a small call.
const DEPOSIT_GAS: u64 = 100_000;
/// Kind of a user deposit.
const USER: u8 = 0;

/// A user's command that had no effect.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The network's description.
    #[error("{source}")]
    Network {
        /// The reason.
        #[from]
        source: NetworkError,
    },
    /// L1.
    #[error("{source}")]
    L1 {
        /// The reason.
        #[from]
        source: L1Error,
    },
    /// The transaction.
    #[error("{source}")]
    Send {
        /// The reason.
        #[from]
        source: SendError,
    },
    /// Nothing to force.
    #[error("no deposit waits: the sequencer has included all of them")]
    NothingWaits,
    /// Too early.
    #[error("the oldest deposit that waits can be forced in {seconds} s of L1 time, not yet")]
    TooEarly {
        /// Seconds left.
        seconds: u64,
    },
    /// L1's logs lack a message that the Inbox counts.
    #[error("L1 does not give the log of message {index}; ask another L1 node")]
    NoLog {
        /// The message.
        index: u64,
    },
}

/// A deposit to send.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// Callee on L2; none creates a contract.
    pub to: Option<Address>,
    /// Wei to bring and to send with the call.
    pub value: U256,
    /// Gas limit on L2; none for a usual one.
    pub gas: Option<u64>,
    /// Calldata or init code.
    pub data: Bytes,
}

/// A sent transaction: its hash and its L1 block.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Transaction hash.
    pub hash: B256,
    /// L1 block.
    pub block: u64,
}

/// A user's connection to L1.
pub struct User {
    network: Network,
    client: L1Client,
    manager: TransactionManager,
}

impl User {
    /// Reads the network and checks L1.
    ///
    /// # Errors
    /// When they do not fit each other.
    pub async fn open(network: &Path, l1_rpc: &str, key: SecretKey) -> Result<Self, UserError> {
        let network = Network::load(&network.join("addresses.json"))?;
        let client = L1Client::new(l1_rpc, RetryPolicy::default())?;
        network.verify_against_l1(&client).await?;
        let manager = TransactionManager::start(client.clone(), key, SendPolicy::devnet()).await?;
        Ok(Self { network, client, manager })
    }

    /// The user's account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.manager.address()
    }

    /// Sends a deposit.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn deposit(&mut self, deposit: Deposit) -> Result<Sent, UserError> {
        let least = 21_000 + 40 * deposit.data.len() as u64;
        let call = Portal::depositTransactionCall {
            to: deposit.to.unwrap_or_default(),
            value: deposit.value,
            gasLimit: deposit.gas.unwrap_or_else(|| DEPOSIT_GAS.max(least)),
            isCreation: deposit.to.is_none(),
            data: deposit.data,
        };
        self.send(self.network.contracts.portal, deposit.value, call.abi_encode()).await
    }

    /// Forces in all deposits that have waited long enough. Returns up to which message.
    ///
    /// # Errors
    /// When there are none, and when L1 refuses.
    pub async fn force_include(&mut self) -> Result<(u64, Sent), UserError> {
        let inbox = self.network.contracts.inbox;
        let consumed = self.client.read(inbox, Inbox::consumedCountCall {}, BlockId::latest()).await?;
        let delay = self.client.read(inbox, Inbox::currentDelayCall {}, BlockId::latest()).await?;
        let now = self.client.block(BlockRef::Latest).await?.timestamp;
        let waiting = self.waiting(consumed).await?;
        let plan = plan(&waiting, consumed, delay, now)?;
        let call = Inbox::forceIncludeCall {
            depositCount: plan.last.0,
            last: plan.last.1,
            firstUserIndex: plan.first_user.0,
            firstUser: plan.first_user.1,
        };
        let sent = self.send(inbox, U256::ZERO, call.abi_encode()).await?;
        Ok((plan.last.0, sent))
    }

    /// The messages after `consumed`, up to the first user deposit and at least as many as one batch may consume.
    async fn waiting(&self, consumed: u64) -> Result<Vec<(u64, MessageLink)>, UserError> {
        let count = self.client.read(self.network.contracts.inbox, Inbox::messageCountCall {}, BlockId::latest()).await?;
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

    async fn messages(&self, first: u64, last: u64) -> Result<Vec<(u64, MessageLink)>, UserError> {
        let topics: Vec<B256> = (first..=last).map(|index| B256::from(U256::from(index))).collect();
        let filter = Filter::new()
            .address(self.network.contracts.inbox)
            .event_signature(MessageEnqueued::SIGNATURE_HASH)
            .topic1(topics)
            .from_block(self.network.deployed_at_block);
        let found: Vec<_> = self.client.logs(&filter).await?.iter().filter_map(read_link).collect();
        for (index, found) in (first..=last).zip(found.iter().map(Some).chain(std::iter::repeat(None))) {
            if found.is_none_or(|(position, _)| *position != index) {
                return Err(UserError::NoLog { index });
            }
        }
        Ok(found)
    }

    async fn send(&mut self, to: Address, value: U256, input: Vec<u8>) -> Result<Sent, UserError> {
        let receipt = self.manager.send(TxRequest { to, input: input.into(), value, ..TxRequest::default() }).await?;
        Ok(Sent { hash: receipt.transaction_hash, block: receipt.block_number.unwrap_or_default() })
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
fn plan(waiting: &[(u64, MessageLink)], consumed: u64, delay: u64, now: u64) -> Result<Plan, UserError> {
    let first_user = waiting.iter().find(|(_, link)| link.kind == USER).ok_or(UserError::NothingWaits)?;
    let ripe = |link: &MessageLink| link.l1Time.saturating_add(delay) <= now;
    if !ripe(&first_user.1) {
        return Err(UserError::TooEarly { seconds: first_user.1.l1Time.saturating_add(delay).saturating_sub(now) });
    }
    let reach = consumed.saturating_add(MAX_MESSAGES_PER_BATCH);
    let in_reach = |wanted: &dyn Fn(&MessageLink) -> bool| waiting.iter().rev().find(|(index, link)| *index <= reach && wanted(link));
    let last = in_reach(&|link| link.kind == USER && ripe(link)).or_else(|| in_reach(&|_| true));
    let last = last.ok_or(UserError::NothingWaits)?;
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
