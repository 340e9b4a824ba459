//! The shell around [`Sending`].

use super::{
    SendError,
    core::{Action, Attempt, Purpose, Sending},
    fees::{Fees, SendPolicy},
    transaction::{Prepared, Signed, TxRequest, sidecar},
};
use crate::{L1Client, L1Error, Recovery, SecretKey};
use alloy::{
    consensus::Transaction as _,
    eips::{BlockId, eip4844::DATA_GAS_PER_BLOB, eip7594::BlobTransactionSidecarVariant},
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{Transaction, TransactionInput, TransactionReceipt, TransactionRequest},
};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// EIP-7825: the most gas of one transaction.
const MAX_GAS: u64 = 1 << 24;

/// Sends the transactions of one key, one after another.
#[derive(Debug)]
pub struct TransactionManager {
    pub(super) client: L1Client,
    pub(super) key: SecretKey,
    pub(super) policy: SendPolicy,
    pub(super) chain_id: u64,
    pub(super) started: Instant,
}

/// One transaction on its way, and what was last handed to L1.
struct Flight {
    core: Sending,
    prepared: Prepared,
    newest: Option<Signed>,
    refusal: String,
}

impl TransactionManager {
    /// Takes the key over: transactions that an earlier run left pending are awaited, and replaced by nothing if they are not
    /// mined in time. Read the contracts' state after this, not before.
    ///
    /// # Errors
    /// If L1 cannot be reached or what is pending can be neither mined nor replaced.
    pub async fn start(client: L1Client, key: SecretKey, policy: SendPolicy) -> Result<Self, SendError> {
        let chain_id = client.chain_id().await?;
        let manager = Self { client, key, policy, chain_id, started: Instant::now() };
        manager.settle().await?;
        Ok(manager)
    }

