//! Whatever people do, in whatever order, and whatever L1 drops and somebody lies: no wei is lost or made.

mod events;

use crate::{
    crossing::{Crossing, Person, TOKENS, send},
    deeds::Money,
};
use alloy::primitives::{Address, B256, Bytes, U256, utils::parse_ether};
use eyre::{OptionExt, ensure};
use gainsay_tests::{Node, Options, Patience, Random, Setup, Token, eventually};

/// How much people do between the events: a deposit that L1 drops, a lie, its end with a proof and a payment that L1 drops.
const STEPS: [u64; 4] = [6, 5, 5, 5];
/// Seconds: time enough for two busy cores to answer a liar.
const CLOCKS: [(&str, u64); 4] =
    [("/rollup/challengeWindow", 120), ("/rollup/clock", 50), ("/rollup/extension", 15), ("/rollup/assertionPeriod", 6)];

/// A withdrawal on its way.
struct Pending {
    who: Person,
    transaction: B256,
    proved: bool,
}

/// People, and chance.
struct Play {
    crossing: Crossing,
    sequencer: Node,
    random: Random,
    /// The token on L2.
    twin: Address,
    pending: Vec<Pending>,
    /// While somebody lies no window is hurried along.
    quiet: bool,
    steps: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wei_is_lost_or_made_whatever_people_do_and_l1_drops_and_somebody_lies() -> eyre::Result<()> {
    let mut play = Play::start().await?;
    for _ in 0..STEPS[0] {
        play.step().await?;
    }
    play.a_deposit_is_dropped().await?;
    for _ in 0..STEPS[1] {
        play.step().await?;
    }
    let liar = play.somebody_lies().await?;
    for _ in 0..STEPS[2] {
        play.step().await?;
    }
    play.the_liar_loses(&liar).await?;
    play.a_proof_and_a_payment_are_dropped().await?;
    for _ in 0..STEPS[3] {
        play.step().await?;
    }
    play.everything_is_paid().await
}

impl Play {
    async fn start() -> eyre::Result<Self> {
        let random = Random::from_env("bridge");
        let params = CLOCKS.map(|(name, seconds)| (name, seconds.into())).to_vec();
        let setup = Setup::start(Options { params, ..Options::default() }).await?;
        let sequencer = setup.sequencer_with("sequencer", &["--batch-interval", "1"])?;
        sequencer.start_and_wait().await?;
        let crossing = Crossing::open(setup, &sequencer, &["Ada", "Bob", "Cy"]).await?;
        let mut play = Self { crossing, sequencer, random, twin: Address::ZERO, pending: Vec::new(), quiet: true, steps: 0 };
        for who in play.crossing.people.clone() {
            play.crossing.deposit(&who, &play.sequencer, Money::Ether(parse_ether("10")?), who.address).await?;
        }
        play.crossing.books.check("at first").await?;
        let made = ["token", &play.crossing.token.to_string(), "--create", "--l2-rpc", play.sequencer.url().as_str()];
        let made = play.crossing.bridge_json(&play.crossing.people[0], &made).await?;
        play.twin = made["twin"].as_str().ok_or_eyre("no token on L2")?.parse()?;
        Ok(play)
    }

    fn somebody(&mut self) -> Person {
        self.crossing.people[self.random.below(self.crossing.people.len() as u64) as usize]
    }

    /// Below a hundredth of an ether, rarely a round number.
    fn wei(&mut self) -> U256 {
        U256::from(1 + self.random.below(10_000_000_000_000_000))
    }

    /// One thing that somebody does, and the books after it.
    async fn step(&mut self) -> eyre::Result<()> {
        self.steps += 1;
        let (who, whom) = (self.somebody(), self.somebody());
        let tokens = U256::from_be_slice(&self.sequencer.call(self.twin, Token::balance_of(who.address)).await?);
        let tokens: u64 = tokens.try_into()?;
        let provable = self.pending.iter().any(|one| !one.proved);
        let proved = self.pending.iter().any(|one| one.proved);
        let what = match self.random.below(11) {
            0 => self.deposit(&who, &whom).await?,
            1 => self.transfer(&who, &whom).await?,
            2 => self.withdraw(&who, &whom).await?,
            3 => self.deposit_in_vain(&who).await?,
            4 => self.withdraw_in_vain(&who).await?,
            5 if tokens > 0 => self.transfer_tokens(&who, &whom, tokens).await?,
            6 if tokens > 0 => self.withdraw_tokens(&who, &whom, tokens).await?,
            7 | 8 if provable => self.prove_one().await?,
            9 if proved => self.finalise_one().await?,
            _ => self.deposit_tokens(&who, &whom).await?,
        };
        eprintln!("step {}: {what}", self.steps);
        self.crossing.books.check(&format!("after step {}: {what}", self.steps)).await
    }

    async fn deposit(&mut self, who: &Person, whom: &Person) -> eyre::Result<String> {
        let wei = self.wei();
        self.crossing.deposit(who, &self.sequencer, Money::Ether(wei), whom.address).await?;
        Ok(format!("{} deposits {wei} wei for {}", who.name, whom.name))
    }

