//! What happens to people: L1 takes something back, somebody lies, and in the end all are paid.

use super::Play;
use crate::{
    crossing::Person,
    deeds::{Money, l1_block},
};
use alloy::primitives::{Address, U256};
use eyre::{OptionExt, ensure};
use gainsay_tests::{Node, Patience, Status, accounts, eventually};

/// Blocks of L1 that nothing takes back any more.
const FINAL: u64 = 8;

impl Play {
    /// Has L1 replace a block and all after it by empty ones.
    async fn take_back(&self, block: u64) -> eyre::Result<()> {
        let l1 = &self.crossing.setup.l1;
        let (depth, before) = (l1.height().await? - block + 1, l1.hash(block).await?);
        ensure!(depth < FINAL, "{depth} blocks cannot be taken back");
        l1.reorg(depth).await?;
        ensure!(l1.hash(block).await? != before, "L1 made no reorg");
        eprintln!("L1 drops {depth} blocks");
        Ok(())
    }

    /// L1 drops a deposit that is on L2 already: there it must go as well.
    pub(super) async fn a_deposit_is_dropped(&mut self) -> eyre::Result<()> {
        let (who, wei) = (self.somebody(), self.wei());
        // So that nothing else goes with it.
        self.crossing.setup.l1.advance(2).await?;
        let before = self.sequencer.balance(who.address).await?;
        let told = self.crossing.deposit(&who, &self.sequencer, Money::Ether(wei), who.address).await?;
        self.has(&who, before + wei).await?;
        self.take_back(l1_block(&told)?).await?;
        self.has(&who, before).await?;
        self.crossing.books.check("after a deposit was dropped").await
    }

    async fn has(&self, who: &Person, wei: U256) -> eyre::Result<()> {
        let what = format!("{} has {wei} wei on L2", who.name);
        eventually(&what, Patience::secs(60), async || Ok((self.sequencer.balance(who.address).await? == wei).then_some(()))).await
    }

    /// Somebody stakes on a false rival of the newest assertion, and plays on.
    pub(super) async fn somebody_lies(&mut self) -> eyre::Result<(Node, Address)> {
        self.quiet = false;
        let account = accounts::LIARS;
        let address = accounts::signer(account)?.address();
        self.crossing.setup.l1.fund(address, U256::from(10).pow(U256::from(19))).await?;
        let seed = self.random.below(1 << 32).to_string();
        let options = ["--lie", "root:last", "--machine", "random", "--conduct", "prompt", "--seed", &seed];
        let liar = self.crossing.setup.liar("liar", account..account + 1, &options)?;
        liar.start_and_wait().await?;
        // Something new to claim, and to lie about.
        let (who, whom) = (self.somebody(), self.somebody());
        self.withdraw(&who, &whom).await?;
        eventually("somebody lies", Patience::secs(90), async || {
            liar.check_alive()?;
            Ok(self.crossing.setup.disputes().await?.stakes_of(address).next().map(|_| ()))
        })
        .await?;
        self.crossing.books.check("after somebody has lied").await?;
        Ok((liar, address))
    }

    /// The proposer, who claims the truth, takes the liar's bond.
    pub(super) async fn the_liar_loses(&mut self, (liar, address): &(Node, Address)) -> eyre::Result<()> {
        if !self.pending.iter().any(|one| one.proved) {
            self.prove_one().await?;
        }
        // Too early, or disputed.
        self.finalise_one().await?;
        let proposer = accounts::signer(accounts::PROPOSER)?.address();
        eventually("the liar has lost", Patience::secs(180), async || {
            let disputes = self.crossing.setup.disputes().await?;
            ensure!(disputes.stakes_of(proposer).all(|stake| stake.status != Status::Defeated), "the truth has lost");
            let mut stakes = disputes.stakes_of(*address).peekable();
            Ok((stakes.peek().is_some() && stakes.all(|stake| stake.status == Status::Defeated)).then_some(()))
        })
        .await?;
        liar.kill()?;
        self.quiet = true;
        self.crossing.books.check("after the liar has lost").await
    }

    /// L1 drops a proof, then the payment by the next one: both have to be made again, and it is paid once.
    pub(super) async fn a_proof_and_a_payment_are_dropped(&mut self) -> eyre::Result<()> {
        let (who, whom, wei) = (self.somebody(), self.somebody(), self.wei());
        self.begin(&who, (whom.name, whom.address), Money::Ether(wei), &[]).await?;
        let transaction = self.pending.last().ok_or_eyre("nothing has begun")?.transaction;
        self.crossing.reaches(&who, &self.sequencer, transaction, &["ready-to-prove"]).await?;
        self.crossing.setup.l1.advance(2).await?;
        let told = self.crossing.command_json(&who, &self.sequencer, "prove", transaction).await?;
        self.take_back(l1_block(&told)?).await?;
        self.crossing.reaches(&who, &self.sequencer, transaction, &["ready-to-prove"]).await?;
        self.crossing.books.check("after a proof was dropped").await?;

        self.crossing.command(&who, &self.sequencer, "prove", transaction).await?;
        self.crossing.pass_time(&who, &self.sequencer, transaction).await?;
        let told = self.crossing.command_json(&who, &self.sequencer, "finalize", transaction).await?;
        ensure!(told["stage"] == "delivered", "it was not paid: {told}");
        self.take_back(l1_block(&told)?).await?;
        self.crossing.reaches(&who, &self.sequencer, transaction, &["proved", "ready-to-finalize"]).await?;
        self.crossing.books.check("after a payment was dropped").await?;
        self.pending.iter_mut().filter(|one| one.transaction == transaction).for_each(|one| one.proved = true);
        Ok(())
    }

    /// Every withdrawal is proved and finalised; then nothing is on its way, and the bridge holds what people have on L2.
    pub(super) async fn everything_is_paid(mut self) -> eyre::Result<()> {
        while !self.pending.is_empty() {
            while self.pending.iter().any(|one| !one.proved) {
                self.prove_one().await?;
            }
            let what = self.finalise_one().await?;
            self.crossing.books.check(&format!("at last, after {what}")).await?;
        }
        ensure!(self.crossing.books.on_the_way() == (U256::ZERO, U256::ZERO), "something is still on the way");
        self.sequencer.check_alive()
    }
}
