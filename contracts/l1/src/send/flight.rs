//! One transaction on its way: doing what its core says.

use super::{
    SendError,
    core::{Action, Attempt, Observation, Purpose, Sending},
    fees::{Fees, SendPolicy},
    manager::TransactionManager,
    transaction::{Prepared, Signed},
};
use crate::L1Error;
use alloy::{
    consensus::Transaction as _,
    eips::BlockId,
    primitives::{B256, Bytes, U256},
    rpc::types::{Transaction, TransactionReceipt},
};
use std::time::Duration;
use tracing::{debug, info, warn};

/// One transaction on its way, and what was last handed to L1.
pub(super) struct Flight {
    /// Its place among the requests.
    pub(super) place: usize,
    pub(super) core: Sending,
    pub(super) prepared: Prepared,
    newest: Option<Signed>,
    /// The node's last words on why it takes nothing.
    refusal: String,
    /// Since when the node, which has forgotten it, refuses to take it again.
    spurned_since: Option<Duration>,
    /// It was given up for what comes after it: its nonce is only filled.
    given_up: bool,
}

/// A node may refuse a transaction only until its price is raised: it counts as refused for good after so many times the patience.
const HOPELESS_AFTER: u32 = 3;

/// What became of a transaction: its receipt, and for what it was mined.
pub(super) type Fate = Result<TransactionReceipt, SendError>;

impl Flight {
    pub(super) const fn new(place: usize, policy: SendPolicy, prepared: Prepared) -> Self {
        let core = Sending::new(policy, prepared.sidecar.is_some(), prepared.nonce);
        Self { place, core, prepared, newest: None, refusal: String::new(), spurned_since: None, given_up: false }
    }

    /// Whether L1 may have it.
    pub(super) fn is_published(&self) -> bool {
        !self.core.attempts().is_empty()
    }

    /// Most that it can cost at what it offers now, wei.
    pub(super) fn cost(&self) -> U256 {
        self.core.attempts().last().map_or(U256::ZERO, |attempt| self.prepared.cost(&attempt.fees))
    }

    /// Whether the node has forgotten it and refuses it at whatever price was offered since.
    pub(super) fn is_hopeless(&self, now: Duration, policy: &SendPolicy) -> bool {
        self.spurned_since.is_some_and(|since| now.saturating_sub(since) >= policy.bump_after.saturating_mul(HOPELESS_AFTER))
    }

    /// Uses its nonce for nothing, so that what comes after it can be mined.
    pub(super) fn give_up(&mut self) {
        if !self.given_up {
            warn!(nonce = self.prepared.nonce, reason = %self.refusal, "L1 refuses a transaction for good; its nonce is filled");
        }
        self.given_up = true;
        self.core.cancel();
    }
}

impl TransactionManager {
    /// What follows from one look at L1. None while the fate is open; a transaction of which L1 may have something has none until it is mined
    /// or its nonce is used otherwise.
    pub(super) async fn advance(&self, flight: &mut Flight, seen: &Observation, receipt: Option<TransactionReceipt>) -> Option<Fate> {
        match flight.core.next(seen) {
            Action::Publish { fees, purpose } => match self.publish(flight, fees, purpose).await {
                Ok(()) => None,
                Err(error) if flight.is_published() => {
                    warn!(%error, nonce = flight.prepared.nonce, "a transaction cannot be sent again at another price");
                    None
                }
                Err(error) => Some(Err(error)),
            },
            Action::Rebroadcast => {
                self.rebroadcast(flight).await;
                None
            }
            Action::Wait => None,
            Action::Done(attempt) => Some(self.finish(flight, attempt, receipt).await),
            Action::NonceTaken => Some(Err(SendError::NonceTaken { account: self.address(), nonce: flight.prepared.nonce })),
            Action::Cancelled => Some(Err(SendError::Cancelled)),
            Action::GiveUp => Some(Err(flight.refused())),
        }
    }

