//! Transactions that nobody signed: those of impersonated accounts.

use alloy::{
    consensus::{SignableTransaction, Transaction as _, TypedTransaction},
    primitives::{Address, B256, Signature, U256},
};
use gainsay_debug::env_of;
use op_alloy_consensus::OpTxEnvelope;
use revm::context::TxEnv;

/// A transaction that is executed as if `sender` had signed it. Where others have a signature it has the sender, so that its hash is its own.
#[derive(Clone, Debug)]
pub(crate) struct Unsigned {
    envelope: OpTxEnvelope,
    sender: Address,
}

impl Unsigned {
    /// None for types that this chain does not have, and for EIP-7702's, whose authorisations others have to sign.
    pub(crate) fn new(transaction: TypedTransaction, sender: Address) -> Option<Self> {
        let signature = Signature::new(U256::from_be_slice(sender.as_slice()), U256::ONE, false);
        let envelope = match transaction {
            TypedTransaction::Legacy(legacy) => legacy.into_signed(signature).into(),
            TypedTransaction::Eip2930(with_list) => with_list.into_signed(signature).into(),
            TypedTransaction::Eip1559(dynamic) => dynamic.into_signed(signature).into(),
            _ => return None,
        };
        Some(Self { envelope, sender })
    }

    pub(crate) fn hash(&self) -> B256 {
        self.envelope.tx_hash()
    }

    pub(crate) const fn sender(&self) -> Address {
        self.sender
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.envelope.nonce()
    }

    pub(crate) const fn envelope(&self) -> &OpTxEnvelope {
        &self.envelope
    }

    /// As the EVM takes it.
    pub(crate) fn message(&self) -> TxEnv {
        env_of(&self.envelope, self.sender)
    }
}
