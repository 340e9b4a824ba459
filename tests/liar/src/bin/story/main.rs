//! Follows L1 while a liar is caught, and tells it: every line is read from L1's transactions, receipts and logs.

mod deed;
mod ending;
mod instruction;
mod money;
mod people;
mod tale;
mod words;

use clap::Parser;
use ending::{Ending, ending};
use eyre::{Context, bail};
use gainsay_game::book::Book;
use gainsay_l1::{BlockRef, FollowConfig, L1Block, L1Client, L1Follower, L1Update, Network};
use money::Purses;
use people::{Named, People};
use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use tale::Tale;
use words::{Line, Page, grouped};

/// Time between two looks at L1.
const POLL: Duration = Duration::from_millis(300);

/// Tells from L1 how a false claim is caught. Exits with 0 if every liar has lost and the honest have more than before, else with 1.
#[derive(Debug, Parser)]
#[command(name = "story", version)]
struct Cli {
    /// Directory with addresses.json, as `sequencer deploy` writes it.
    #[arg(long, value_name = "DIR")]
    network: PathBuf,
    /// JSON-RPC of L1.
    #[arg(long, value_name = "URL")]
    l1_rpc: String,
    /// Somebody who tells the truth; may be given several times.
    #[arg(long, value_name = "NAME=ADDRESS", required = true)]
    honest: Vec<Named>,
    /// Somebody who lies; may be given several times.
    #[arg(long, value_name = "NAME=ADDRESS", required = true)]
    liar: Vec<Named>,
    /// Gives up after so many seconds.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    patience: u64,
}

fn main() -> ExitCode {
    match execute(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Foreign errors may hold line breaks.
            let line = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("error: {line}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> eyre::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let patience = Duration::from_secs(cli.patience);
        let mut story = Story::open(cli).await?;
        story.begin();
        story.run(patience).await
    })
}

struct Story {
    client: L1Client,
    network: Network,
    follower: L1Follower,
    book: Book,
    people: People,
    purses: Purses,
    tale: Tale,
    /// The block before its first one.
    begins: L1Block,
    tip: u64,
    page: Page,
}

impl Story {
    async fn open(cli: Cli) -> eyre::Result<Self> {
        let network = Network::load(&cli.network.join("addresses.json"))?;
        let client = L1Client::connect(&cli.l1_rpc, network.l1_chain_id).await?;
        let contracts = network.contracts;
        // No block is left out: transactions that did nothing are told as well.
        let config =
            FollowConfig { recent: u64::MAX, ..FollowConfig::new(contracts.inbox, contracts.rollup, contracts.matches, contracts.games) };
        let origin = L1Follower::origin(&client, network.deployed_at_block).await?;
        let follower = L1Follower::new(client.clone(), config, vec![origin])?;
        let begins = client.block(BlockRef::Latest).await?;
        let people = People { honest: cli.honest, liars: cli.liar };
        let purses = Purses::at(&client, &people, begins.number).await.wrap_err("the balances before")?;
        let tale = Tale::new(people.clone(), network.rollup.into(), begins.timestamp);
        Ok(Self { client, network, follower, book: Book::new(), people, purses, tale, begins, tip: 0, page: Page::new() })
    }

    fn begin(&self) {
        self.page.print(&[Line::Title("Who plays".to_owned())]);
        self.page.print(&self.purses.cast(&self.people));
        let rollup = &self.network.rollup;
        let aside = format!(
            "To claim a state takes a bond of {}. Everything below is read from L1: its transactions, receipts and logs. Times are L1's, in seconds.",
            words::coins(rollup.bond)
        );
        self.page.print(&[Line::Aside(aside), Line::Title("What happens".to_owned())]);
    }

    async fn run(&mut self, patience: Duration) -> eyre::Result<bool> {
        let until = Instant::now() + patience;
        loop {
            let polled = self.follower.poll().await?;
            for update in polled.updates {
                match update {
                    L1Update::Extend { block, events, .. } => {
                        self.book.apply(&block, &events);
                        self.tell(&block).await?;
                    }
                    L1Update::Rewind { to, .. } => {
                        bail!("L1 took back its blocks after {to}: what was told of them is not true any more; start again")
                    }
                }
            }
            match ending(self.book.ledger(), &self.people) {
                Ok(end) if polled.caught_up => return self.end(end).await,
                Err(missing) if Instant::now() >= until => bail!("not over after {} s: {missing}", patience.as_secs()),
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }

    async fn tell(&mut self, block: &L1Block) -> eyre::Result<()> {
        self.tip = block.number;
        if block.number <= self.begins.number {
            return Ok(());
        }
        for deed in deed::deeds(&self.client, &self.network.contracts, block).await? {
            self.purses.spend(&deed);
            self.page.print(&self.tale.tell(&deed, self.book.ledger()));
        }
        if let Some((number, contradiction)) = self.book.ledger().contradiction() {
            bail!("the logs of L1 block {number} contradict those before: {contradiction}");
        }
        Ok(())
    }

    async fn end(&self, end: Ending) -> eyre::Result<bool> {
        let (table, gained) = self.purses.close(&self.client, &self.people, self.tip).await?;
        self.page.print(&[Line::Title("What it came to".to_owned())]);
        self.page.print(&table);
        for game in self.tale.games() {
            let Some((winner, loser)) = game.won else { continue };
            let gas: Vec<String> =
                game.gas.iter().map(|(address, gas)| format!("{} of {}", grouped(*gas), self.people.name(address))).collect();
            let (moves, time) = (words::count(u64::from(game.moves), "move"), game.last.saturating_sub(game.opened));
            let (winner, loser) = (self.people.owner(&winner), self.people.owner(&loser));
            let text = format!("{winner} has beaten {loser} with {moves} of both in {time} s; gas: {}", gas.join(", "));
            self.page.print(&[Line::Fact(text)]);
        }
        let (fine, line) = match (end, gained) {
            (Ending::Caught, true) => {
                (true, Line::Honest("The lie was caught: the liar has lost its bond, and the truth has earned by it.".to_owned()))
            }
            (Ending::Caught, false) => {
                (false, Line::Lie("The liar has lost its bond, but the honest side has less than before.".to_owned()))
            }
            (Ending::HonestLost, _) => (false, Line::Lie("An honest stake has lost. This must not happen: please report it.".to_owned())),
        };
        self.page.print(&[Line::Fact(String::new()), line]);
        Ok(fine)
    }
}
