//! `sequencer bridge prove`

use super::{KeyArgs, OutputArgs, WaitArgs, withdrawal::NamedArgs};
use clap::Args;
use gainsay_bridge::{Proven, Sent, WithdrawError, patiently};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    named: NamedArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    proven: Proven,
    #[serde(skip)]
    name: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proven {
            Proven::Now { l1, against, listed } => {
                for Sent { hash, block } in listed {
                    writeln!(f, "listed an assertion in L1 block {block}, transaction {hash}")?;
                }
                writeln!(
                    f,
                    "proved in L1 block {}, transaction {}, against the assertion of L2 block {}",
                    l1.block, l1.hash, against.l2_block
                )?;
            }
            Proven::Before { submitter } => writeln!(f, "it is proved already, by {submitter}")?,
            Proven::Finalized => return write!(f, "it is finalised already"),
        }
        write!(f, "next: sequencer bridge finalize {} --wait", self.name)
    }
}

impl ProveArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let (bridge, node) = self.named.open().await?;
        let mut sender = self.key.on_l1(bridge).await?;
        let mut prove = async || -> Result<Proven, WithdrawError> {
            let started = sender.bridge().withdrawal(&node, self.named.transaction, self.named.index).await?;
            sender.prove(&node, &started).await
        };
        let proven = match self.wait.limit() {
            Some(limit) => patiently(limit, prove).await?,
            None => prove().await?,
        };
        self.output.show(&Report { proven, name: self.named.name() })
    }
}
