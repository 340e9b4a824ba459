//! `sequencer bridge finalize`

use super::withdrawal::{StepArgs, next_command, stage_in_words};
use clap::Args;
use gainsay_bridge::{Finalized, Sent};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct FinalizeArgs {
    #[command(flatten)]
    step: StepArgs,
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    finalized: Finalized,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Sent { hash, block } in &self.finalized.confirmed {
            writeln!(f, "confirmed an assertion in L1 block {block}, transaction {hash}")?;
        }
        match &self.finalized.l1 {
            Some(Sent { hash, block }) => writeln!(f, "finalised in L1 block {block}, transaction {hash}")?,
            None => writeln!(f, "it was finalised already")?,
        }
        writeln!(f, "{}", stage_in_words(&self.finalized.stage, 0))?;
        self.next.as_ref().map_or(Ok(()), |next| write!(f, "next: {next}"))
    }
}

impl FinalizeArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let finalized = self.step.take(async |sender, node, started| sender.finalize(node, started).await).await?;
        let next = next_command(&finalized.stage, &self.step.named.name());
        self.step.output.show(&Report { finalized, next })
    }
}
