//! A network on which somebody lies, and what must come of it.

use alloy::primitives::{Address, B256, U256};
use eyre::{OptionExt, ensure};
use gainsay_bindings::Rollup;
use gainsay_tests::{
    Challenger, Disputes, Match, Node, Options, Patience, Setup, Spending, Status, Verdict, accounts, ether, eventually, owner_of,
};
use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Ether of everybody who plays.
const PURSE: u64 = 10;
/// Nothing happened on L1 for so long: what is waited for is time itself.
const STANDSTILL: Duration = Duration::from_secs(3);

/// The clocks of a network, in seconds: W, C and E.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    pub(crate) window: u64,
    pub(crate) clock: u64,
    pub(crate) extension: u64,
}

impl Clocks {
    /// Wide enough for two busy cores: who plays on is never late.
    pub(crate) const WIDE: Self = Self { window: 900, clock: 400, extension: 60 };
}

/// L1, a sequencer, and all who dispute.
pub(crate) struct Arena {
    pub(crate) setup: Setup,
    pub(crate) sequencer: Node,
    pub(crate) clocks: Clocks,
    /// What the honest ones had at first.
    honest: BTreeMap<Address, (String, U256)>,
    /// All that lie, for messages.
    liars: BTreeMap<Address, String>,
    nodes: Vec<Node>,
    began: Instant,
}

impl Arena {
    /// Starts L1 and a sequencer without a proposer, and makes blocks.
    pub(crate) async fn start(clocks: Clocks) -> eyre::Result<Self> {
        Self::with(clocks, "calldata", &["--no-proposer"]).await
    }

    /// The same with the proposer, who is one of the honest ones then.
    pub(crate) async fn with_proposer(clocks: Clocks) -> eyre::Result<Self> {
        let mut arena = Self::with(clocks, "calldata", &[]).await?;
        arena.count_on("the proposer", accounts::signer(accounts::PROPOSER)?.address()).await?;
        Ok(arena)
    }

    /// The same, with batches in blobs.
    pub(crate) async fn in_blobs(clocks: Clocks) -> eyre::Result<Self> {
        let mut arena = Self::with(clocks, "blobs", &[]).await?;
        arena.count_on("the proposer", accounts::signer(accounts::PROPOSER)?.address()).await?;
        Ok(arena)
    }

    async fn with(clocks: Clocks, da: &'static str, extra: &[&str]) -> eyre::Result<Self> {
        let params = vec![
            ("/rollup/challengeWindow", clocks.window.into()),
            ("/rollup/clock", clocks.clock.into()),
            ("/rollup/extension", clocks.extension.into()),
        ];
        let setup = Setup::start(Options { da, params, ..Options::default() }).await?;
        let sequencer = setup.sequencer_with("sequencer", &[extra, &["--batch-interval", "1"]].concat())?;
        let began = Instant::now();
        let arena = Self { setup, sequencer, clocks, honest: BTreeMap::new(), liars: BTreeMap::new(), nodes: Vec::new(), began };
        arena.sequencer.start_and_wait().await?;
        arena.blocks(4).await?;
        Ok(arena)
    }

    /// Makes at least so many L2 blocks, one after the other, by deposits.
    pub(crate) async fn blocks(&self, count: u64) -> eyre::Result<()> {
        for _ in 0..count {
            let next = self.sequencer.head("safe").await? + 1;
            self.setup.deposit(Address::repeat_byte(next as u8), 1).await?;
            self.sequencer.reaches("safe", next, Patience::secs(60)).await?;
        }
        Ok(())
    }

    /// An honest account, whose balance counts from now on.
    async fn count_on(&mut self, name: &str, account: Address) -> eyre::Result<()> {
        let balance = self.setup.l1.balance(account).await?;
        self.honest.insert(account, (name.to_owned(), balance));
        Ok(())
    }