    /// Address of the key.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.key.address()
    }

    /// Sends and waits until it is mined and confirmed. Dropping the future leaves the transaction pending; the next one waits for
    /// it.
    ///
    /// # Errors
    /// If it has no effect: refused, reverted, or its nonce taken.
    pub async fn send(&mut self, request: TxRequest) -> Result<TransactionReceipt, SendError> {
        self.send_until(request, &CancellationToken::new()).await
    }

    /// Like [`Self::send`]; once `cancel` fires, the transaction is replaced by one that does nothing. It may be too late for
    /// that: then this still gives the receipt.
    ///
    /// # Errors
    /// [`SendError::Cancelled`] once it is certain that it has no effect; else as [`Self::send`].
    pub async fn send_until(&mut self, request: TxRequest, cancel: &CancellationToken) -> Result<TransactionReceipt, SendError> {
        self.settle().await?;
        let prepared = self.prepare(request).await?;
        let core = Sending::new(self.policy, prepared.sidecar.is_some(), prepared.nonce);
        self.fly(Flight { core, prepared, newest: None, refusal: String::new() }, cancel).await
    }

    async fn prepare(&self, request: TxRequest) -> Result<Prepared, SendError> {
        let sidecar = self.prove(&request.blobs).await?;
        self.check_balance(request.value).await?;
        let gas_limit = match request.gas_limit {
            Some(gas) => gas,
            None => self.estimate(&request, sidecar.as_ref()).await?,
        };
        let nonce = self.client.nonce(self.address(), BlockId::latest()).await?;
        Ok(Prepared { request, chain_id: self.chain_id, nonce, gas_limit, sidecar })
    }

    async fn prove(&self, blobs: &[Bytes]) -> Result<Option<BlobTransactionSidecarVariant>, SendError> {
        if blobs.is_empty() {
            return Ok(None);
        }
        let format = self.client.sidecar_format().await?;
        let blobs = blobs.to_vec();
        let proved = tokio::task::spawn_blocking(move || sidecar(&blobs, format)).await;
        // Fails only when the runtime shuts down.
        proved.map_err(|_| SendError::Cancelled)?.map(Some)
    }

    /// A quarter above what the node estimates, since the state may change until it is mined.
    async fn estimate(&self, request: &TxRequest, sidecar: Option<&BlobTransactionSidecarVariant>) -> Result<u64, SendError> {
        let call = self.simulated(request, sidecar).await?;
        let gas: U256 =
            self.client.simulate("eth_estimateGas", request.to, (call, BlockId::latest())).await.map_err(|error| match error {
                L1Error::Reverted { to, reason } => SendError::WouldRevert { to, reason },
                other => other.into(),
            })?;
        let gas = u64::try_from(gas).unwrap_or(MAX_GAS);
        Ok(gas.saturating_add(gas / 4).min(MAX_GAS.max(gas)))
    }

    /// The call as a simulation takes it: with the hashes of the blobs, since the contract reads them.
    async fn simulated(&self, request: &TxRequest, sidecar: Option<&BlobTransactionSidecarVariant>) -> Result<TransactionRequest, L1Error> {
        let mut call = TransactionRequest::default()
            .from(self.address())
            .to(request.to)
            .value(request.value)
            .input(TransactionInput::both(request.input.clone()));
        if let Some(sidecar) = sidecar {
            call.blob_versioned_hashes = Some(sidecar.versioned_hashes().collect());
            call.max_fee_per_blob_gas = Some(self.policy.quote(&self.client.market().await?).blob_fee);
        }
        Ok(call)
    }

    /// Advance the core, do what it says, wait. Once something was handed to L1 this ends only with the fate of it known: an L1 that
    /// cannot be reached is waited for.
    async fn fly(&self, mut flight: Flight, cancel: &CancellationToken) -> Result<TransactionReceipt, SendError> {
        loop {
            if cancel.is_cancelled() {
                flight.core.cancel();
            }
            match self.advance(&mut flight).await {
                Ok(Some(receipt)) => return Ok(receipt),
                Ok(None) => {}
                Err(SendError::L1(error)) if error.recovery() == Recovery::Retry && !flight.core.attempts().is_empty() => {
                    warn!(%error, nonce = flight.prepared.nonce, "L1 does not say what became of a transaction");
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = tokio::time::sleep(self.policy.poll) => {}
                () = cancel.cancelled(), if !cancel.is_cancelled() => {}
            }
        }
    }

    /// One look at L1 and what follows from it; the receipt once that is final.
    async fn advance(&self, flight: &mut Flight) -> Result<Option<TransactionReceipt>, SendError> {
        let (seen, receipt) = self.client.observe(self.address(), flight.core.attempts(), self.started.elapsed()).await?;
        match flight.core.next(&seen) {
            Action::Publish { fees, purpose } => self.publish(flight, fees, purpose).await.map(|()| None),
            Action::Rebroadcast => {
                self.rebroadcast(flight).await;
                Ok(None)
            }
            Action::Wait => Ok(None),
            Action::Done(attempt) => self.finish(flight, attempt, receipt).await.map(Some),
            Action::NonceTaken => Err(SendError::NonceTaken { account: self.address(), nonce: flight.prepared.nonce }),
            Action::Cancelled => Err(SendError::Cancelled),
            Action::GiveUp => Err(SendError::Refused { to: flight.prepared.request.to, reason: std::mem::take(&mut flight.refusal) }),
        }
    }

    async fn publish(&self, flight: &mut Flight, fees: Fees, purpose: Purpose) -> Result<(), SendError> {
        if flight.core.attempts().is_empty() {
            self.check_funds(&flight.prepared, &fees).await?;
        }
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
        flight.newest = Some(signed);
        Ok(())
    }

    async fn rebroadcast(&self, flight: &Flight) {
        let Some(signed) = &flight.newest else { return };
        match self.broadcast(signed).await {
            Ok(()) => debug!(hash = %signed.hash, "handed to L1 again"),
            Err(error) => warn!(hash = %signed.hash, %error, "L1 does not take a transaction again"),
        }
    }

    async fn broadcast(&self, signed: &Signed) -> Result<(), L1Error> {
        self.client.request::<_, B256>("eth_sendRawTransaction", (signed.raw.clone(),)).await.map(drop)
    }

    async fn check_funds(&self, prepared: &Prepared, fees: &Fees) -> Result<(), SendError> {
        let blob_gas = u128::from(DATA_GAS_PER_BLOB) * prepared.sidecar.as_ref().map_or(0, |sidecar| sidecar.blobs().len() as u128);
        let gas = U256::from(fees.max_fee) * U256::from(prepared.gas_limit) + U256::from(fees.blob_fee) * U256::from(blob_gas);
        self.check_balance(gas.saturating_add(prepared.request.value)).await
    }

    async fn check_balance(&self, need: U256) -> Result<(), SendError> {
        let have = self.client.balance(self.address()).await?;
        if have < need { Err(SendError::Funds { account: self.address(), have, need }) } else { Ok(()) }
    }

    async fn finish(
        &self,
        flight: &Flight,
        attempt: Attempt,
        receipt: Option<TransactionReceipt>,
    ) -> Result<TransactionReceipt, SendError> {
        match (attempt.purpose, receipt) {
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

    /// Time until nodes have seen enough of a transaction to expect it mined.
    pub(super) fn patience(&self) -> Duration {
        self.policy.bump_after
    }
}
