//! Several transactions of one key at once.

use crate::{
    chain::{Chain, policy},
    meddler::{Meddler, refuse},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use gainsay_bindings::{Inbox, Portal};
use gainsay_l1::{L1Client, SecretKey, SendError, SendPolicy, TransactionManager, TxRequest, anvil::Anvil};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

type Fates = Vec<Result<TransactionReceipt, SendError>>;

/// Patience that no test outlasts.
fn patient() -> SendPolicy {
    SendPolicy { bump_after: Duration::from_secs(60), ..policy() }
}

/// One wei to an account of its own; unlike others by its number.
fn transfer(number: u8) -> TxRequest {
    TxRequest { to: receiver(number), value: U256::from(1), gas_limit: Some(30_000), ..TxRequest::default() }
}

fn receiver(number: u8) -> Address {
    Address::repeat_byte(0x70 + number)
}

async fn sending(
    client: &L1Client,
    policy: SendPolicy,
    requests: Vec<TxRequest>,
    cancel: CancellationToken,
) -> eyre::Result<JoinHandle<Fates>> {
    let mut manager = TransactionManager::start(client.clone(), Anvil::key(2), policy).await?;
    Ok(tokio::spawn(async move { manager.send_all(requests, &cancel).await }))
}

/// The pool's transactions by nonce, executable or waiting for one before.
async fn pool(client: &L1Client) -> eyre::Result<BTreeMap<u64, Value>> {
    let content: Value = client.request("txpool_content", ()).await?;
    let of_kind = |kind: &str| content[kind].as_object().cloned().unwrap_or_default();
    let accounts = of_kind("pending").into_iter().chain(of_kind("queued"));
    Ok(accounts
        .flat_map(|(_, nonces)| nonces.as_object().cloned().unwrap_or_default())
        .filter_map(|(nonce, transaction)| Some((nonce.parse().ok()?, transaction)))
        .collect())
}

/// The pool once it is as wanted.
async fn pool_with(client: &L1Client, wanted: impl Fn(&BTreeMap<u64, Value>) -> bool) -> eyre::Result<BTreeMap<u64, Value>> {
    for _ in 0..2_000 {
        let pool = pool(client).await?;
        if wanted(&pool) {
            return Ok(pool);
        }
        sleep(Duration::from_millis(10)).await;
    }
    eyre::bail!("the pool holds {:?}", pool(client).await?)
}

fn hash(transaction: &Value) -> eyre::Result<B256> {
    Ok(serde_json::from_value(transaction["hash"].clone())?)
}

/// Whether a request hands a transaction to this account, or one that names it, to the node.
fn is_sent_to(asked: &Value, to: Address) -> bool {
    let raw = asked["params"][0].as_str().filter(|_| asked["method"] == "eth_sendRawTransaction");
    raw.is_some_and(|raw| raw.contains(&alloy::hex::encode(to)))
}

async fn nonce(anvil: &Anvil) -> eyre::Result<u64> {
    Ok(anvil.client().nonce(Anvil::key(2).address(), BlockId::latest()).await?)
}

async fn received(anvil: &Anvil, number: u8) -> eyre::Result<U256> {
    Ok(anvil.client().balance(receiver(number)).await?)
}

#[tokio::test]
async fn ten_at_once_are_all_in_the_pool_before_one_is_mined_and_land_in_order() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let sent = sending(anvil.client(), patient(), (0..10).map(transfer).collect(), CancellationToken::new()).await?;
    pool_with(anvil.client(), |pool| pool.len() == 10).await?;
    anvil.mine(1).await?;
    let fates = sent.await?;
    assert_eq!(fates.len(), 10);
    for (index, fate) in fates.into_iter().enumerate() {
        let receipt = fate?;
        assert_eq!((receipt.to, receipt.transaction_index), (Some(receiver(index as u8)), Some(index as u64)));
    }
    assert_eq!(nonce(&anvil).await?, 10);
    Ok(())
}

