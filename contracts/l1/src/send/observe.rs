//! What the transaction manager reads from L1.

use super::{
    core::{Attempt, Observation},
    fees::Market,
    transaction::SidecarFormat,
};
use crate::{BlockRef, L1Client, L1Error};
use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, address, hex},
    rpc::types::{FeeHistory, TransactionReceipt},
};
use std::time::Duration;

/// Blocks whose tips are looked at.
const FEE_BLOCKS: u64 = 5;
/// EIP-7951, a precompile since Osaka.
const P256_VERIFY: Address = address!("0000000000000000000000000000000000000100");
/// A valid signature: message hash, r, s, and the public key's x and y.
const P256_VALID: [u8; 160] = hex!(
    "ce63c4d57098fa045c1a59470ba19df7ad30312d0e7486489ff4d0d3a3989827"
    "96996a213610b8279d74a35d1dd5aeefea6a77c02b61b0d5725677e6cd3beaa3"
    "e5e176232ababeb77e129e8694879e37a54f42b186fe534c5f4eb76870c1b210"
    "8172d8268dba760aa183ab4c31df0ef4fdafbaaf01cdb504c21645267129e811"
    "b655cc47c737148aeef550ea57fa35e308d3f341df646e4bd36deeaebff9faa0"
);

/// What L1 looks like for one transaction, and its receipt.
pub(super) type Seen = (Observation, Option<TransactionReceipt>);

impl L1Client {
    /// Prices for the next block.
    ///
    /// # Errors
    /// If the node cannot be reached or has no fee history.
    pub async fn market(&self) -> Result<super::Market, L1Error> {
        let history: FeeHistory = self.request("eth_feeHistory", (format!("{FEE_BLOCKS:#x}"), "latest", [50.0])).await?;
        let base_fee = *history.base_fee_per_gas.last().ok_or_else(|| L1Error::Malformed {
            url: self.url().to_owned(),
            method: "eth_feeHistory",
            reason: "no base fee".to_owned(),
        })?;
        let mut tips: Vec<u128> =
            history.reward.iter().flatten().filter_map(|block| block.first().copied()).filter(|tip| *tip > 0).collect();
        tips.sort_unstable();
        let tip = tips.get(tips.len() / 2).copied().unwrap_or_default();
        Ok(Market { base_fee, tip, blob_base_fee: history.base_fee_per_blob_gas.last().copied().unwrap_or_default() })
    }

    /// Cell proofs since Osaka, which is told by what came with it: nodes take no other kind from then on.
    pub(super) async fn sidecar_format(&self) -> Result<SidecarFormat, L1Error> {
        let output = self.call(P256_VERIFY, Bytes::from_static(&P256_VALID), BlockId::latest()).await?;
        Ok(if output.is_empty() { SidecarFormat::Eip4844 } else { SidecarFormat::Eip7594 })
    }

    /// What L1 looks like, for what is not sent yet, and for each of these transactions of `account`, given by nonce and attempts, with the receipt
    /// if one of its attempts is mined.
    pub(super) async fn observe(
        &self,
        account: Address,
        sent: &[(u64, &[Attempt])],
        now: Duration,
    ) -> Result<(Observation, Vec<Seen>), L1Error> {
        // Before the receipts: a block that arrives in between must not look like a nonce that another took.
        let mined_nonce = self.nonce(account, BlockId::latest()).await?;
        let mut found = Vec::with_capacity(sent.len());
        for (nonce, attempts) in sent {
            found.push(match attempts.last() {
                Some(_) if mined_nonce > *nonce => (true, self.mined(attempts).await?),
                Some(newest) => (self.knows(newest).await?, None),
                None => (true, None),
            });
        }
        // After the receipts: their blocks must not look deeper than they are.
        let head = self.block(BlockRef::Latest).await?.number;
        let general = Observation { now, head, mined_nonce, mined: None, known: true, market: self.market().await? };
        let seen = |(known, receipt): (bool, Option<TransactionReceipt>)| {
            let mined = receipt.as_ref().and_then(|receipt| Some((receipt.transaction_hash, receipt.block_number?)));
            (Observation { mined, known, ..general }, receipt)
        };
        Ok((general, found.into_iter().map(seen).collect()))
    }

    /// The receipt of the attempt that is mined, if one is.
    async fn mined(&self, attempts: &[Attempt]) -> Result<Option<TransactionReceipt>, L1Error> {
        for attempt in attempts.iter().rev() {
            if let Some(receipt) = self.receipt(attempt.hash).await? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    /// Whether the node has a transaction, pending or mined.
    pub(super) async fn knows(&self, attempt: &Attempt) -> Result<bool, L1Error> {
        let found: Option<serde_json::Value> = self.request("eth_getTransactionByHash", (attempt.hash,)).await?;
        Ok(found.is_some())
    }
}
