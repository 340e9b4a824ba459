//! The ways in which JSON-RPC reaches a mempool: the own one, another node's, or none.

use crate::{
    builder::Bell,
    mempool::{SharedMempool, SubmitFailure},
};
use alloy::{
    primitives::{Address, B256, Bytes, U64},
    providers::{Provider, RootProvider},
    rpc::types::BlockNumberOrTag,
    transports::{RpcError, http::reqwest::Url},
};
use gainsay_pool::Content;
use gainsay_rpc::{Answer, Client, PoolSize, SubmitError};
use gainsay_types::{RecoveredTransaction, Transaction};

/// The mempool of this process.
pub struct OwnPool {
    /// The pool.
    pub pool: SharedMempool,
    /// Wakes the builder.
    pub bell: Bell,
}

impl Client for OwnPool {
    fn submit(&self, transaction: Transaction) -> Answer<'_, Result<(), SubmitError>> {
        // Recovering the signature takes some 30 microseconds, and handing it to another thread as many more.
        let answer = match self.pool.submit(transaction) {
            Ok(()) => {
                self.bell.ring();
                Ok(())
            }
            Err(SubmitFailure::Invalid(invalid)) => Err(invalid.into()),
            Err(SubmitFailure::Rejected(rejection)) => Err(rejection.into()),
            Err(SubmitFailure::Store(error)) => Err(SubmitError::Unavailable { reason: error.to_string() }),
        };
        Box::pin(std::future::ready(answer))
    }

    fn pending_nonce(&self, address: Address) -> Answer<'_, Option<u64>> {
        Box::pin(std::future::ready(self.pool.lock().pending_nonce(&address)))
    }

    fn pooled(&self, hash: B256) -> Answer<'_, Option<RecoveredTransaction>> {
        Box::pin(std::future::ready(self.pool.lock().get(&hash)))
    }

    fn pool_size(&self) -> Answer<'_, PoolSize> {
        Box::pin(std::future::ready(self.pool.lock().size()))
    }

    fn pool_content(&self, of: Option<Address>) -> Answer<'_, Content> {
        Box::pin(std::future::ready(self.pool.lock().content(of)))
    }
}

/// The mempool of the sequencer, over its JSON-RPC.
pub struct Forwarding {
    provider: RootProvider,
}

impl Forwarding {
    /// To the sequencer at this URL.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self { provider: RootProvider::new_http(url) }
    }
}

impl Client for Forwarding {
    fn submit(&self, transaction: Transaction) -> Answer<'_, Result<(), SubmitError>> {
        Box::pin(async move {
            // What the sequencer would refuse whatever its state is refused here.
            let raw = Bytes::from(transaction.recover()?.transaction().encode());
            match self.provider.raw_request::<_, B256>("eth_sendRawTransaction".into(), (raw,)).await {
                Ok(_) => Ok(()),
                Err(RpcError::ErrorResp(refused)) => {
                    let code = i32::try_from(refused.code).unwrap_or(-32000);
                    Err(SubmitError::Refused { code, message: refused.message.into_owned() })
                }
                Err(error) => Err(SubmitError::Unavailable { reason: error.to_string() }),
            }
        })
    }

    fn pending_nonce(&self, address: Address) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let asked = self.provider.raw_request::<_, U64>("eth_getTransactionCount".into(), (address, BlockNumberOrTag::Pending));
            asked.await.ok().map(|nonce| nonce.to())
        })
    }

    fn pooled(&self, _hash: B256) -> Answer<'_, Option<RecoveredTransaction>> {
        // What the sequencer's pool holds is asked of the sequencer.
        Box::pin(async { None })
    }
}

/// No mempool: a follower that was not told of a sequencer.
pub struct NoPool;

impl Client for NoPool {
    fn submit(&self, _transaction: Transaction) -> Answer<'_, Result<(), SubmitError>> {
        let reason = "this node follows L1 alone; start it with --sequencer-rpc, or use the sequencer's RPC".to_owned();
        Box::pin(async { Err(SubmitError::Unavailable { reason }) })
    }

    fn pending_nonce(&self, _address: Address) -> Answer<'_, Option<u64>> {
        Box::pin(async { None })
    }

    fn pooled(&self, _hash: B256) -> Answer<'_, Option<RecoveredTransaction>> {
        Box::pin(async { None })
    }
}
