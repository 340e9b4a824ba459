//! `sequencer bridge deposits`

use super::{KeyArgs, L1Args, L2Args, OutputArgs, WaitArgs, deposit::succeeded};
use alloy::primitives::B256;
use clap::Args;
use eyre::{OptionExt, bail};
use gainsay_bridge::{Bridge, Enqueued, Executed, L2Node, Outcome, amount};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct DepositsArgs {
    #[command(flatten)]
    l1: L1Args,
    /// The transaction on L1.
    #[arg(value_name = "L1TRANSACTION")]
    transaction: B256,
    /// Try messages again whose call failed on L2; with ether on L2 for the gas.
    #[arg(long, conflicts_with = "wait")]
    replay: bool,
    /// Gas limit of that, by default twice what the deposit had.
    #[arg(long, value_name = "GAS", requires = "replay")]
    gas: Option<u64>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    l2: L2Args,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed of each.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    deposit: Enqueued,
    l2_block: Option<u64>,
    outcome: Option<Outcome>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Report(Vec<Told>);

impl Told {
    fn new(deposit: Enqueued, executed: Option<Executed>) -> Self {
        Self { deposit, l2_block: executed.as_ref().map(|one| one.l2_block), outcome: executed.map(|one| one.outcome) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Told { deposit, l2_block, outcome } in &self.0 {
            let to = deposit.to.map_or_else(|| "a new contract".to_owned(), |to| to.to_string());
            let mint = amount::shown(deposit.mint, 18);
            writeln!(f, "deposit {} from {} to {to}, with {mint} ETH from L1", deposit.index, deposit.from)?;
            write!(f, "  on L2 {}, ", deposit.l2_transaction_hash)?;
            match (l2_block, outcome) {
                (Some(block), Some(outcome)) => writeln!(f, "in block {block}: {}", words(outcome))?,
                _ => writeln!(f, "not executed yet")?,
            }
        }
        Ok(())
    }
}

const fn words(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "its call failed; what it brought is with its sender on L2",
        Outcome::MessageFailed { .. } => "its message's call failed; --replay tries it again",
        Outcome::MessageReplayed { .. } => "its message's call failed, and succeeded when it was tried again",
    }
}

impl DepositsArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let bridge = self.l1.open().await?;
        let l2 = self.l2.open(&bridge).await?;
        if self.replay {
            self.try_again(&bridge, &l2).await?;
        }
        let executed = match self.wait.patience() {
            Some(patience) => bridge.executed(&l2, self.transaction, patience).await?,
            None => Vec::new(),
        };
        if self.wait.wait {
            let told = executed.iter().map(|one| Told::new(one.deposit.clone(), Some(one.clone()))).collect();
            self.output.show(&Report(told))?;
            return succeeded(&executed);
        }
        let mut told = Vec::new();
        for deposit in bridge.deposits(self.transaction).await?.deposits {
            let executed = l2.executed(&deposit).await?;
            told.push(Told::new(deposit, executed));
        }
        self.output.show(&Report(told))
    }

    async fn try_again(&self, bridge: &Bridge, l2: &L2Node) -> eyre::Result<()> {
        let mut failed = Vec::new();
        for deposit in bridge.deposits(self.transaction).await?.deposits {
            let executed = l2.executed(&deposit).await?.ok_or_eyre("the deposit is not executed on L2 yet: nothing can have failed")?;
            if matches!(executed.outcome, Outcome::MessageFailed { .. }) {
                failed.push(deposit);
            }
        }
        if failed.is_empty() {
            bail!("no message of this transaction waits on L2: nothing is left to try again");
        }
        let mut sender = self.key.on_l2(l2.clone()).await?;
        for deposit in &failed {
            sender.retry(deposit, self.gas).await?;
        }
        Ok(())
    }
}