#[tokio::test]
async fn at_most_sixteen_are_in_flight_and_the_others_follow_as_these_land() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let sent = sending(anvil.client(), patient(), (0..20).map(transfer).collect(), CancellationToken::new()).await?;
    pool_with(anvil.client(), |pool| pool.len() == 16).await?;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(pool(anvil.client()).await?.len(), 16);
    anvil.mine(1).await?;
    pool_with(anvil.client(), |pool| pool.len() == 4).await?;
    anvil.mine(1).await?;
    assert!(sent.await?.iter().all(Result::is_ok));
    assert_eq!(received(&anvil, 19).await?, U256::from(1));
    Ok(())
}

#[tokio::test]
async fn those_that_would_revert_take_no_nonce_and_the_others_land() -> eyre::Result<()> {
    let chain = Chain::new(&[]).await?;
    let bad =
        TxRequest { to: chain.network.contracts.inbox, input: Inbox::acceptSequencerCall {}.abi_encode().into(), ..TxRequest::default() };
    let good = |value: u64| {
        let call =
            Portal::depositTransactionCall { to: receiver(1), value: U256::ZERO, gasLimit: 100_000, isCreation: false, data: Bytes::new() };
        TxRequest { to: chain.network.contracts.portal, input: call.abi_encode().into(), value: U256::from(value), ..TxRequest::default() }
    };
    let requests = vec![bad.clone(), good(1), bad.clone(), good(2), bad];
    let fates = sending(chain.anvil.client(), patient(), requests, CancellationToken::new()).await?.await?;
    for (index, fate) in fates.iter().enumerate() {
        match fate {
            Ok(receipt) => assert!(index % 2 == 1 && receipt.logs().len() == 2, "{index}: {receipt:?}"),
            Err(SendError::WouldRevert { reason, .. }) => assert!(index % 2 == 0 && reason == "NotOperator", "{index}: {reason}"),
            Err(error) => panic!("{index}: {error}"),
        }
    }
    assert_eq!(nonce(&chain.anvil).await?, 2);
    Ok(())
}

#[tokio::test]
async fn one_that_reverts_when_mined_is_told_so_and_the_others_land() -> eyre::Result<()> {
    let chain = Chain::new(&[]).await?;
    let input = Inbox::acceptSequencerCall {}.abi_encode();
    let bad = TxRequest { to: chain.network.contracts.inbox, input: input.into(), gas_limit: Some(100_000), ..TxRequest::default() };
    let fates = sending(chain.anvil.client(), patient(), vec![transfer(0), bad, transfer(1)], CancellationToken::new()).await?.await?;
    assert!(matches!(&fates[..], [Ok(_), Err(SendError::Reverted { reason, .. }), Ok(_)] if reason == "NotOperator"), "{fates:?}");
    Ok(())
}

#[tokio::test]
async fn while_the_base_fee_is_above_the_offers_all_are_raised_until_they_are_mined_in_order() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let impatient = SendPolicy { bump_after: Duration::from_millis(150), ..policy() };
    let sent = sending(anvil.client(), impatient, (0..3).map(transfer).collect(), CancellationToken::new()).await?;
    let first = pool_with(anvil.client(), |pool| pool.len() == 3).await?;
    let offer = |transaction: &Value| {
        let hex = transaction["maxFeePerGas"].as_str().unwrap_or("0x0").to_owned();
        u128::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap_or_default()
    };
    // Above what any of them offers: a block without them.
    let base_fee = first.values().map(offer).max().unwrap_or_default() * 3;
    anvil.rpc("anvil_setNextBlockBaseFeePerGas", json!([format!("{base_fee:#x}")])).await?;
    anvil.mine(1).await?;
    assert_eq!(nonce(&anvil).await?, 0, "nobody pays that yet");
    for _ in 0..100 {
        if sent.is_finished() {
            break;
        }
        anvil.mine(1).await?;
        sleep(Duration::from_millis(50)).await;
    }
    let mut mined = Vec::new();
    for (number, fate) in sent.await?.into_iter().enumerate() {
        let receipt = fate?;
        assert_ne!(Some(receipt.transaction_hash), first.get(&(number as u64)).map(hash).transpose()?, "not raised");
        mined.push((receipt.block_number, receipt.transaction_index));
    }
    assert!(mined.is_sorted(), "{mined:?}");
    Ok(())
}

