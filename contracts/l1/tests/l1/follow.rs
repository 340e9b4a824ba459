use crate::{
    chain::{Chain, blob},
    meddler::{Meddler, refuse},
};
use gainsay_l1::{
    BatchPayload, BlockRef, Checkpoint, EventFault, FollowConfig, InboxEvent, L1Error, L1Event, L1Follower, L1Update, Recovery,
    RollupEvent, VerifiedBlob,
};
use gainsay_types::MessageBody;
use serde_json::{Value, json};

/// Polls until everything is read; all updates.
async fn drain(follower: &mut L1Follower) -> Result<Vec<L1Update>, L1Error> {
    let mut all = Vec::new();
    loop {
        let polled = follower.poll().await?;
        all.extend(polled.updates);
        if polled.caught_up {
            return Ok(all);
        }
    }
}

fn events(updates: &[L1Update]) -> Vec<&L1Event> {
    updates.iter().flat_map(|update| if let L1Update::Extend { events, .. } = update { events.as_slice() } else { &[] }).collect()
}

/// `(batches, messages)` after each update.
fn tip(follower: &L1Follower) -> Checkpoint {
    *follower.checkpoints().next_back().unwrap()
}

#[tokio::test]
async fn batches_messages_and_claims_arrive_in_order_with_their_payloads() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let mut follower = chain.follower_on(chain.anvil.client().clone()).await?;
    let start = drain(&mut follower).await?;
    let started = events(&start);
    assert!(
        matches!(started[0], L1Event::Rollup(RollupEvent::AssertionCreated { end, .. }) if end.output_root == chain.network.genesis.output_root)
    );
    assert!(matches!(started[1], L1Event::Rollup(RollupEvent::AssertionConfirmed { .. })));

    chain.deposit(b"hello").await?;
    let mut updates = drain(&mut follower).await?;
    chain.append_calldata(&tip(&follower).cursor, b"payload").await?;
    updates.extend(drain(&mut follower).await?);
    chain.append_blobs(&tip(&follower).cursor, vec![blob(1), blob(2)]).await?;
    updates.extend(drain(&mut follower).await?);

    let numbers: Vec<_> =
        start.iter().chain(&updates).map(|update| if let L1Update::Extend { block, .. } = update { block.number } else { 0 }).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no block near the head is left out: {numbers:?}");

    let [deposit, calldata, first_fees, blobs, second_fees] = events(&updates)[..] else { panic!("{updates:?}") };
    let L1Event::Inbox(InboxEvent::Message { message, .. }) = deposit else { panic!("{deposit:?}") };
    assert!(matches!(&message.body, MessageBody::User(user) if user.mint == 10 && user.value == 5 && user.data[..] == *b"hello"));
    let L1Event::Inbox(InboxEvent::Batch { payload, .. }) = calldata else { panic!("{calldata:?}") };
    assert_eq!(*payload, BatchPayload::Calldata(b"payload".into()));
    let L1Event::Inbox(InboxEvent::Batch { payload, header, .. }) = blobs else { panic!("{blobs:?}") };
    let hashes = [1, 2].map(|seed| VerifiedBlob::compute(blob(seed)).unwrap().hash());
    assert_eq!((payload, header.batch_index), (&BatchPayload::Blobs(hashes.to_vec()), 2));
    for (event, index) in [(first_fees, 2), (second_fees, 3)] {
        let L1Event::Inbox(InboxEvent::Message { message, .. }) = event else { panic!("{event:?}") };
        assert!(matches!(message.body, MessageBody::Attributes(_)) && message.index == index && message.user_ordinal == 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_reorganisation_is_rewound_to_the_last_common_block_also_after_a_restart() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let client = chain.anvil.client().clone();
    let mut follower = chain.follower_on(client.clone()).await?;
    chain.append_calldata(&tip(&follower).cursor, b"stays").await?;
    drain(&mut follower).await?;
    let stays = tip(&follower);
    chain.append_calldata(&stays.cursor, b"goes").await?;
    chain.anvil.mine(2).await?;
    drain(&mut follower).await?;
    assert_eq!(tip(&follower).cursor.batches, 2);

    let config = FollowConfig::new(
        chain.network.contracts.inbox,
        chain.network.contracts.rollup,
        chain.network.contracts.matches,
        chain.network.contracts.games,
    );
    let mut restarted = L1Follower::new(client, config, follower.checkpoints().copied().collect())?;
    chain.anvil.reorg(3).await?;
    for follower in [&mut follower, &mut restarted] {
        let updates = drain(follower).await?;
        assert_eq!(updates[0], L1Update::Rewind { to: stays.number, hash: stays.hash, checkpoint: stays });
        assert_eq!(updates.len(), 4, "three other blocks follow: {updates:?}");
        assert!(events(&updates).is_empty());
        assert_eq!(tip(follower).cursor, stays.cursor);
    }
    chain.append_calldata(&stays.cursor, b"instead").await?;
    let updates = drain(&mut follower).await?;
    assert!(
        matches!(events(&updates)[0], L1Event::Inbox(InboxEvent::Batch { payload: BatchPayload::Calldata(bytes), .. }) if bytes[..] == *b"instead")
    );
    Ok(())
}

#[tokio::test]
async fn a_reorganisation_below_all_checkpoints_asks_for_a_reset() -> eyre::Result<()> {
    let chain = Chain::new(&[]).await?;
    chain.anvil.mine(5).await?;
    let client = chain.anvil.client().clone();
    let head = client.block(BlockRef::Latest).await?;
    let config = FollowConfig::new(
        chain.network.contracts.inbox,
        chain.network.contracts.rollup,
        chain.network.contracts.matches,
        chain.network.contracts.games,
    );
    let checkpoint = Checkpoint { number: head.number, hash: head.hash, cursor: Default::default() };
    let mut follower = L1Follower::new(client, config, vec![checkpoint])?;
    chain.anvil.reorg(2).await?;
    let error = follower.poll().await.unwrap_err();
    assert!(matches!(error, L1Error::ReorgTooDeep { oldest } if oldest == head.number), "{error}");
    assert_eq!(error.recovery(), Recovery::Reset);
    Ok(())
}

#[tokio::test]
async fn a_node_whose_newest_blocks_vanished_is_waited_for_and_then_followed() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let mut follower = chain.follower_on(chain.anvil.client().clone()).await?;
    drain(&mut follower).await?;
    let stays = tip(&follower);
    chain.append_calldata(&stays.cursor, b"goes").await?;
    drain(&mut follower).await?;
    chain.anvil.rpc("anvil_rollback", json!([1])).await?;
    let polled = follower.poll().await?;
    assert!(polled.updates.is_empty() && polled.caught_up, "nothing contradicts what was read: {polled:?}");
    chain.anvil.rpc("evm_increaseTime", json!([1])).await?;
    chain.anvil.mine(2).await?;
    let updates = drain(&mut follower).await?;
    assert!(matches!(updates[0], L1Update::Rewind { to, .. } if to == stays.number), "{updates:?}");
    assert_eq!(tip(&follower).cursor, stays.cursor);
    Ok(())
}

