//! A user takes everything to L1, whatever the sequencer does: with an L1 node, an own follower, an own challenger, and nobody's leave.

use crate::{
    crossing::{Crossing, Person, send},
    deeds::Money,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256, utils::parse_ether},
    providers::Provider,
};
use eyre::ensure;
use gainsay_tests::{Challenger, Node, Options, Patience, Setup, Status, eventually, same_chain};
use std::collections::BTreeMap;

/// So many L1 blocks on top of a deposit never come: the sequencer takes none.
const NO_DEPOSITS: [&str; 3] = ["--confirmations", "1000000", "--no-proposer"];

#[tokio::test(flavor = "multi_thread")]
async fn with_a_sequencer_that_ignores_deposits_a_user_takes_everything_to_l1() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let (sequencer, own) = (setup.sequencer_with("sequencer", &NO_DEPOSITS)?, setup.follower("own")?);
    sequencer.start_and_wait().await?;
    own.start_and_wait().await?;
    let mut crossing = Crossing::open(setup, &own, &["Eve", "Eve's stake"]).await?;
    let eve = crossing.people[0];

    let token = crossing.token.to_string();
    crossing.bridge(&eve, &["token", &token, "--create", "--forced"]).await?;
    force(&crossing, &eve).await?;
    eventually("the token is on L2", Patience::secs(60), async || {
        let told = crossing.bridge(&eve, &["token", &token, "--l2-rpc", own.url().as_str()]).await?;
        Ok((!told.contains("nothing stands for it")).then_some(()))
    })
    .await?;
    let ether = parse_ether("5")? + U256::from(11);
    crossing.deposit(&eve, &own, Money::Ether(ether), eve.address).await?;
    crossing.deposit(&eve, &own, Money::Tokens(777), eve.address).await?;
    crossing.setup.l1.advance(3).await?;
    ensure!(sequencer.balance(eve.address).await?.is_zero(), "the sequencer does not ignore deposits");
    force(&crossing, &eve).await?;
    arrives(&own, &eve, ether).await?;
    crossing.books.check("after forced deposits").await?;

    // It goes on making blocks, on what was forced, and takes no deposit into them.
    arrives(&sequencer, &eve, ether).await?;
    let nonce = own.nonce(eve.address, "safe").await?;
    send(&eve, &sequencer, Address::repeat_byte(0xbb), U256::from(1), Bytes::new()).await?;
    let posted = async || Ok((own.nonce(eve.address, "safe").await? > nonce).then_some(()));
    eventually("Eve's transaction is on L1", Patience::secs(60), posted).await?;
    let ether = own.balance(eve.address).await?;
    leave(&mut crossing, &own, ether, 777).await?;
    let tip = own.head("safe").await?;
    sequencer.reaches("safe", tip, Patience::secs(60)).await?;
    same_chain(&sequencer, &own, tip).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_sequencer_gone_for_good_a_user_takes_everything_to_l1() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let sequencer = setup.sequencer("sequencer")?;
    sequencer.start_and_wait().await?;
    let mut crossing = Crossing::open(setup, &sequencer, &["Eve", "Eve's stake", "Bob"]).await?;
    let [eve, bob] = [crossing.people[0], crossing.people[2]];
    crossing.deposit_and_wait(&eve, &sequencer, Money::Ether(parse_ether("4")?), eve.address).await?;
    let token = crossing.token.to_string();
    crossing.bridge(&eve, &["token", &token, "--create", "--l2-rpc", sequencer.url().as_str()]).await?;
    crossing.deposit_and_wait(&eve, &sequencer, Money::Tokens(500), eve.address).await?;
    send(&eve, &sequencer, bob.address, parse_ether("1")?, Bytes::new()).await?;
    crossing.books.check("before the sequencer is gone").await?;
    let tip = sequencer.head("latest").await?;
    sequencer.reaches("safe", tip, Patience::secs(60)).await?;
    let ether = sequencer.balance(eve.address).await?;
    sequencer.kill()?;
    crossing.setup.l1.advance(1).await?;
    let gone = crossing.setup.l1.height().await?;

    let own = crossing.setup.follower("own")?;
    own.start_and_wait().await?;
    own.reaches("safe", tip, Patience::secs(60)).await?;
    crossing.books.ask(&own);
    leave(&mut crossing, &own, ether, 500).await?;
    only_these_act(&crossing, gone, &crossing.people[..2]).await
}