    /// Gives an account what it takes to play.
    pub(crate) async fn endow(&self, account: Address) -> eyre::Result<()> {
        self.setup.l1.fund(account, wei(PURSE)).await
    }

    /// An honest challenger with a key of its own, not started.
    pub(crate) async fn challenger(&mut self, name: &str, account: u32, extra: &[&str]) -> eyre::Result<Challenger> {
        let address = accounts::signer(account)?.address();
        self.endow(address).await?;
        self.count_on(name, address).await?;
        self.setup.challenger_with_key(name, account, extra)
    }

    /// Starts a process that lies with the keys of these accounts: numbers from 0 on. Gives their addresses.
    pub(crate) async fn lie(&mut self, name: &str, keys: Range<u32>, how: &[&str]) -> eyre::Result<Vec<Address>> {
        let keys = accounts::LIARS + keys.start..accounts::LIARS + keys.end;
        let mut addresses = Vec::new();
        for key in keys.clone() {
            let address = accounts::signer(key)?.address();
            self.endow(address).await?;
            self.liars.insert(address, name.to_owned());
            addresses.push(address);
        }
        let liar = self.setup.liar(name, keys, how)?;
        liar.start_and_wait().await?;
        self.nodes.push(liar);
        Ok(addresses)
    }

    /// Somebody who lies without a process of this harness.
    pub(crate) fn expect_liar(&mut self, name: &str, account: Address) {
        self.liars.insert(account, name.to_owned());
    }

    /// Everybody who lies.
    pub(crate) fn liars(&self) -> Vec<Address> {
        self.liars.keys().copied().collect()
    }

    /// Ends the processes that lie; for those that have nothing left to lose.
    pub(crate) fn silence(&mut self) -> eyre::Result<()> {
        self.nodes.drain(..).try_for_each(|node| node.kill())
    }

