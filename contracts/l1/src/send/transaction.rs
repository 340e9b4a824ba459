//! Building and signing what goes to L1.

use super::{SendError, core::Purpose, fees::Fees, proved::ProvedBlobs};
use crate::{KeyError, SecretKey};
use alloy::{
    consensus::{
        BlobTransactionSidecar, EnvKzgSettings, SignableTransaction, TxEip1559, TxEip4844, TxEip4844Variant, TxEip4844WithSidecar,
        TxEnvelope,
    },
    eips::{
        eip2718::Encodable2718,
        eip4844::{BYTES_PER_BLOB, Blob, DATA_GAS_PER_BLOB},
        eip7594::{BlobTransactionSidecarEip7594, BlobTransactionSidecarVariant},
    },
    primitives::{Address, B256, Bytes, TxKind, U256},
};
use std::fmt;

/// A transaction to send, without nonce and fees.
#[derive(Clone, Default)]
pub struct TxRequest {
    /// Contract or account.
    pub to: Address,
    /// Calldata.
    pub input: Bytes,
    /// Wei.
    pub value: U256,
    /// Blobs, 131,072 bytes each; with any this is a blob transaction.
    pub blobs: Vec<Bytes>,
    /// Blobs that are proved already; they take the place of [`Self::blobs`].
    pub proved: Option<ProvedBlobs>,
    /// Gas limit; estimated if none is given.
    pub gas_limit: Option<u64>,
}

impl fmt::Debug for TxRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.input.len();
        let blobs = self.proved.as_ref().map_or(self.blobs.len(), ProvedBlobs::count);
        write!(f, "TxRequest({bytes} bytes and {blobs} blobs to {}, value {})", self.to, self.value)
    }
}

/// How blobs are proved to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SidecarFormat {
    /// One proof a blob, before Osaka.
    Eip4844,
    /// Cell proofs, since Osaka.
    Eip7594,
}

/// A request that is ready to be signed at any price.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) request: TxRequest,
    pub(super) chain_id: u64,
    pub(super) nonce: u64,
    pub(super) gas_limit: u64,
    pub(super) sidecar: Option<BlobTransactionSidecarVariant>,
}

/// Proofs for blobs. Takes tens of milliseconds a blob, more for cell proofs: call it in the background.
pub(super) fn sidecar(blobs: &[Bytes], format: SidecarFormat) -> Result<BlobTransactionSidecarVariant, SendError> {
    let malformed = |reason: String| SendError::Blob { reason };
    let sized = |bytes: &Bytes| Blob::try_from(bytes.as_ref()).map_err(|_| malformed(format!("it has {} bytes", bytes.len())));
    let blobs = blobs.iter().map(sized).collect::<Result<Vec<_>, _>>()?;
    let settings = EnvKzgSettings::Default.get();
    match format {
        SidecarFormat::Eip4844 => BlobTransactionSidecar::try_from_blobs_with_settings(blobs, settings).map(Into::into),
        SidecarFormat::Eip7594 => BlobTransactionSidecarEip7594::try_from_blobs_with_settings(blobs, settings).map(Into::into),
    }
    .map_err(|error| malformed(error.to_string()))
}

/// Proofs for the smallest blob transaction there is: one blob of zeros.
pub(super) fn empty_sidecar(format: SidecarFormat) -> Result<BlobTransactionSidecarVariant, SendError> {
    sidecar(&[Bytes::from(vec![0; BYTES_PER_BLOB])], format)
}

/// A signed transaction: its hash and its bytes for `eth_sendRawTransaction`, blobs included.
pub(super) struct Signed {
    pub(super) hash: B256,
    pub(super) raw: Bytes,
}

impl Prepared {
    /// Most that it can cost at these prices, its value included, wei.
    pub(super) fn cost(&self, fees: &Fees) -> U256 {
        let blobs = self.sidecar.as_ref().map_or(0, |sidecar| sidecar.blobs().len() as u64);
        let blob_gas = U256::from(DATA_GAS_PER_BLOB) * U256::from(blobs);
        let gas = U256::from(fees.max_fee) * U256::from(self.gas_limit) + U256::from(fees.blob_fee) * blob_gas;
        gas.saturating_add(self.request.value)
    }

    pub(super) async fn sign(&self, key: &SecretKey, fees: &Fees, purpose: Purpose) -> Result<Signed, KeyError> {
        let (to, input, value, gas_limit) = match purpose {
            Purpose::Call => (self.request.to, self.request.input.clone(), self.request.value, self.gas_limit),
            Purpose::Cancel => (key.address(), Bytes::new(), U256::ZERO, 21_000),
        };
        let Fees { max_fee: max_fee_per_gas, tip: max_priority_fee_per_gas, blob_fee: max_fee_per_blob_gas } = *fees;
        let (chain_id, nonce, access_list) = (self.chain_id, self.nonce, Default::default());
        let envelope: TxEnvelope = match &self.sidecar {
            None => {
                let to = TxKind::Call(to);
                let mut tx =
                    TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, to, value, access_list, input };
                let signature = key.sign(&mut tx).await?;
                tx.into_signed(signature).into()
            }
            Some(sidecar) => {
                let blob_versioned_hashes = sidecar.versioned_hashes().collect();
                let tx = TxEip4844 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas,
                    max_priority_fee_per_gas,
                    to,
                    value,
                    access_list,
                    blob_versioned_hashes,
                    max_fee_per_blob_gas,
                    input,
                };
                let mut tx = TxEip4844Variant::TxEip4844WithSidecar(TxEip4844WithSidecar::from_tx_and_sidecar(tx, sidecar.clone()));
                let signature = key.sign(&mut tx).await?;
                tx.into_signed(signature).into()
            }
        };
        Ok(Signed { hash: *envelope.tx_hash(), raw: envelope.encoded_2718().into() })
    }
}
