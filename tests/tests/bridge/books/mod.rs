//! The books of both layers. They are kept from blocks alone, and every balance must be what they say, to the wei.

mod book;
mod page;

use alloy::{
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
};
use book::Book;
use eyre::{OptionExt, ensure};
use gainsay_tests::{Node, Setup, accounts};
use page::{Flow, Places};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long what was deposited may take to L2.
const PATIENCE: Duration = Duration::from_secs(60);

/// Both layers' books, and what must hold between them.
#[derive(Debug)]
pub(crate) struct Books {
    l1: Book,
    l2: Book,
    /// Whose ether on L1 is accounted for, beside the bridge's.
    people: Vec<Address>,
}

impl Books {
    /// Opens them: on L1 now, on L2 at genesis.
    pub(crate) async fn open(setup: &Setup, node: &Node, people: &[Address]) -> eyre::Result<Self> {
        let places = Places { gate: setup.addresses.portal, messenger: setup.addresses.messenger, bridge: setup.addresses.bridge };
        let l1 = Book::open("L1", setup.l1.provider().clone(), places, setup.l1.height().await?, people).await?;
        let genesis = (0..10).map(|index| Ok(accounts::signer(index)?.address())).collect::<eyre::Result<Vec<_>>>()?;
        let l2 = Book::open("L2", provider(node), Places::L2, 0, &genesis).await?;
        Ok(Self { l1, l2, people: people.to_vec() })
    }

    /// Asks another node for what is new on L2.
    pub(crate) fn ask(&mut self, node: &Node) {
        self.l2.ask(provider(node));
    }

    /// Waits until everything that was deposited is on L2, then checks every balance of both layers.
    pub(crate) async fn check(&mut self, when: &str) -> eyre::Result<()> {
        let end = Instant::now() + PATIENCE;
        while let Err(error) = self.try_check().await {
            // Something is on its way, or a layer has just replaced blocks.
            if Instant::now() > end {
                return Err(error.wrap_err(format!("the books do not fit the balances {when}")));
            }
            sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    }

    async fn try_check(&mut self) -> eyre::Result<()> {
        self.l1.catch_up().await?;
        self.l2.catch_up().await?;
        self.check_between()?;
        self.check_l1().await?;
        self.l2.check_ether(&self.l2.accounts(), &[]).await?;
        self.l1.check_tokens().await?;
        self.l2.check_tokens().await
    }

    /// What came in on one layer came out on the other, and no withdrawal twice.
    fn check_between(&self) -> eyre::Result<()> {
        let (sent, arrived) = (self.l1.total(|page| page.deposited), self.l2.total(|page| page.deposited));
        ensure!(sent == arrived, "{sent} wei were deposited on L1, {arrived} on L2");
        let (sent, arrived) = (self.l1.total(|page| page.sent), self.l2.total(|page| page.arrived));
        ensure!(sent == arrived, "{sent} tokens were deposited on L1, {arrived} on L2");
        ensure!(self.l1.total(|page| page.arrived) <= self.l2.total(|page| page.sent), "more tokens came back than left L2");
        Ok(())
    }

    async fn check_l1(&self) -> eyre::Result<()> {
        let places = *self.l1.places();
        let begun: BTreeMap<B256, (Address, U256)> =
            self.l2.pages().iter().flat_map(|page| &page.begun).map(|(hash, target, value)| (*hash, (*target, *value))).collect();
        let (mut paid, mut seen) = (Vec::new(), BTreeSet::new());
        for (hash, success) in self.l1.pages().iter().flat_map(|page| &page.finalised) {
            ensure!(seen.insert(*hash), "the withdrawal {hash} was finalised twice");
            let (target, amount) = begun.get(hash).copied().ok_or_eyre("a withdrawal was finalised that never began on L2")?;
            if *success {
                paid.push(Flow { from: Some(places.gate), to: Some(target), amount });
            }
        }
        let own = [places.gate, places.messenger, places.bridge];
        self.l1.check_ether(&self.people.iter().copied().chain(own).collect(), &paid).await
    }

    /// Wei and tokens that have left L2 and not arrived on L1.
    pub(crate) fn on_the_way(&self) -> (U256, U256) {
        let done: BTreeSet<B256> = self.l1.pages().iter().flat_map(|page| &page.finalised).map(|(hash, _)| *hash).collect();
        let begun = self.l2.pages().iter().flat_map(|page| &page.begun);
        let ether = begun.filter(|(hash, ..)| !done.contains(hash)).map(|(_, _, value)| *value).sum();
        (ether, self.l2.total(|page| page.sent) - self.l1.total(|page| page.arrived))
    }
}

fn provider(node: &Node) -> DynProvider {
    ProviderBuilder::default().connect_http(node.url().clone()).erased()
}
