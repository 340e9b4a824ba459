//! The harness itself: what the scenarios take for granted.

use alloy::{network::TransactionBuilder, primitives::U256, providers::Provider, rpc::types::TransactionRequest};
use eyre::ensure;
use gainsay_tests::{L1, Random, Traffic, accounts, free_port};

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
