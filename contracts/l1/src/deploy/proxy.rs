//! The deterministic deployment proxy that most chains have, and the Factory behind it.

use super::DeployError;
use crate::{BlockRef, L1Client, L1Error, TransactionManager, TxRequest};
use alloy::primitives::{Address, B256, Bytes, U256, address, hex};
use gainsay_bindings::Factory;
use gainsay_types::predeploys::CREATE2_FACTORY;
use std::time::Duration;
use tracing::info;

/// The transaction that puts the proxy there on any chain. Nobody has the key of its sender: the signature was made up.
const KEYLESS: [u8; 167] = hex!(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222"
    "222222222222a02222222222222222222222222222222222222222222222222222222222222222"
);
const KEYLESS_SENDER: Address = address!("3fab184622dc19b6109349b94811493bf2a45362");
/// 100,000 gas at 100 gwei.
const KEYLESS_COST: u64 = 10_000_000_000_000_000;
/// Looks for the proxy after its transaction was sent, one a second.
const LOOKS: u32 = 120;

/// Sees to it that the proxy stands.
pub(super) async fn ensure_proxy(client: &L1Client, manager: &mut TransactionManager) -> Result<(), DeployError> {
    if !client.code(CREATE2_FACTORY).await?.is_empty() {
        return Ok(());
    }
    info!(proxy = %CREATE2_FACTORY, "deploying the deterministic deployment proxy");
    let missing = U256::from(KEYLESS_COST).saturating_sub(client.balance(KEYLESS_SENDER).await?);
    if !missing.is_zero() {
        let fund = TxRequest { to: KEYLESS_SENDER, value: missing, ..TxRequest::default() };
        manager.send(fund).await.map_err(|source| DeployError::Send { contract: "the deployment proxy", source })?;
    }
    let failed = |reason: String| DeployError::Proxy { proxy: CREATE2_FACTORY, reason };
    let sent: Result<B256, L1Error> = client.request("eth_sendRawTransaction", (Bytes::from_static(&KEYLESS),)).await;
    sent.map_err(|error| failed(error.to_string()))?;
    for _ in 0..LOOKS {
        if !client.code(CREATE2_FACTORY).await?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let head = client.block(BlockRef::Latest).await?.number;
    Err(failed(format!("not mined by L1 block {head}; the price of gas is perhaps above 100 gwei")))
}

/// Sees to it that the Factory stands.
pub(super) async fn ensure_factory(client: &L1Client, manager: &mut TransactionManager, factory: Address) -> Result<(), DeployError> {
    if !client.code(factory).await?.is_empty() {
        return Ok(());
    }
    ensure_proxy(client, manager).await?;
    let input = [B256::ZERO.as_slice(), &Factory::BYTECODE].concat();
    let request = TxRequest { to: CREATE2_FACTORY, input: input.into(), ..TxRequest::default() };
    manager.send(request).await.map_err(|source| DeployError::Send { contract: "the Factory", source })?;
    info!(%factory, "the Factory is deployed");
    Ok(())
}