#[tokio::test]
async fn one_that_the_node_forgets_and_refuses_for_good_is_replaced_by_nothing_so_that_those_behind_it_are_mined() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let banned = Arc::new(AtomicBool::new(false));
    let ban = banned.clone();
    let proxy = Meddler::screening(anvil.url(), move |asked| {
        (is_sent_to(asked, receiver(1)) && ban.load(Ordering::Relaxed)).then(|| refuse(asked, -32_000, "not in this pool"))
    })
    .await?;
    let hasty = SendPolicy { bump_after: Duration::from_millis(150), ..policy() };
    let sent = sending(&proxy.client()?, hasty, (0..3).map(transfer).collect(), CancellationToken::new()).await?;
    let first = pool_with(anvil.client(), |pool| pool.len() == 3).await?;
    let middle = hash(&first[&1])?;
    banned.store(true, Ordering::Relaxed);
    anvil.forget(middle).await?;
    let other = |pool: &BTreeMap<u64, Value>| pool.len() == 3 && pool.get(&1).is_some_and(|found| hash(found).ok() != Some(middle));
    let pool = pool_with(anvil.client(), other).await?;
    assert_eq!(pool[&1]["to"].as_str().map(str::to_lowercase), Some(Anvil::key(2).address().to_string().to_lowercase()));
    anvil.mine(1).await?;
    let fates = sent.await?;
    assert!(matches!(&fates[..], [Ok(_), Err(SendError::Refused { reason, .. }), Ok(_)] if reason == "not in this pool"), "{fates:?}");
    assert_eq!((received(&anvil, 1).await?, received(&anvil, 2).await?, nonce(&anvil).await?), (U256::ZERO, U256::from(1), 3));
    Ok(())
}

#[tokio::test]
async fn one_that_the_node_never_takes_leaves_its_nonce_to_the_next() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    // Less than any transaction costs: refused by the node, whatever is offered.
    let low = TxRequest { gas_limit: Some(20_000), ..transfer(1) };
    let fates = sending(anvil.client(), patient(), vec![transfer(0), low, transfer(2)], CancellationToken::new()).await?.await?;
    assert!(matches!(&fates[..], [Ok(_), Err(SendError::Refused { .. }), Ok(_)]), "{fates:?}");
    assert_eq!(nonce(&anvil).await?, 2);
    Ok(())
}

#[tokio::test]
async fn funds_are_counted_for_all_together_and_what_they_do_not_cover_waits_for_the_others() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let client = anvil.client();
    let key = SecretKey::parse(&"11".repeat(32), "the test")?;
    let mut manager = TransactionManager::start(client.clone(), key, patient()).await?;
    let account = manager.address();
    let most = patient().quote(&client.market().await?).max_fee;
    // Two offers fit in, and so do three transactions at what they really cost.
    let balance = U256::from(most) * U256::from(30_000 * 2) + U256::from(100);
    anvil.rpc("anvil_setBalance", json!([account, format!("{balance:#x}")])).await?;
    let beyond = TxRequest { value: balance, ..transfer(3) };
    let requests = vec![transfer(0), transfer(1), transfer(2), beyond];
    let sent = tokio::spawn(async move { manager.send_all(requests, &CancellationToken::new()).await });
    pool_with(client, |pool| pool.len() == 2).await?;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(pool(client).await?.len(), 2);
    anvil.rpc("anvil_setNextBlockBaseFeePerGas", json!(["0x1"])).await?;
    anvil.mine(1).await?;
    pool_with(client, |pool| pool.len() == 1).await?;
    anvil.mine(1).await?;
    let fates = sent.await?;
    assert!(matches!(&fates[..], [Ok(_), Ok(_), Ok(_), Err(SendError::Funds { need, .. })] if *need >= balance), "{fates:?}");
    Ok(())
}