    async fn deposit_tokens(&mut self, who: &Person, whom: &Person) -> eyre::Result<String> {
        let amount = 1 + self.random.below(TOKENS / 100);
        self.crossing.deposit(who, &self.sequencer, Money::Tokens(amount), whom.address).await?;
        Ok(format!("{} deposits {amount} tokens for {}", who.name, whom.name))
    }

    async fn transfer(&mut self, who: &Person, whom: &Person) -> eyre::Result<String> {
        let wei = self.wei();
        send(who, &self.sequencer, whom.address, wei, Bytes::new()).await?;
        Ok(format!("{} sends {wei} wei to {} on L2", who.name, whom.name))
    }

    async fn transfer_tokens(&mut self, who: &Person, whom: &Person, owned: u64) -> eyre::Result<String> {
        let amount = 1 + self.random.below(owned);
        send(who, &self.sequencer, self.twin, U256::ZERO, Token::transfer(whom.address, amount)).await?;
        Ok(format!("{} sends {amount} tokens to {} on L2", who.name, whom.name))
    }

    async fn withdraw(&mut self, who: &Person, whom: &Person) -> eyre::Result<String> {
        let wei = self.wei();
        let how: &[&str] = [&["--raw"][..], &["--forced"], &[], &[]][self.random.below(4) as usize];
        self.begin(who, (whom.name, whom.address), Money::Ether(wei), how).await
    }

    async fn withdraw_tokens(&mut self, who: &Person, whom: &Person, owned: u64) -> eyre::Result<String> {
        let amount = 1 + self.random.below(owned);
        let how: &[&str] = [&["--forced"][..], &[], &[]][self.random.below(3) as usize];
        self.begin(who, (whom.name, whom.address), Money::Tokens(amount), how).await
    }

    /// A deposit whose call fails on L2: its ether stays with its sender there.
    async fn deposit_in_vain(&mut self, who: &Person) -> eyre::Result<String> {
        let (wei, to) = (self.wei(), self.twin.to_string());
        let (value, node) = (wei.to_string(), self.sequencer.url().clone());
        let arguments = ["deposit", "--to", &to, "--value", &value, "--data", "0xdeadbeef", "--l2-rpc", node.as_str()];
        self.crossing.bridge_json(who, &arguments).await?;
        Ok(format!("{} deposits {wei} wei with a call that fails", who.name))
    }

    /// A withdrawal whose call fails on L1, straight from the message passer: its ether stays in the Portal.
    async fn withdraw_in_vain(&mut self, who: &Person) -> eyre::Result<String> {
        let (wei, games) = (self.wei(), self.crossing.setup.addresses.games);
        self.begin(who, ("who refuses", games), Money::Ether(wei), &["--raw"]).await
    }

    async fn begin(&mut self, who: &Person, (whom, to): (&str, Address), money: Money, how: &[&str]) -> eyre::Result<String> {
        let to = to.to_string();
        let transaction = self.crossing.withdraw(who, &self.sequencer, money, &[how, &["--to", &to]].concat()).await?;
        let done = async || self.sequencer.succeeded(transaction).await;
        let done = eventually("the withdrawal is in a block", Patience::secs(60), done).await?;
        ensure!(done, "the withdrawal {transaction} reverted");
        self.pending.push(Pending { who: *who, transaction, proved: false });
        Ok(format!("{} withdraws {money} to {whom} {how:?}", who.name))
    }

    /// Proves the oldest that is not proved.
    async fn prove_one(&mut self) -> eyre::Result<String> {
        let place = self.pending.iter().position(|one| !one.proved).ok_or_eyre("nothing is to be proved")?;
        let Pending { who, transaction, .. } = self.pending[place];
        self.crossing.reaches(&who, &self.sequencer, transaction, &["ready-to-prove"]).await?;
        self.crossing.command(&who, &self.sequencer, "prove", transaction).await?;
        self.pending[place].proved = true;
        Ok(format!("{} proves {transaction}", who.name))
    }

    /// Finalises the oldest that is proved. While somebody lies it may be too early: then nothing happens.
    async fn finalise_one(&mut self) -> eyre::Result<String> {
        let place = self.pending.iter().position(|one| one.proved).ok_or_eyre("nothing is to be finalised")?;
        let Pending { who, transaction, .. } = self.pending[place];
        if self.quiet {
            self.crossing.pass_time(&who, &self.sequencer, transaction).await?;
        }
        let ready = self.crossing.stage(&who, &self.sequencer, transaction).await? == "ready-to-finalize";
        let hash = transaction.to_string();
        let arguments = ["finalize", &hash, "--l2-rpc", self.sequencer.url().as_str()];
        let (done, why) = self.crossing.try_bridge(&who, &arguments).await?;
        ensure!(done || (!ready && why.contains("it can be finalised")), "{why}");
        if done {
            self.pending.remove(place);
        }
        Ok(format!("{} finalises {transaction}: {done}", who.name))
    }
}