#[tokio::test]
async fn a_node_that_was_restarted_on_its_state_file_gives_the_same_events() -> eyre::Result<()> {
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("l1.json");
    let arguments = ["--state", state.to_str().unwrap()];
    let mut chain = Chain::new(&arguments).await?;
    let mut before = chain.follower_on(chain.anvil.client().clone()).await?;
    drain(&mut before).await?;
    chain.append_calldata(&tip(&before).cursor, b"one").await?;
    let first = tip(&before);
    drain(&mut before).await?;
    let read = tip(&before);
    let network = chain.network.clone();
    chain.anvil.shut_down()?;
    let anvil = gainsay_l1::anvil::Anvil::start(&arguments)?;
    network.verify_against_l1(anvil.client()).await?;
    let config = FollowConfig::new(network.contracts.inbox, network.contracts.rollup, network.contracts.matches, network.contracts.games);
    let mut after = L1Follower::new(anvil.client().clone(), config, vec![first])?;
    drain(&mut after).await?;
    assert_eq!(tip(&after), read);
    Ok(())
}

#[tokio::test]
async fn far_behind_the_head_empty_blocks_cost_no_request_each_and_too_long_ranges_are_halved() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let mut near = chain.follower_on(chain.anvil.client().clone()).await?;
    drain(&mut near).await?;
    chain.append_calldata(&tip(&near).cursor, b"one").await?;
    chain.anvil.mine(600).await?;
    drain(&mut near).await?;
    chain.append_calldata(&tip(&near).cursor, b"two").await?;
    chain.anvil.mine(600).await?;
    drain(&mut near).await?;

    // Some providers give the logs of a limited number of blocks.
    let proxy = Meddler::start(chain.anvil.url(), |asked, answer| {
        let block = |name: &str| asked["params"][0][name].as_str().and_then(|hex| u64::from_str_radix(&hex[2..], 16).ok());
        match (block("fromBlock"), block("toBlock")) {
            (Some(from), Some(to)) if to - from >= 150 => refuse(asked, -32_005, "query returned more than 10000 results"),
            _ => answer,
        }
    })
    .await?;
    let config = FollowConfig {
        recent: 20,
        range: 1_000,
        ..FollowConfig::new(
            chain.network.contracts.inbox,
            chain.network.contracts.rollup,
            chain.network.contracts.matches,
            chain.network.contracts.games,
        )
    };
    let mut far = chain.follower_with(proxy.client()?, config).await?;
    let updates = drain(&mut far).await?;
    assert_eq!((tip(&far).hash, tip(&far).cursor), (tip(&near).hash, tip(&near).cursor));
    let batches = events(&updates).into_iter().filter(|event| matches!(event, L1Event::Inbox(InboxEvent::Batch { .. }))).count();
    assert_eq!(batches, 2);
    let blocks = proxy.count("eth_getBlockByNumber") + proxy.count("eth_getBlockByHash");
    assert!(blocks < 160, "{blocks} blocks read for 1,200");
    let logs = proxy.count("eth_getLogs");
    assert!((1_180 / 150..70).contains(&logs), "{logs} requests for logs");
    Ok(())
}

