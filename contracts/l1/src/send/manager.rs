//! The transaction manager: starting, and what is done before a transaction is sent.

use super::{
    SendError,
    fees::{Market, SendPolicy},
    transaction::{Prepared, TxRequest},
};
use crate::{Background, L1Client, L1Error, SecretKey};
use alloy::{
    eips::{BlockId, eip7594::BlobTransactionSidecarVariant},
    primitives::{Address, U256},
    rpc::types::{TransactionInput, TransactionReceipt, TransactionRequest},
};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// EIP-7825: the most gas of one transaction.
pub const MAX_TRANSACTION_GAS: u64 = 1 << 24;

/// Sends the transactions of one key, one after another or several at once ([`Self::send_all`]).
#[derive(Debug)]
pub struct TransactionManager {
    pub(super) client: L1Client,
    pub(super) key: SecretKey,
    pub(super) policy: SendPolicy,
    pub(super) chain_id: u64,
    pub(super) started: Instant,
    pub(super) background: Background,
}

impl TransactionManager {
    /// Takes the key over: transactions that an earlier run left pending are awaited, and replaced by nothing if they are not
    /// mined in time. Read the contracts' state after this, not before.
    ///
    /// # Errors
    /// If L1 cannot be reached or what is pending can be neither mined nor replaced.
    pub async fn start(client: L1Client, key: SecretKey, policy: SendPolicy) -> Result<Self, SendError> {
        let chain_id = client.chain_id().await?;
        let manager = Self { client, key, policy, chain_id, started: Instant::now(), background: Background::default() };
        manager.settle().await?;
        Ok(manager)
    }

    /// Address of the key.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.key.address()
    }

    /// The thread on which blobs are proved: what else is heavy and not urgent goes there, too, so that no two such things run at a time.
    #[must_use]
    pub const fn background(&self) -> &Background {
        &self.background
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
        // One request has one answer.
        self.send_all(vec![request], cancel).await.pop().unwrap_or(Err(SendError::Cancelled))
    }

    /// Checks that it can be paid beside `reserved` wei for others, and that it would not revert.
    pub(super) async fn prepare(&self, request: &TxRequest, nonce: u64, reserved: U256, market: &Market) -> Result<Prepared, SendError> {
        let sidecar = self.sidecar_of(request).await?;
        self.check_balance(reserved.saturating_add(request.value)).await?;
        let gas_limit = match request.gas_limit {
            Some(gas) => gas,
            None => self.estimate(request, sidecar.as_ref()).await?,
        };
        let prepared = Prepared { request: request.clone(), chain_id: self.chain_id, nonce, gas_limit, sidecar };
        self.check_balance(reserved.saturating_add(prepared.cost(&self.policy.quote(market)))).await?;
        Ok(prepared)
    }

    async fn sidecar_of(&self, request: &TxRequest) -> Result<Option<BlobTransactionSidecarVariant>, SendError> {
        match &request.proved {
            Some(proved) => Ok(Some(proved.sidecar())),
            None if request.blobs.is_empty() => Ok(None),
            None => Ok(Some(self.prove(request.blobs.clone()).await?.sidecar())),
        }
    }

    /// A quarter above what the node estimates, since the state may change until it is mined.
    async fn estimate(&self, request: &TxRequest, sidecar: Option<&BlobTransactionSidecarVariant>) -> Result<u64, SendError> {
        let call = self.simulated(request, sidecar).await?;
        let gas: U256 =
            self.client.simulate("eth_estimateGas", request.to, (call, BlockId::latest())).await.map_err(|error| match error {
                L1Error::Reverted { to, reason } => SendError::WouldRevert { to, reason },
                other => other.into(),
            })?;
        let gas = u64::try_from(gas).unwrap_or(MAX_TRANSACTION_GAS);
        Ok(gas.saturating_add(gas / 4).min(MAX_TRANSACTION_GAS.max(gas)))
    }

    /// The call as a simulation takes it: with the hashes of the blobs, since the contract reads them.
    pub(super) async fn simulated(
        &self,
        request: &TxRequest,
        sidecar: Option<&BlobTransactionSidecarVariant>,
    ) -> Result<TransactionRequest, L1Error> {
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

    async fn check_balance(&self, need: U256) -> Result<(), SendError> {
        let have = self.client.balance(self.address()).await?;
        if have < need { Err(SendError::Funds { account: self.address(), have, need }) } else { Ok(()) }
    }

    /// Time until nodes have seen enough of a transaction to expect it mined.
    pub(super) fn patience(&self) -> Duration {
        self.policy.bump_after
    }
}
