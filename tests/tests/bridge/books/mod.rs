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
use gainsay_types::predeploys;
use page::{Carried, Flow, Places};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Contracts of L2 that ether goes through or stays in: they are looked at even when the books say nothing of them.
const OWN_OF_L2: [Address; 6] = [
    predeploys::MESSAGE_PASSER,
    predeploys::CROSS_DOMAIN_MESSENGER,
    predeploys::STANDARD_BRIDGE,
    predeploys::SEQUENCER_FEE_VAULT,
    predeploys::BASE_FEE_VAULT,
    predeploys::L1_FEE_VAULT,
];
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
        let l2 = Book::open("L2", provider(node), Places::L2, 0, &[&genesis[..], &OWN_OF_L2].concat()).await?;
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
        self.check_tokens().await
    }

    /// What came in on one layer came out on the other, for the same people, and nothing twice.
    fn check_between(&self) -> eyre::Result<()> {
        let (taken, executed) = (self.l1.all(|page| &page.deposits), self.l2.all(|page| &page.deposits));
        ensure!(taken == executed, "L1 took the deposits {taken:?}, L2 executed {executed:?}");
        ensure!(
            self.l1.all(|page| &page.sent) == self.l2.all(|page| &page.arrived),
            "what L1's bridge took in is not what L2's handed out"
        );
        let mut sent = self.l2.all(|page| &page.sent);
        for one in self.l1.all(|page| &page.arrived) {
            let place = sent.iter().position(|other| *other == one);
            sent.remove(place.ok_or_else(|| eyre::eyre!("L1's bridge handed out what L2's never took in: {one:?}"))?);
        }
        Ok(())
    }

    /// The bridge on L1 holds what it took in and did not hand out; the supply on L2 is what came and did not leave.
    async fn check_tokens(&self) -> eyre::Result<()> {
        for (token, held) in self.l1.check_tokens().await? {
            let (taken, given) = carried(&self.l1, token);
            ensure!(held.bridge + given == taken, "L1's bridge has {} of {token}, took {taken} and gave {given}", held.bridge);
        }
        for (token, held) in self.l2.check_tokens().await? {
            let (taken, given) = carried(&self.l2, token);
            ensure!(held.supply + taken == given, "the supply of {token} is {}, {given} came and {taken} left", held.supply);
        }
        Ok(())
    }

    async fn check_l1(&self) -> eyre::Result<()> {
        let places = *self.l1.places();
        let begun = self.l2.all(|page| &page.begun).into_iter().map(|(hash, target, value)| (hash, (target, value)));
        let begun: BTreeMap<B256, (Address, U256)> = begun.collect();
        let (mut paid, mut seen) = (Vec::new(), BTreeSet::new());
        for (hash, success) in self.l1.all(|page| &page.finalised) {
            ensure!(seen.insert(hash), "the withdrawal {hash} was finalised twice");
            let (target, amount) = begun.get(&hash).copied().ok_or_eyre("a withdrawal was finalised that never began on L2")?;
            if success {
                paid.push(Flow { from: Some(places.gate), to: Some(target), amount });
            }
        }
        let own = [places.gate, places.messenger, places.bridge];
        self.l1.check_ether(&self.people.iter().copied().chain(own).collect(), &paid).await
    }

    /// Wei and tokens that have left L2 and not arrived on L1.
    pub(crate) fn on_the_way(&self) -> (U256, U256) {
        let done: BTreeSet<B256> = self.l1.all(|page| &page.finalised).into_iter().map(|(hash, _)| hash).collect();
        let begun = self.l2.all(|page| &page.begun).into_iter();
        let ether = begun.filter(|(hash, ..)| !done.contains(hash)).map(|(_, _, value)| value).sum();
        (ether, tokens(&self.l2.all(|page| &page.sent)) - tokens(&self.l1.all(|page| &page.arrived)))
    }
}

/// All tokens, whichever they are.
fn tokens(all: &[Carried]) -> U256 {
    all.iter().filter(|one| one.is_token()).map(|one| one.amount).sum()
}

/// How much of a token of its layer the bridge took in, and how much it handed out.
fn carried(book: &Book, token: Address) -> (U256, U256) {
    let sum = |all: Vec<Carried>, side: usize| all.iter().filter(|one| one.tokens[side] == token).map(|one| one.amount).sum();
    (sum(book.all(|page| &page.sent), 0), sum(book.all(|page| &page.arrived), 1))
}

fn provider(node: &Node) -> DynProvider {
    ProviderBuilder::default().connect_http(node.url().clone()).erased()
}
