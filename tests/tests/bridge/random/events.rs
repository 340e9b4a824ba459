//! What happens to people: L1 takes something back, somebody lies, and in the end all are paid.

use super::{Pending, Play};
use crate::deeds::Money;
use alloy::primitives::{Address, U256};
use eyre::ensure;
use gainsay_tests::{Node, Patience, Status, accounts, eventually};

/// Blocks of L1 that nothing takes back any more.
const FINAL: u64 = 8;

impl Play {
    /// Has L1 replace its blocks above one by empty ones.
    async fn take_back_to(&self, block: u64) -> eyre::Result<()> {
        let l1 = &self.crossing.setup.l1;
        let (height, before) = (l1.height().await?, l1.hash(block + 1).await?);
        ensure!(height - block < FINAL, "{} blocks cannot be taken back", height - block);
        l1.reorg(height - block).await?;
        ensure!(l1.hash(block + 1).await? != before, "L1 made no reorg");
        Ok(())
    }

    /// L1 drops a deposit that is on L2 already: there it must go as well.
    pub(super) async fn a_deposit_is_dropped(&mut self) -> eyre::Result<()> {
        let (who, wei) = (self.somebody(), self.wei());
        self.crossing.setup.l1.advance(4).await?;
        let (block, before) = (self.crossing.setup.l1.height().await?, self.sequencer.balance(who.address).await?);
        self.crossing.deposit_and_wait(&who, &self.sequencer, Money::Ether(wei), who.address).await?;
        ensure!(self.sequencer.balance(who.address).await? == before + wei, "the deposit is not on L2");
        self.take_back_to(block).await?;
        eventually("the deposit has gone from L2 too", Patience::secs(60), async || {
            Ok((self.sequencer.balance(who.address).await? == before).then_some(()))
        })
        .await?;
        self.crossing.books.check("after a deposit was dropped").await
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
        let proposer = accounts::signer(accounts::PROPOSER)?.address();
        eventually("the liar has lost", Patience::secs(180), async || {
            let disputes = self.crossing.setup.disputes().await?;
            ensure!(disputes.stakes_of(proposer).all(|stake| stake.status != Status::Defeated), "the truth has lost");
            Ok(disputes.stakes_of(*address).all(|stake| stake.status == Status::Defeated).then_some(()))
        })
        .await?;
        liar.kill()?;
        self.quiet = true;
        self.crossing.books.check("after the liar has lost").await
    }

    /// L1 drops a proof: it has to be made again.
    pub(super) async fn a_proof_is_dropped(&mut self) -> eyre::Result<()> {
        let (who, whom) = (self.somebody(), self.somebody());
        self.withdraw(&who, &whom).await?;
        while self.pending.iter().filter(|one| !one.proved).count() > 1 {
            self.prove_one().await?;
        }
        let Some(Pending { who, transaction, .. }) = self.pending.iter().find(|one| !one.proved) else {
            eyre::bail!("everything is proved already");
        };
        self.crossing.reaches(who, &self.sequencer, *transaction, &["ready-to-prove"]).await?;
        self.crossing.setup.l1.advance(3).await?;
        let block = self.crossing.setup.l1.height().await?;
        self.crossing.command(who, &self.sequencer, "prove", *transaction).await?;
        self.crossing.reaches(who, &self.sequencer, *transaction, &["proved", "ready-to-finalize"]).await?;
        self.take_back_to(block).await?;
        self.crossing.reaches(who, &self.sequencer, *transaction, &["ready-to-prove"]).await?;
        self.crossing.books.check("after a proof was dropped").await
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