    async fn publish(&self, flight: &mut Flight, fees: Fees, purpose: Purpose) -> Result<(), SendError> {
        let signed = flight.prepared.sign(&self.key, &fees, purpose).await?;
        let attempt = Attempt { hash: signed.hash, fees, purpose };
        match self.broadcast(&signed).await {
            Ok(()) => {}
            // A node that has it already refuses it, too.
            Err(L1Error::Refused { message, .. }) if !self.client.knows(&attempt).await? => {
                warn!(nonce = flight.prepared.nonce, reason = %message, "L1 refused a transaction");
                flight.refusal = message;
                flight.core.refused(fees, self.started.elapsed());
                return Ok(());
            }
            Err(L1Error::Refused { .. }) => {}
            // It may have arrived all the same: it counts as sent, and is sent again if it did not.
            Err(error) => warn!(%error, "L1 did not answer to a transaction"),
        }
        info!(hash = %attempt.hash, nonce = flight.prepared.nonce, max_fee = fees.max_fee, tip = fees.tip, ?purpose, "sent to L1");
        flight.core.published(attempt, self.started.elapsed());
        (flight.newest, flight.spurned_since) = (Some(signed), None);
        Ok(())
    }

    async fn rebroadcast(&self, flight: &mut Flight) {
        let Some(signed) = &flight.newest else { return };
        match self.broadcast(signed).await {
            Ok(()) => {
                flight.spurned_since = None;
                debug!(hash = %signed.hash, "handed to L1 again");
            }
            Err(error) => {
                warn!(hash = %signed.hash, %error, "L1 does not take a transaction again");
                if let L1Error::Refused { message, .. } = error {
                    flight.spurned_since.get_or_insert(self.started.elapsed());
                    flight.refusal = message;
                }
            }
        }
    }

    pub(super) async fn broadcast(&self, signed: &Signed) -> Result<(), L1Error> {
        self.client.request::<_, B256>("eth_sendRawTransaction", (signed.raw.clone(),)).await.map(drop)
    }

    async fn finish(&self, flight: &mut Flight, attempt: Attempt, receipt: Option<TransactionReceipt>) -> Fate {
        match (attempt.purpose, receipt) {
            (Purpose::Cancel, _) if flight.given_up => Err(flight.refused()),
            (Purpose::Cancel, _) | (_, None) => Err(SendError::Cancelled),
            (Purpose::Call, Some(receipt)) if receipt.status() => Ok(receipt),
            (Purpose::Call, Some(receipt)) => {
                let block = receipt.block_number.unwrap_or_default();
                let reason = self.why_reverted(&flight.prepared, &receipt, block).await;
                Err(SendError::Reverted { hash: attempt.hash, to: flight.prepared.request.to, block, reason })
            }
        }
    }

    /// Repeats the call on the block before, which names the error unless it came from the same block.
    async fn why_reverted(&self, prepared: &Prepared, receipt: &TransactionReceipt, block: u64) -> String {
        let (to, before) = (prepared.request.to, BlockId::number(block.saturating_sub(1)));
        let replayed: Result<Bytes, L1Error> = match self.simulated(&prepared.request, prepared.sidecar.as_ref()).await {
            Ok(call) => self.client.simulate("eth_call", to, (call, before)).await,
            Err(error) => Err(error),
        };
        let limit: Result<Option<Transaction>, _> = self.client.request("eth_getTransactionByHash", (receipt.transaction_hash,)).await;
        match (replayed, limit) {
            (Err(L1Error::Reverted { reason, .. }), _) => reason,
            (_, Ok(Some(transaction))) if transaction.gas_limit() == receipt.gas_used => "it ran out of gas".to_owned(),
            _ => "it would have succeeded on the block before".to_owned(),
        }
    }
}

impl Flight {
    fn refused(&mut self) -> SendError {
        SendError::Refused { to: self.prepared.request.to, reason: std::mem::take(&mut self.refusal) }
    }
}