#[tokio::test]
async fn cancelling_replaces_all_that_are_on_their_way_and_sends_no_more() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let cancel = CancellationToken::new();
    let sent = sending(anvil.client(), patient(), (0..18).map(transfer).collect(), cancel.clone()).await?;
    pool_with(anvil.client(), |pool| pool.len() == 16).await?;
    cancel.cancel();
    let zero = |transaction: &Value| transaction["value"] == "0x0";
    pool_with(anvil.client(), |pool| pool.len() == 16 && pool.values().all(zero)).await?;
    anvil.mine(1).await?;
    let fates = sent.await?;
    assert!(fates.len() == 18 && fates.iter().all(|fate| matches!(fate, Err(SendError::Cancelled))), "{fates:?}");
    assert_eq!((nonce(&anvil).await?, received(&anvil, 0).await?), (16, U256::ZERO));
    Ok(())
}

#[tokio::test]
async fn one_that_a_reorganisation_took_out_after_its_fate_was_told_is_sent_again_for_those_behind_it() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let closed = Arc::new(AtomicBool::new(true));
    let door = closed.clone();
    // The second is kept from the node for a while.
    let proxy = Meddler::screening(anvil.url(), move |asked| {
        (is_sent_to(asked, receiver(1)) && door.load(Ordering::Relaxed)).then(|| refuse(asked, -32_000, "later"))
    })
    .await?;
    let stubborn = SendPolicy { max_refusals: 10_000, ..patient() };
    let sent = sending(&proxy.client()?, stubborn, vec![transfer(0), transfer(1)], CancellationToken::new()).await?;
    let told = hash(&pool_with(anvil.client(), |pool| pool.len() == 1).await?[&0])?;
    anvil.mine(1).await?;
    sleep(Duration::from_millis(200)).await;
    assert!(!sent.is_finished());
    closed.store(false, Ordering::Relaxed);
    anvil.reorg(1).await?;
    assert_eq!(nonce(&anvil).await?, 0, "anvil forgets what it took out");
    let again = pool_with(anvil.client(), |pool| pool.len() == 2).await?;
    assert_eq!(hash(&again[&0])?, told);
    anvil.mine(1).await?;
    assert!(sent.await?.iter().all(Result::is_ok));
    assert_eq!((received(&anvil, 0).await?, received(&anvil, 1).await?), (U256::from(1), U256::from(1)));
    Ok(())
}

#[tokio::test]
async fn after_a_crash_with_several_pending_all_are_replaced_at_once_before_anything_new() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--no-mining"])?;
    let client = anvil.client();
    let sent = sending(client, patient(), (0..5).map(transfer).collect(), CancellationToken::new()).await?;
    pool_with(client, |pool| pool.len() == 5).await?;
    sent.abort();
    let hasty = SendPolicy { bump_after: Duration::from_millis(300), ..policy() };
    let starting = tokio::spawn(TransactionManager::start(client.clone(), Anvil::key(2), hasty));
    pool_with(client, |pool| pool.len() == 5 && pool.values().all(|transaction| transaction["value"] == "0x0")).await?;
    assert!(!starting.is_finished());
    anvil.mine(1).await?;
    let mut manager = starting.await??;
    assert_eq!((nonce(&anvil).await?, received(&anvil, 0).await?), (5, U256::ZERO));
    anvil.automine(true).await?;
    let fates = manager.send_all((0..5).map(transfer).collect(), &CancellationToken::new()).await;
    assert!(fates.iter().all(Result::is_ok), "{fates:?}");
    Ok(())
}

#[tokio::test]
async fn an_l1_that_is_gone_before_anything_was_sent_fails_all_and_nothing_at_all_has_no_fates() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let down = Arc::new(AtomicBool::new(false));
    let flag = down.clone();
    let proxy = Meddler::start(anvil.url(), move |asked, answer| match flag.load(Ordering::Relaxed) {
        true => refuse(asked, -32_603, "internal error"),
        false => answer,
    })
    .await?;
    let mut manager = TransactionManager::start(proxy.client()?, Anvil::key(2), policy()).await?;
    assert!(manager.send_all(vec![], &CancellationToken::new()).await.is_empty());
    down.store(true, Ordering::Relaxed);
    let fates = manager.send_all((0..3).map(transfer).collect(), &CancellationToken::new()).await;
    assert!(fates.len() == 3 && fates.iter().all(|fate| matches!(fate, Err(SendError::L1(_)))), "{fates:?}");
    assert_eq!(nonce(&anvil).await?, 0);
    Ok(())
}
