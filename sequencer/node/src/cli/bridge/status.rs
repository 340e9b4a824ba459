//! `sequencer bridge status`

use super::{
    L1Args, L2Args, OutputArgs,
    withdrawal::{Described, name, next_command, stage_in_words},
};
use alloy::primitives::{Address, B256};
use clap::Args;
use gainsay_bridge::{Bridge, Initiated, L2Node, Stage};
use serde::Serialize;
use std::{fmt, str::FromStr};

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    l1: L1Args,
    /// The L2 transaction that started a withdrawal, or an account: then all that it started.
    #[arg(value_name = "TRANSACTION|ADDRESS")]
    of: Subject,
    /// Whose proof counts whatever others have proved; of the others' the first 32 are looked at.
    #[arg(long, value_name = "ADDRESS")]
    proved_by: Option<Address>,
    #[command(flatten)]
    l2: L2Args,
    #[command(flatten)]
    output: OutputArgs,
}

/// Whose status.
#[derive(Clone, Copy, Debug)]
enum Subject {
    Transaction(B256),
    Account(Address),
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let account = || given.parse().map(Self::Account);
        let found = given.parse().map(Self::Transaction).or_else(|_| account());
        found.map_err(|_| "give the hash of an L2 transaction (64 hexadecimal digits) or an account (40)".to_owned())
    }
}

/// What is printed of one withdrawal.
#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    described: Described,
    #[serde(flatten)]
    stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// L1's time, seconds.
    now: u64,
}

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.described)?;
        writeln!(f, "  {}", stage_in_words(&self.stage, self.now))?;
        self.next.as_ref().map_or(Ok(()), |next| writeln!(f, "  next: {next}"))
    }
}

/// What is printed.
#[derive(Serialize)]
#[serde(transparent)]
struct Report(Vec<One>);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return write!(f, "it started no withdrawals");
        }
        self.0.iter().try_for_each(|one| one.fmt(f))
    }
}

impl StatusArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let bridge = self.l1.open().await?;
        let node = self.l2.open(&bridge).await?;
        let all = match self.of {
            Subject::Transaction(transaction) => bridge.withdrawals(&node, transaction).await?,
            Subject::Account(account) => bridge.withdrawals_of(&node, account).await?,
        };
        let mut report = Vec::new();
        for started in &all {
            report.push(self.one(&bridge, &node, started, place(&all, started)).await?);
        }
        self.output.show(&Report(report))
    }

    async fn one(&self, bridge: &Bridge, node: &L2Node, started: &Initiated, index: Option<usize>) -> eyre::Result<One> {
        let known = bridge.known(node, started, self.proved_by).await?;
        let next = next_command(&known.stage, &name(started.transaction, index));
        Ok(One { described: Described::of(bridge, started).await, stage: known.stage, next, now: known.facts.now })
    }
}

/// Its index among those of its transaction; none if it is the only one.
fn place(all: &[Initiated], started: &Initiated) -> Option<usize> {
    let mut same = all.iter().filter(|other| other.transaction == started.transaction);
    let index = same.clone().position(|other| other == started);
    index.filter(|_| same.nth(1).is_some())
}
