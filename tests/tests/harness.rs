//! The harness itself: what the scenarios take for granted.

use alloy::{
    consensus::{TxEnvelope, transaction::SignerRecoverable},
    eips::eip2718::Decodable2718,
    network::TransactionBuilder,
    primitives::{U256, bytes},
    providers::Provider,
    rpc::types::TransactionRequest,
};
use eyre::ensure;
use gainsay_tests::{L1, MULTICALL3, MULTICALL3_SENDER, Patience, Random, Traffic, accounts, eventually, free_port, multicall3};

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_replaces_blocks_and_drops_their_transactions() -> eyre::Result<()> {
    let logs = tempfile::tempdir()?;
    let l1 = L1::start(free_port()?, 31_337, logs.path()).await?;
    let (from, to) = (accounts::signer(0)?.address(), accounts::signer(1)?.address());
    let balance = l1.provider().get_balance(to).await?;
    let request = TransactionRequest::default().with_from(from).with_to(to).with_value(U256::from(5));
    let receipt = l1.provider().send_transaction(request).await?.get_receipt().await?;
    let number = receipt.block_number.ok_or_else(|| eyre::eyre!("the transaction is pending"))?;
    ensure!(l1.provider().get_balance(to).await? == balance + U256::from(5), "the transfer has not arrived");
    let before = l1.hash(number).await?;
    l1.reorg(l1.height().await? - number + 1).await?;
    ensure!(l1.hash(number).await? != before, "the block is still there");
    l1.advance(2).await?;
    ensure!(l1.provider().get_balance(to).await? == balance, "the transfer is still there");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_seed_signs_the_same_transactions() -> eyre::Result<()> {
    let sign = async |seed| Traffic::sign(5, 40, &mut Random::new(seed)).await.map(|traffic| format!("{traffic:?}"));
    let first = sign(1).await?;
    ensure!(first == sign(1).await?, "the same seed signs other transactions");
    ensure!(first != sign(2).await?, "another seed signs the same transactions");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn l1_has_multicall3_where_public_chains_have_it() -> eyre::Result<()> {
    let signed = TxEnvelope::decode_2718(&mut multicall3()?.as_ref())?;
    ensure!(signed.recover_signer()? == MULTICALL3_SENDER, "the file has another transaction");
    ensure!(MULTICALL3_SENDER.create(0) == MULTICALL3, "that account's first contract is elsewhere");
    let logs = tempfile::tempdir()?;
    let l1 = L1::start(free_port()?, 31_337, logs.path()).await?;
    let hash = l1.put_multicall().await?;
    ensure!(hash == *signed.tx_hash(), "L1 took another transaction");
    let receipt =
        eventually("the transaction is in a block", Patience::secs(20), async || Ok(l1.provider().get_transaction_receipt(hash).await?));
    ensure!(receipt.await?.contract_address == Some(MULTICALL3), "the contract is elsewhere");
    // getChainId()
    let call = TransactionRequest::default().with_to(MULTICALL3).with_input(bytes!("3408e470"));
    ensure!(**l1.provider().call(call).await? == U256::from(31_337).to_be_bytes::<32>(), "it does not answer");
    Ok(())
}
