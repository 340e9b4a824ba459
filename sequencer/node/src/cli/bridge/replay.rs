//! `sequencer bridge replay`

use super::{KeyArgs, OutputArgs, withdrawal::NamedArgs};
use clap::Args;
use gainsay_bridge::{REPLAY_GAS, Replayed, Sent};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// Gas for its call beyond what the message asked for.
    #[arg(long, default_value_t = REPLAY_GAS, value_name = "GAS")]
    gas: u64,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed.
#[derive(Serialize)]
#[serde(transparent)]
struct Report(Replayed);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.l1 {
            Some(Sent { hash, block }) => write!(f, "delivered in L1 block {block}, transaction {hash}"),
            None => write!(f, "it was delivered already"),
        }
    }
}

impl ReplayArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let (bridge, node) = self.named.open().await?;
        let started = bridge.withdrawal(&node, self.named.transaction, self.named.index).await?;
        let mut sender = self.key.on_l1(bridge).await?;
        self.output.show(&Report(sender.replay(&node, &started, self.gas).await?))
    }
}
