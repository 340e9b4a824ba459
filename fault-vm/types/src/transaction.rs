//! User transactions: types 0, 1, 2 and 4. Deposits (0x7E) come from L1 only and have no place here.

use alloc::vec::Vec;
use alloy_consensus::{Transaction as _, transaction::SignerRecoverable};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256};
use op_alloy_consensus::OpTxEnvelope;

/// A signed user transaction, signature not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction(OpTxEnvelope);

/// A user transaction whose sender was recovered from a valid, low-s signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredTransaction {
    transaction: Transaction,
    sender: Address,
}

/// Not a user transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// The bytes are no transaction envelope, or more than one.
    #[error("rlp: malformed transaction")]
    Encoding,
    /// A blob, deposit or unknown type.
    #[error("transaction type not supported")]
    Type,
    /// The signature recovers to no address, or its s is high.
    #[error("invalid sender")]
    Signature,
}

impl Transaction {
    /// Takes an envelope of a type that users may send.
    ///
    /// # Errors
    /// On a deposit or a type of the OP Stack's own.
    pub fn new(envelope: OpTxEnvelope) -> Result<Self, InvalidTransaction> {
        match envelope {
            OpTxEnvelope::Legacy(_) | OpTxEnvelope::Eip2930(_) | OpTxEnvelope::Eip1559(_) | OpTxEnvelope::Eip7702(_) => Ok(Self(envelope)),
            _ => Err(InvalidTransaction::Type),
        }
    }

    /// Reads exactly one EIP-2718 envelope, as `eth_sendRawTransaction` takes it.
    ///
    /// # Errors
    /// On other bytes, on bytes after the envelope, and on types that users may not send.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, InvalidTransaction> {
        if matches!(bytes.first(), Some(3 | 5..=0x7f)) {
            return Err(InvalidTransaction::Type);
        }
        let envelope = OpTxEnvelope::decode_2718(&mut bytes).map_err(|_| InvalidTransaction::Encoding)?;
        if !bytes.is_empty() {
            return Err(InvalidTransaction::Encoding);
        }
        Self::new(envelope)
    }

    /// The EIP-2718 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.0.encoded_2718()
    }

    /// Length of [`Self::encode`], bytes.
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        self.0.encode_2718_len()
    }

    /// The envelope, never a deposit.
    #[must_use]
    pub const fn envelope(&self) -> &OpTxEnvelope {
        &self.0
    }

    /// The envelope, never a deposit.
    #[must_use]
    pub fn into_envelope(self) -> OpTxEnvelope {
        self.0
    }

    /// Transaction hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.0.tx_hash()
    }

    /// Gas limit.
    #[must_use]
    pub fn gas_limit(&self) -> u64 {
        self.0.gas_limit()
    }

    /// Recovers the sender. One elliptic-curve operation.
    ///
    /// # Errors
    /// When the signature recovers to no address or its s is high.
    pub fn recover(self) -> Result<RecoveredTransaction, InvalidTransaction> {
        let sender = self.0.recover_signer().map_err(|_| InvalidTransaction::Signature)?;
        Ok(RecoveredTransaction { transaction: self, sender })
    }
}

impl RecoveredTransaction {
    /// Who signed it.
    #[must_use]
    pub const fn sender(&self) -> Address {
        self.sender
    }

    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The transaction.
    #[must_use]
    pub fn into_transaction(self) -> Transaction {
        self.transaction
    }

    /// The envelope, never a deposit.
    #[must_use]
    pub const fn envelope(&self) -> &OpTxEnvelope {
        self.transaction.envelope()
    }
}
