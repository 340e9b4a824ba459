use crate::{
    chain::{Chain, append, blob, policy},
    meddler::{Meddler, refuse},
};
use alloy::{
    consensus::Transaction as _,
    eips::BlockId,
    primitives::{Address, B256, U256},
    rpc::types::{Transaction, TransactionReceipt},
    sol_types::SolCall,
};
use gainsay_bindings::{Inbox, Portal};
use gainsay_l1::{BlockRef, InboxCursor, L1Client, SendError, SendPolicy, TransactionManager, TxRequest, anvil::Anvil};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

type Sent = JoinHandle<Result<TransactionReceipt, SendError>>;

fn transfer() -> TxRequest {
    TxRequest { to: Address::repeat_byte(7), value: U256::from(1), ..TxRequest::default() }
}

/// Sends on a task of its own.
async fn sending(anvil: &Anvil, policy: SendPolicy, request: TxRequest, cancel: CancellationToken) -> eyre::Result<Sent> {
    let mut manager = TransactionManager::start(anvil.client().clone(), Anvil::key(2), policy).await?;
    Ok(tokio::spawn(async move { manager.send_until(request, &cancel).await }))
}

/// The pending transaction, once there is one other than `not`.
async fn pending(client: &L1Client, not: B256) -> eyre::Result<Transaction> {
    for _ in 0..2_000 {
        let pool: serde_json::Value = client.request("txpool_content", ()).await?;
        // Nobody else sends anything here.
        let accounts = pool["pending"].as_object().into_iter().flat_map(|accounts| accounts.values());
        if let Some(transaction) = accounts.filter_map(|pool| pool.as_object()?.values().next()).next() {
            let hash: B256 = serde_json::from_value(transaction["hash"].clone())?;
            let transaction: Option<Transaction> = client.request("eth_getTransactionByHash", (hash,)).await?;
            if let Some(transaction) = transaction.filter(|_| hash != not) {
                return Ok(transaction);
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
    eyre::bail!("nothing is pending")
}

fn hash(transaction: &Transaction) -> B256 {
    *transaction.inner.tx_hash()
}

#[tokio::test]
async fn an_offer_that_is_not_mined_is_raised_until_it_is() -> eyre::Result<()> {
    for (blobs, least) in [(vec![], 110), (vec![blob(1)], 200)] {
        let anvil = Anvil::start(&["--no-mining"])?;
        let client = anvil.client();
        let request = TxRequest { blobs, gas_limit: Some(30_000), ..transfer() };
        let sent = sending(&anvil, policy(), request, CancellationToken::new()).await?;
        let first = pending(client, B256::ZERO).await?;
        let second = pending(client, hash(&first)).await?;
        assert_eq!(first.nonce(), second.nonce());
        let raised = |old: u128, new: u128| assert!(new * 100 >= old * least, "{old} -> {new}");
        raised(first.max_fee_per_gas(), second.max_fee_per_gas());
        raised(first.max_priority_fee_per_gas().unwrap(), second.max_priority_fee_per_gas().unwrap());
        if let (Some(old), Some(new)) = (first.max_fee_per_blob_gas(), second.max_fee_per_blob_gas()) {
            raised(old, new);
        }
        anvil.automine(true).await?;
        anvil.mine(1).await?;
        let receipt = sent.await??;
        assert_ne!(receipt.transaction_hash, hash(&first));
        assert_eq!(client.balance(Address::repeat_byte(7)).await?, U256::from(1), "once, not twice");
    }
    Ok(())
}

#[tokio::test]
async fn a_base_fee_above_the_cap_is_waited_out_and_the_cap_never_exceeded() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let cap = 3_000_000_000;
    let policy = SendPolicy { max_fee_cap: cap, bump_after: Duration::from_millis(50), ..policy() };
    let sent = sending(&anvil, policy, TxRequest { gas_limit: Some(30_000), ..transfer() }, CancellationToken::new()).await?;
    let mut offered = pending(anvil.client(), B256::ZERO).await?;
    while offered.max_fee_per_gas() * 112 / 100 < cap {
        offered = pending(anvil.client(), hash(&offered)).await?;
    }
    assert!(offered.max_fee_per_gas() <= cap, "{offered:?}");
    anvil.rpc("anvil_setNextBlockBaseFeePerGas", json!([format!("{:#x}", 4 * cap)])).await?;
    anvil.mine(1).await?;
    // The node may refuse what it cannot include, and forget it.
    sleep(Duration::from_millis(600)).await;
    assert!(!sent.is_finished());
    anvil.rpc("anvil_setNextBlockBaseFeePerGas", json!(["0x1"])).await?;
    anvil.mine(1).await?;
    sleep(Duration::from_millis(200)).await;
    anvil.mine(1).await?;
    assert!(sent.await??.effective_gas_price <= cap);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_the_node_forgot_is_sent_again() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let patient = SendPolicy { bump_after: Duration::from_secs(60), ..policy() };
    let sent = sending(&anvil, patient, TxRequest { gas_limit: Some(30_000), ..transfer() }, CancellationToken::new()).await?;
    let first = hash(&pending(anvil.client(), B256::ZERO).await?);
    anvil.forget(first).await?;
    let again = hash(&pending(anvil.client(), B256::ZERO).await?);
    assert_eq!(again, first);
    anvil.mine(1).await?;
    assert_eq!(sent.await??.transaction_hash, first);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_a_reorganisation_took_out_is_mined_again_before_it_counts() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let client = anvil.client();
    let deep = SendPolicy { confirmations: 3, ..policy() };
    let sent = sending(&anvil, deep, TxRequest { gas_limit: Some(30_000), ..transfer() }, CancellationToken::new()).await?;
    pending(client, B256::ZERO).await?;
    anvil.mine(2).await?;
    sleep(Duration::from_millis(150)).await;
    assert!(!sent.is_finished(), "two blocks are not three");
    anvil.reorg(2).await?;
    assert_eq!(client.nonce(Anvil::key(2).address(), BlockId::latest()).await?, 0);
    pending(client, B256::ZERO).await?;
    anvil.mine(3).await?;
    let receipt = sent.await??;
    let block = client.block(BlockRef::Number(receipt.block_number.unwrap())).await?;
    assert_eq!(receipt.block_hash, Some(block.hash), "the receipt is of a block that stands");
    Ok(())
}

#[tokio::test]
async fn a_cancelled_transaction_has_no_effect_and_its_nonce_is_used() -> eyre::Result<()> {
    for blobs in [vec![], vec![blob(1)]] {
        let anvil = Anvil::start(&["--no-mining"])?;
        let cancel = CancellationToken::new();
        let patient = SendPolicy { bump_after: Duration::from_secs(60), ..policy() };
        let sent = sending(&anvil, patient, TxRequest { blobs, gas_limit: Some(30_000), ..transfer() }, cancel.clone()).await?;
        let first = pending(anvil.client(), B256::ZERO).await?;
        cancel.cancel();
        let second = pending(anvil.client(), hash(&first)).await?;
        assert_eq!((second.to(), second.value()), (Some(Anvil::key(2).address()), U256::ZERO));
        assert_eq!(second.inner.tx_type(), first.inner.tx_type(), "a pool takes only the same type in place");
        anvil.mine(1).await?;
        assert!(matches!(sent.await?, Err(SendError::Cancelled)));
        assert_eq!(anvil.client().balance(Address::repeat_byte(7)).await?, U256::ZERO);
        assert_eq!(anvil.client().nonce(Anvil::key(2).address(), BlockId::latest()).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn what_an_earlier_run_left_pending_is_awaited_or_replaced() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let client = anvil.client();
    let sent = sending(&anvil, policy(), TxRequest { gas_limit: Some(30_000), ..transfer() }, CancellationToken::new()).await?;
    let left = hash(&pending(client, B256::ZERO).await?);
    sent.abort();
    let patient = SendPolicy { bump_after: Duration::from_secs(60), ..policy() };
    let waiting = tokio::spawn(TransactionManager::start(client.clone(), Anvil::key(2), patient));
    sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    anvil.mine(1).await?;
    waiting.await??;
    assert_eq!(client.balance(Address::repeat_byte(7)).await?, U256::from(1), "{left} was mined");

    let sent = sending(&anvil, policy(), TxRequest { gas_limit: Some(30_000), ..transfer() }, CancellationToken::new()).await?;
    let left = hash(&pending(client, B256::ZERO).await?);
    sent.abort();
    let replacing = tokio::spawn(TransactionManager::start(client.clone(), Anvil::key(2), policy()));
    let replaced = pending(client, left).await?;
    assert_eq!((replaced.to(), replaced.nonce()), (Some(Anvil::key(2).address()), 1));
    anvil.mine(1).await?;
    replacing.await??;
    assert_eq!(client.balance(Address::repeat_byte(7)).await?, U256::from(1), "the second was not mined");
    Ok(())
}

#[tokio::test]
async fn several_transactions_left_pending_are_cleared_in_order_before_anything_new() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let (client, account) = (anvil.client().clone(), Anvil::key(2).address());
    for _ in 0..3 {
        let left = json!([{ "from": account, "to": Address::repeat_byte(8), "value": "0x1", "gas": "0x7530" }]);
        anvil.rpc("eth_sendTransaction", left).await?;
    }
    let mut starting = tokio::spawn(TransactionManager::start(client.clone(), Anvil::key(2), policy()));
    // Replaced one by one: a block takes what is there, at times all the rest.
    let mut manager = loop {
        tokio::select! {
            started = &mut starting => break started??,
            () = sleep(Duration::from_millis(700)) => anvil.mine(1).await?,
        }
    };
    assert_eq!(client.nonce(account, BlockId::latest()).await?, 3);
    assert!(client.balance(Address::repeat_byte(8)).await? < U256::from(3), "the first at least was replaced");
    anvil.automine(true).await?;
    manager.send(transfer()).await?;
    assert_eq!(client.nonce(account, BlockId::latest()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn reverts_are_named_before_and_after_sending() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let to = chain.network.contracts.inbox;
    let input = Inbox::acceptSequencerCall {}.abi_encode();
    let error = chain.sequencer.send(TxRequest { to, input: input.clone().into(), ..TxRequest::default() }).await.unwrap_err();
    assert!(matches!(&error, SendError::WouldRevert { reason, .. } if reason == "NotOperator"), "{error}");
    let request = TxRequest { to, input: input.into(), gas_limit: Some(100_000), ..TxRequest::default() };
    let error = chain.sequencer.send(request).await.unwrap_err();
    assert!(matches!(&error, SendError::Reverted { reason, .. } if reason == "NotOperator"), "{error}");

    // A batch in blobs that names another inbox: the reason is that, not that the replay had no blobs.
    let input = Inbox::appendBlobsCall { append: append(&InboxCursor { batch_acc: B256::repeat_byte(9), ..InboxCursor::default() }) };
    let request =
        TxRequest { to, input: input.abi_encode().into(), blobs: vec![blob(1)], gas_limit: Some(300_000), ..TxRequest::default() };
    let error = chain.sequencer.send(request).await.unwrap_err();
    assert!(matches!(&error, SendError::Reverted { reason, .. } if reason.starts_with("UnexpectedBatchAcc")), "{error}");

    let low = Portal::depositTransactionCall { to, value: U256::ZERO, gasLimit: 20_999, isCreation: false, data: Default::default() };
    let request = TxRequest { to: chain.network.contracts.portal, input: low.abi_encode().into(), ..TxRequest::default() };
    let error = chain.sequencer.send(request).await.unwrap_err().to_string();
    assert!(error.contains("GasLimitTooLow { gasLimit: 20999, least: 21000 }"), "{error}");
    Ok(())
}

#[tokio::test]
async fn an_account_that_cannot_pay_is_told_what_it_needs() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let key = gainsay_l1::SecretKey::parse(&"11".repeat(32), "the test")?;
    let mut manager = TransactionManager::start(anvil.client().clone(), key, policy()).await?;
    let error = manager.send(transfer()).await.unwrap_err();
    assert!(matches!(error, SendError::Funds { have, need, .. } if have.is_zero() && need == U256::from(1)), "{error}");
    anvil.rpc("anvil_setBalance", json!([manager.address(), "0x64"])).await?;
    let error = manager.send(transfer()).await.unwrap_err();
    assert!(matches!(error, SendError::Funds { have, need, .. } if have == U256::from(100) && need > U256::from(21_000)), "{error}");
    Ok(())
}

#[tokio::test]
async fn an_l1_that_fails_while_a_transaction_is_pending_is_waited_for() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let down = Arc::new(AtomicBool::new(false));
    let flag = down.clone();
    let proxy = Meddler::start(anvil.url(), move |asked, answer| match flag.load(Ordering::Relaxed) {
        true => refuse(asked, -32_603, "internal error"),
        false => answer,
    })
    .await?;
    let mut manager = TransactionManager::start(proxy.client()?, Anvil::key(2), policy()).await?;
    let sent = tokio::spawn(async move { manager.send(TxRequest { gas_limit: Some(30_000), ..transfer() }).await });
    pending(anvil.client(), B256::ZERO).await?;
    // Until the sender knows that it was taken.
    sleep(Duration::from_millis(100)).await;
    down.store(true, Ordering::Relaxed);
    sleep(Duration::from_millis(300)).await;
    anvil.mine(1).await?;
    assert!(!sent.is_finished());
    down.store(false, Ordering::Relaxed);
    assert!(sent.await??.status());
    assert_eq!(anvil.client().balance(Address::repeat_byte(7)).await?, U256::from(1), "once, not twice");
    Ok(())
}
