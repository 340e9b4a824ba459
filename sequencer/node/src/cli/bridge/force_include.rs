//! `sequencer bridge force-include`

use super::{KeyArgs, L1Args, OutputArgs, WaitArgs};
use clap::Args;
use gainsay_bridge::{BridgeError, Forced};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct ForceIncludeArgs {
    #[command(flatten)]
    l1: L1Args,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed.
#[derive(Serialize)]
#[serde(transparent)]
struct Report(Option<Forced>);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Forced { message, l1 }) = &self.0 else { return BridgeError::NothingWaits.fmt(f) };
        write!(f, "forced up to message {message} in L1 block {}, transaction {}", l1.block, l1.hash)
    }
}

impl ForceIncludeArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let mut sender = self.key.on_l1(self.l1.open().await?).await?;
        let forced = match self.wait.patience() {
            Some(patience) => match sender.force_include_when_ripe(patience).await {
                // What was waited for has happened without force.
                Err(BridgeError::NothingWaits) => None,
                other => Some(other?),
            },
            None => Some(sender.force_include().await?),
        };
        self.output.show(&Report(forced))
    }
}