#[tokio::test]
async fn far_behind_the_head_blocks_with_events_are_asked_for_a_few_at_a_time() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let mut near = chain.follower_on(chain.anvil.client().clone()).await?;
    for _ in 0..70 {
        chain.deposit(b"one of many").await?;
    }
    chain.anvil.mine(30).await?;
    let expected = drain(&mut near).await?;

    let proxy = Meddler::start(chain.anvil.url(), |_, answer| answer).await?;
    let contracts = chain.network.contracts;
    let config = FollowConfig { recent: 20, ..FollowConfig::new(contracts.inbox, contracts.rollup, contracts.matches, contracts.games) };
    let mut far = chain.follower_with(proxy.client()?, config).await?;
    let updates = drain(&mut far).await?;
    assert_eq!(events(&updates), events(&expected));
    assert_eq!((tip(&far).hash, tip(&far).cursor), (tip(&near).hash, tip(&near).cursor));
    assert!((2..=8).contains(&proxy.most_at_once()), "{} requests at a time", proxy.most_at_once());
    Ok(())
}

#[tokio::test]
async fn a_node_that_leaves_out_or_changes_an_event_is_found_out() -> eyre::Result<()> {
    let mut chain = Chain::new(&[]).await?;
    let mut honest = chain.follower_on(chain.anvil.client().clone()).await?;
    for payload in [b"one", b"two"] {
        drain(&mut honest).await?;
        chain.append_calldata(&tip(&honest).cursor, payload).await?;
    }
    let inbox = chain.network.contracts.inbox.to_string().to_lowercase();
    let is_log = move |log: &Value| log["address"].as_str().is_some_and(|address| address.to_lowercase() == inbox);

    let first_only = is_log.clone();
    let hiding = Meddler::start(chain.anvil.url(), move |_, mut answer| {
        if let Some(logs) = answer["result"].as_array_mut()
            && logs.iter().any(|log| first_only(log) && log["data"].as_str().unwrap().contains(&hex(b"one")))
        {
            logs.clear();
        }
        answer
    })
    .await?;
    let fault = fault_of(&mut chain.follower_on(hiding.client()?).await?).await;
    assert_eq!(fault, EventFault::Gap { entry: "batch", expected: 1, found: 2 });

    let changing = Meddler::start(chain.anvil.url(), move |_, mut answer| {
        for log in answer["result"].as_array_mut().into_iter().flatten().filter(|log| is_log(log)) {
            log["data"] = log["data"].as_str().unwrap().replace(&hex(b"two"), &hex(b"too")).into();
        }
        answer
    })
    .await?;
    let mut follower = chain.follower_on(changing.client()?).await?;
    assert_eq!(fault_of(&mut follower).await, EventFault::Payload { index: 2 });
    assert_eq!(tip(&follower).cursor.batches, 1, "the first batch was read and stays");
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    // Followed by padding, so that it cannot be found elsewhere.
    format!("{}0000000000", alloy::hex::encode(bytes))
}

/// Polls until the node is found out.
async fn fault_of(follower: &mut L1Follower) -> EventFault {
    loop {
        match follower.poll().await {
            Ok(polled) => assert!(!polled.caught_up, "the node was believed"),
            Err(error) => {
                assert_eq!(error.recovery(), Recovery::Retry);
                let L1Error::Events { fault, .. } = error else { panic!("{error}") };
                return fault;
            }
        }
    }
}

#[tokio::test]
async fn an_unreachable_node_gives_one_clear_line() -> eyre::Result<()> {
    let error = gainsay_l1::L1Client::connect("http://127.0.0.1:1/some/secret", 1).await.unwrap_err();
    assert_eq!(error.recovery(), Recovery::Retry);
    let line = error.to_string();
    assert!(line.starts_with("L1 at http://127.0.0.1:1 cannot be reached: ") && line.contains("refused"), "{line}");
    assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
    Ok(())
}