/// Since a block of L1, nobody else has sent anything there. Prints what it cost.
async fn only_these_act(crossing: &Crossing, since: u64, people: &[Person]) -> eyre::Result<()> {
    let l1 = &crossing.setup.l1;
    let mut acts = BTreeMap::<_, (u64, u64)>::new();
    for number in since + 1..=l1.height().await? {
        for receipt in l1.provider().get_block_receipts(number.into()).await?.unwrap_or_default() {
            let (transactions, gas) = acts.entry(receipt.from).or_default();
            (*transactions, *gas) = (*transactions + 1, *gas + receipt.gas_used);
        }
    }
    for person in people {
        let (transactions, gas) = acts.remove(&person.address).unwrap_or_default();
        eprintln!("{}: {transactions} transactions, {gas} gas on L1", person.name);
        ensure!(transactions > 0, "{} has sent nothing", person.name);
    }
    ensure!(acts.is_empty(), "others have sent transactions to L1: {acts:?}");
    Ok(())
}

/// Takes all that the first person has on L2 to L1. Only this person's own programs take part.
async fn leave(crossing: &mut Crossing, own: &Node, ether: U256, tokens: u64) -> eyre::Result<()> {
    let [eve, stake] = [crossing.people[0], crossing.people[1]];
    arrives(own, &eve, ether).await?;
    let challenger = crossing.setup.challenger_with_key("challenger", stake.account, &["--propose"])?;
    challenger.0.start_and_wait().await?;

    let mut withdrawals = Vec::new();
    for money in [Money::AllTokens, Money::AllEther] {
        withdrawals.push(crossing.withdraw(&eve, own, money, &["--forced"]).await?);
    }
    force(crossing, &eve).await?;
    eventually("nothing is left on L2", Patience::secs(60), async || Ok(own.balance(eve.address).await?.is_zero().then_some(()))).await?;
    crossing.books.check("after forced withdrawals").await?;
    ensure!(crossing.books.on_the_way() == (ether, U256::from(tokens)), "not everything has left L2");

    for withdrawal in &withdrawals {
        take(crossing, own, &eve, *withdrawal).await?;
        crossing.books.check("after a payment").await?;
    }
    ensure!(crossing.books.on_the_way() == (U256::ZERO, U256::ZERO), "something is still on the way");
    get_bond_back(crossing, &challenger, &stake).await
}

async fn take(crossing: &Crossing, own: &Node, eve: &Person, withdrawal: B256) -> eyre::Result<()> {
    crossing.reaches(eve, own, withdrawal, &["ready-to-prove"]).await?;
    crossing.command(eve, own, "prove", withdrawal).await?;
    crossing.pass_time(eve, own, withdrawal).await?;
    crossing.command(eve, own, "finalize", withdrawal).await?;
    ensure!(crossing.stage(eve, own, withdrawal).await? == "delivered", "it was not paid");
    Ok(())
}

/// Forces everything in that waits, once the inclusion delay is over.
async fn force(crossing: &Crossing, who: &Person) -> eyre::Result<()> {
    let (done, why) = crossing.try_bridge(who, &["force-include"]).await?;
    ensure!(!done && why.contains("can be forced in"), "a deposit was forced before its time: {why}");
    crossing.setup.l1.skip_time(60).await?;
    crossing.bridge(who, &["force-include"]).await?;
    Ok(())
}

async fn arrives(node: &Node, who: &Person, wei: U256) -> eyre::Result<()> {
    eventually("the deposit is on L2", Patience::secs(30), async || {
        let found = node.balance(who.address).await?;
        ensure!(found == wei, "{} has {found} wei, not {wei}", who.name);
        Ok(Some(()))
    })
    .await
    .inspect_err(|_| eprintln!("{}", node.log().unwrap_or_default()))
}

/// The stake has nothing left to do: its owner's challenger, no longer told to claim, leaves with the bond.
async fn get_bond_back(crossing: &mut Crossing, challenger: &Challenger, stake: &Person) -> eyre::Result<()> {
    challenger.0.stop()?;
    let leaving = crossing.setup.challenger_with_key("challenger", stake.account, &[])?;
    leaving.0.start_and_wait().await?;
    eventually("the bond is back", Patience::secs(120), async || {
        let disputes = crossing.setup.disputes().await?;
        let stakes: Vec<_> = disputes.stakes_of(stake.address).collect();
        ensure!(!stakes.is_empty(), "nothing was staked");
        ensure!(stakes.iter().all(|one| one.status == Status::Withdrawn), "{stakes:?}");
        Ok(disputes.paid.contains_key(&stake.address).then_some(()))
    })
    .await?;
    crossing.books.check("with the bond back").await
}
