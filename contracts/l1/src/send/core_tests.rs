use super::core::*;
use super::fees::*;
use alloy::primitives::B256;
use std::time::Duration;

const MARKET: Market = Market { base_fee: 100, tip: 10, blob_base_fee: 1 };

fn policy() -> SendPolicy {
    SendPolicy {
        min_tip: 1,
        max_fee_cap: 1_000,
        blob_fee_cap: 100,
        bump_after: Duration::from_secs(10),
        confirmations: 2,
        ..SendPolicy::default()
    }
}

fn seen(now: u64) -> Observation {
    Observation { now: Duration::from_secs(now), head: 5, mined_nonce: 7, mined: None, known: true, market: MARKET }
}

fn hash(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

/// Expects a publication and tells the core that the node took it.
#[track_caller]
fn publish(core: &mut Sending, seen: &Observation, as_hash: u8) -> Attempt {
    let Action::Publish { fees, purpose } = core.next(seen) else { panic!("nothing published") };
    let attempt = Attempt { hash: hash(as_hash), fees, purpose };
    core.published(attempt, seen.now);
    attempt
}

#[test]
fn a_transaction_is_done_once_it_is_deep_enough() {
    let mut core = Sending::new(policy(), false, 7);
    let sent = publish(&mut core, &seen(0), 1);
    assert_eq!(sent.fees, Fees { max_fee: 210, tip: 10, blob_fee: 2 });
    assert_eq!(core.next(&seen(1)), Action::Wait);
    let mined = Observation { mined_nonce: 8, mined: Some((hash(1), 6)), head: 6, ..seen(2) };
    assert_eq!(core.next(&mined), Action::Wait);
    assert_eq!(core.next(&Observation { head: 7, ..mined }), Action::Done(sent));
}

#[test]
fn fees_rise_each_time_the_patience_is_over_and_stop_at_the_cap() {
    let mut core = Sending::new(policy(), false, 7);
    let mut now = 0;
    let mut offers = vec![publish(&mut core, &seen(now), 0).fees.max_fee];
    loop {
        assert_eq!(core.next(&seen(now + 9)), Action::Wait);
        now += 10;
        if core.next(&seen(now)) == Action::Wait {
            break;
        }
        offers.push(publish(&mut core, &seen(now), now as u8).fees.max_fee);
    }
    assert!(offers.windows(2).all(|pair| pair[1] * 10 >= pair[0] * 11), "{offers:?}");
    assert!(*offers.last().unwrap() <= 1_000 && offers.last().unwrap() * 112 / 100 >= 1_000, "{offers:?}");
    assert_eq!(core.next(&Observation { known: false, ..seen(now + 50) }), Action::Rebroadcast, "dropped at the cap");
}

#[test]
fn an_earlier_attempt_that_is_mined_counts() {
    let mut core = Sending::new(policy(), false, 7);
    let first = publish(&mut core, &seen(0), 1);
    publish(&mut core, &seen(10), 2);
    let mined = Observation { mined_nonce: 8, mined: Some((hash(1), 6)), head: 9, ..seen(11) };
    assert_eq!(core.next(&mined), Action::Done(first));
}

#[test]
fn a_transaction_that_a_reorg_took_out_is_sent_again() {
    let mut core = Sending::new(policy(), false, 7);
    let sent = publish(&mut core, &seen(0), 1);
    assert_eq!(core.next(&Observation { mined_nonce: 8, mined: Some((hash(1), 6)), head: 6, ..seen(1) }), Action::Wait);
    assert_eq!(core.next(&Observation { known: false, head: 6, ..seen(2) }), Action::Rebroadcast);
    assert_eq!(core.next(&Observation { mined_nonce: 8, mined: Some((hash(1), 7)), head: 8, ..seen(3) }), Action::Done(sent));
}

#[test]
fn a_blob_transaction_is_cancelled_with_all_prices_doubled_at_once() {
    let mut core = Sending::new(policy(), true, 7);
    let first = publish(&mut core, &seen(0), 1);
    core.cancel();
    let cancel = publish(&mut core, &seen(1), 2);
    assert_eq!(cancel.purpose, Purpose::Cancel);
    assert_eq!(cancel.fees, Fees { max_fee: 2 * first.fees.max_fee, tip: 2 * first.fees.tip, blob_fee: 2 * first.fees.blob_fee });
    assert_eq!(core.next(&seen(2)), Action::Wait);
    assert_eq!(publish(&mut core, &seen(11), 3).purpose, Purpose::Cancel, "a cancellation is bumped like anything else");
}

#[test]
fn cancelling_before_anything_was_sent_sends_nothing() {
    let mut core = Sending::new(policy(), false, 7);
    core.cancel();
    assert_eq!(core.next(&seen(0)), Action::Cancelled);
}

#[test]
fn a_nonce_that_another_transaction_took_is_reported_after_a_few_looks() {
    let mut core = Sending::new(policy(), false, 7);
    publish(&mut core, &seen(0), 1);
    let taken = Observation { mined_nonce: 8, known: false, ..seen(1) };
    let looks = (0..10).map(|_| core.next(&taken)).take_while(|action| *action == Action::Wait).count();
    assert_eq!(looks, 4);
    assert_eq!(core.next(&taken), Action::NonceTaken);
}

#[test]
fn refusals_raise_the_offer_and_end_when_nothing_is_pending() {
    let mut core = Sending::new(policy(), false, 7);
    let mut offers = Vec::new();
    loop {
        match core.next(&seen(0)) {
            Action::Publish { fees, .. } => {
                offers.push(fees.max_fee);
                core.refused(fees, Duration::ZERO);
            }
            other => {
                assert_eq!(other, Action::GiveUp);
                break;
            }
        }
    }
    assert_eq!(offers.len(), 5);
    assert!(offers.is_sorted_by(|a, b| a < b));
}

#[test]
fn refused_bumps_leave_the_pending_attempt_to_be_mined() {
    let mut core = Sending::new(policy(), false, 7);
    let sent = publish(&mut core, &seen(0), 1);
    for _ in 0..5 {
        let Action::Publish { fees, .. } = core.next(&seen(10)) else { panic!("not bumped") };
        core.refused(fees, Duration::from_secs(10));
    }
    assert_eq!(core.next(&seen(19)), Action::Wait);
    let Action::Publish { fees, .. } = core.next(&seen(20)) else { panic!("not tried again once the patience is over") };
    assert_eq!(Some(fees), policy().bump(&sent.fees, &MARKET, false), "from what is pending, not from what was refused");
    core.refused(fees, Duration::from_secs(20));
    assert_eq!(core.next(&Observation { mined_nonce: 8, mined: Some((hash(1), 6)), head: 9, ..seen(31) }), Action::Done(sent));
}

#[test]
fn a_cancellation_at_the_cap_takes_the_place_of_what_the_node_has_forgotten() {
    let mut core = Sending::new(SendPolicy { max_fee_cap: 210, ..policy() }, false, 7);
    let sent = publish(&mut core, &seen(0), 1);
    core.cancel();
    assert_eq!(core.next(&seen(1)), Action::Wait, "beyond the cap it cannot be replaced");
    let cancel = publish(&mut core, &Observation { known: false, ..seen(2) }, 2);
    assert_eq!((cancel.purpose, cancel.fees), (Purpose::Cancel, sent.fees));
}
