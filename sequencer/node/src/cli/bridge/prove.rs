//! `sequencer bridge prove`

use super::withdrawal::StepArgs;
use clap::Args;
use gainsay_bridge::{Proven, Sent};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    step: StepArgs,
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
        let proven = self.step.take(async |sender, node, started| sender.prove(node, started).await).await?;
        self.step.output.show(&Report { proven, name: self.step.named.name() })
    }
}