    /// Waits until `what` holds of the disputes on L1. Where nothing happens and no honest stake is on turn, time passes faster.
    pub(crate) async fn until(&self, what: &str, patience: Patience, holds: impl Fn(&Disputes) -> bool) -> eyre::Result<Disputes> {
        let (mut seen, mut since) = (0, Instant::now());
        let end = Instant::now() + patience.0;
        loop {
            let disputes = self.setup.disputes().await?;
            if holds(&disputes) {
                return Ok(disputes);
            }
            ensure!(Instant::now() < end, "not within {:?}: {what}; {}", patience.0, self.story(&disputes));
            self.nodes.iter().try_for_each(Node::check_alive)?;
            let all = disputes.moves() + disputes.stakes.len() + disputes.assertions.len();
            if all != seen {
                (seen, since) = (all, Instant::now());
            }
            if since.elapsed() > STANDSTILL && !self.awaits_honest(&disputes) {
                self.setup.l1.skip_time(self.clocks.extension / 8).await?;
            }
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// Whether an honest stake is on turn anywhere, or no match is on.
    fn awaits_honest(&self, disputes: &Disputes) -> bool {
        let mut ongoing = disputes.matches.values().filter(|found| disputes.is_ongoing(found)).peekable();
        ongoing.peek().is_none() || ongoing.any(|found| self.honest.contains_key(&owner_of(found.on_turn)))
    }

    /// Waits until everybody who lies has staked and lost all stakes.
    pub(crate) async fn all_lose(&self, patience: Patience) -> eyre::Result<Disputes> {
        self.lose(&self.liars(), patience).await
    }

    /// Waits until these have staked and lost all stakes.
    pub(crate) async fn lose(&self, liars: &[Address], patience: Patience) -> eyre::Result<Disputes> {
        let disputes = self.until("everybody who lies loses", patience, |d| self.has_lost(liars, d)).await?;
        self.nobody_honest_loses(&disputes)?;
        Ok(disputes)
    }

    /// Whether these have staked and lost all stakes.
    pub(crate) fn has_lost(&self, liars: &[Address], disputes: &Disputes) -> bool {
        liars.iter().all(|liar| {
            let mut stakes = disputes.stakes_of(*liar).peekable();
            stakes.peek().is_some() && stakes.all(|stake| stake.status == Status::Defeated)
        })
    }

    fn nobody_honest_loses(&self, disputes: &Disputes) -> eyre::Result<()> {
        for (account, (name, _)) in &self.honest {
            let lost = disputes.stakes_of(*account).find(|stake| stake.status == Status::Defeated);
            ensure!(lost.is_none(), "{name} has lost {lost:?}; {}", self.story(disputes));
        }
        Ok(())
    }

    /// Lets the windows close. The truth must be confirmed, the honest must leave with their bonds and prizes, and have more than at first.
    pub(crate) async fn settle(&self, challenger: &Challenger, patience: Patience) -> eyre::Result<Disputes> {
        let before = self.setup.disputes().await?;
        let claimed = self.right_tips(&before);
        ensure!(!claimed.is_empty(), "nobody honest has a stake");
        let rollup = Rollup::new(self.setup.addresses.rollup, self.setup.l1.provider());
        let bond = rollup.bond().call().await?;
        let end = Instant::now() + patience.0;
        self.setup.l1.skip_time(self.clocks.window).await?;
        let disputes = loop {
            let disputes = self.setup.disputes().await?;
            self.nobody_honest_loses(&disputes)?;
            let missing = self.missing(&disputes, &claimed, bond).await?;
            let Some(missing) = missing else { break disputes };
            ensure!(Instant::now() < end, "{missing} after {:?}; {}", patience.0, self.story(&disputes));
            sleep(Duration::from_millis(500)).await;
        };
        self.check_verdicts(&disputes, challenger).await?;
        Ok(disputes)
    }

    /// The assertions on which the honest stand.
    fn right_tips(&self, disputes: &Disputes) -> Vec<B256> {
        let honest = self.honest.keys().flat_map(|account| disputes.stakes_of(*account));
        honest.filter_map(|stake| stake.path.last().copied()).collect()
    }

    /// What has not come about yet, of what must.
    async fn missing(&self, disputes: &Disputes, claimed: &[B256], bond: U256) -> eyre::Result<Option<String>> {
        if let Some(open) = claimed.iter().find(|id| !disputes.confirmed.contains(id)) {
            return Ok(Some(format!("the true assertion {open} is not confirmed")));
        }
        for (account, (name, before)) in &self.honest {
            let stakes: Vec<_> = disputes.stakes_of(*account).collect();
            let played = |stake: U256| disputes.matches.values().any(|found| found.played.iter().any(|one| one.mover == stake));
            if let Some(stake) = stakes.iter().find(|stake| played(stake.id) && stake.status == Status::Live) {
                return Ok(Some(format!("{name} has not withdrawn {}", stake.id)));
            }
            let left = stakes.iter().filter(|stake| stake.status == Status::Withdrawn).count();
            let due = bond * U256::from(left) + disputes.prizes.get(account).copied().unwrap_or_default();
            let paid = disputes.paid.get(account).copied().unwrap_or_default();
            if paid < due {
                return Ok(Some(format!("{name} was paid {} of {} ETH", ether(paid), ether(due))));
            }
            // What is bound in a stake that goes on is its own still.
            let bound = bond * U256::from(stakes.iter().filter(|stake| stake.status == Status::Live).count());
            let now = self.setup.l1.balance(*account).await? + bound;
            if now <= *before {
                return Ok(Some(format!("{name} had {} ETH and has {}", ether(*before), ether(now))));
            }
        }
        Ok(None)
    }

    /// What a challenger holds of the assertions is what L1 made of them.
    async fn check_verdicts(&self, disputes: &Disputes, challenger: &Challenger) -> eyre::Result<()> {
        let all = eventually("the challenger has its verdicts", Patience::secs(30), async || Ok(Some(challenger.assertions()?))).await?;
        for one in all.iter().filter(|one| one.confirmed) {
            ensure!(one.verdict == Verdict::Agree, "confirmed: {one:?}");
        }
        for liar in self.liars.keys() {
            let tip = disputes.stakes_of(*liar).next().and_then(|stake| stake.path.last().copied()).ok_or_eyre("a liar claims nothing")?;
            let verdict = all.iter().find(|one| one.id == tip).map(|one| &one.verdict);
            // Settled assertions are forgotten in the end.
            let is_false = |verdict: &Verdict| match verdict {
                Verdict::Disagree { .. } => true,
                Verdict::Other(words) => words.contains("ancestor"),
                Verdict::Agree => false,
            };
            ensure!(verdict.is_none_or(is_false), "on {tip}: {verdict:?}");
        }
        Ok(())
    }

    /// A name for who owns a stake.
    pub(crate) fn name(&self, stake: U256) -> String {
        let owner = owner_of(stake);
        let honest = self.honest.get(&owner).map(|(name, _)| name.clone());
        honest.or_else(|| self.liars.get(&owner).cloned()).unwrap_or_else(|| owner.to_string())
    }

    /// All matches in words.
    pub(crate) fn story(&self, disputes: &Disputes) -> String {
        let mut lines = vec![format!("{} assertions, {} confirmed", disputes.assertions.len(), disputes.confirmed.len())];
        let mut stakes = BTreeMap::<_, usize>::new();
        for stake in disputes.stakes.values() {
            let words = format!("  {:?} stakes of {} on {} assertions", stake.status, self.name(stake.id), stake.path.len());
            *stakes.entry(words).or_default() += 1;
        }
        lines.extend(stakes.into_iter().map(|(words, count)| format!("{words}: {count}")));
        let first = disputes.matches.values().map(|found| found.opened).min().unwrap_or_default();
        lines.extend(disputes.matches.values().map(|found| format!("  {}", self.line(disputes, found, first))));
        lines.join("\n")
    }

    fn line(&self, disputes: &Disputes, found: &Match, first: u64) -> String {
        let [a, b] = found.sides.map(|side| self.name(side));
        let segments: Vec<_> = found.played.iter().map(|one| one.segment.to_string()).collect();
        let end = match found.won {
            Some(won) => format!(
                "{} wins {} after {} s",
                self.name(won.winner),
                if won.by_clock { "by the clock" } else { "by a step" },
                won.time - found.opened
            ),
            None if disputes.is_ongoing(found) => format!("{} is on turn", self.name(found.on_turn)),
            None => "void".to_owned(),
        };
        let at = found.opened - first;
        format!("{a} and {b}: opened at {at} s, {} transactions, segments {}; {end}", found.transactions.len(), segments.join(" "))
    }

    /// Prints matches, and what each side has spent.
    pub(crate) async fn print(&self, title: &str, disputes: &Disputes) -> eyre::Result<BTreeMap<Address, Spending>> {
        eprintln!("{title}: {:.1} s since the start; {}", self.began.elapsed().as_secs_f64(), self.story(disputes));
        let spending = self.setup.spending(0).await?;
        let mut named = BTreeMap::<_, Vec<Spending>>::new();
        for (account, spent) in &spending {
            if self.honest.contains_key(account) || self.liars.contains_key(account) {
                named.entry(self.name(U256::from_be_slice(account.as_slice()) << 96)).or_default().push(*spent);
            }
        }
        for (name, spent) in named {
            let sum: Spending = spent.iter().copied().sum();
            eprintln!("  {name} ({}): {sum}", spent.len());
        }
        for (account, (name, before)) in &self.honest {
            let now = self.setup.l1.balance(*account).await?;
            eprintln!("  {name}: {} ETH at first, {} ETH now", ether(*before), ether(now));
        }
        Ok(spending)
    }
}

fn wei(ether: u64) -> U256 {
    U256::from(ether) * U256::from(1_000_000_000_000_000_000_u64)
}
