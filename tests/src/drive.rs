//! Getting all transactions of a [`Traffic`] into the chain, whatever happens to the node meanwhile.

use crate::{
    Patience, Traffic,
    contracts::Token,
    node::Node,
    traffic::{Fact, Sender},
};
use alloy::primitives::U256;
use eyre::{Context, ensure};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What has brought no progress for this long is sent again.
const AGAIN: Duration = Duration::from_secs(4);

/// How far one sender is.
#[derive(Debug)]
struct Progress {
    sent: u64,
    mined: u64,
    since: Instant,
}

impl Traffic {
    /// Sends everything, again where it was lost, until every transaction is in the chain behind `tag`. The node may be away
    /// for a while.
    ///
    /// # Errors
    /// When it is not in time: how far it came, and the last refusal.
    pub async fn drive(&self, node: &Node, tag: &str, patience: Patience) -> eyre::Result<()> {
        let end = Instant::now() + patience.0;
        let mut progress: Vec<_> = self.senders.iter().map(|_| Progress { sent: 0, mined: 0, since: Instant::now() }).collect();
        loop {
            let mut refusal = None;
            let mut done = 0;
            for (sender, progress) in self.senders.iter().zip(&mut progress) {
                match sender.step(node, tag, self.window, progress).await {
                    Ok(mined) => done += mined,
                    Err(error) => refusal = Some(error),
                }
            }
            if done == self.len() as u64 {
                return Ok(());
            }
            let late = || format!("{done} of {} transactions are {tag} on {} after {:?}", self.len(), node.name(), patience.0);
            if Instant::now() >= end {
                return Err(refusal.map_or_else(|| eyre::eyre!(late()), |error| error.wrap_err(late())));
            }
            sleep(Duration::from_millis(150)).await;
        }
    }

    /// Checks what all transactions must have led to.
    ///
    /// # Errors
    /// Names the first fact that does not hold.
    pub async fn check(&self, node: &Node) -> eyre::Result<()> {
        for fact in &self.facts {
            fact.check(node).await.wrap_err_with(|| format!("{} against {fact:?}", node.name()))?;
        }
        Ok(())
    }
}

impl Sender {
    /// Sends what may be sent now; how many of its transactions are behind `tag`.
    async fn step(&self, node: &Node, tag: &str, window: u64, progress: &mut Progress) -> eyre::Result<u64> {
        let total = self.queue.len() as u64;
        let mined = node.nonce(self.signer.address(), "latest").await?;
        if mined != progress.mined {
            *progress = Progress { sent: progress.sent.max(mined), mined, since: Instant::now() };
        }
        if mined < total && progress.since.elapsed() > AGAIN {
            *progress = Progress { sent: mined, mined, since: Instant::now() };
        }
        for nonce in progress.sent..total.min(mined + window) {
            match node.send(&self.queue[nonce as usize]).await {
                Ok(_) => progress.sent = nonce + 1,
                Err(error) if error.chain().any(|cause| cause.to_string().contains("already known")) => progress.sent = nonce + 1,
                Err(error) => return Err(error),
            }
        }
        if tag == "latest" { Ok(mined) } else { node.nonce(self.signer.address(), tag).await }
    }
}

impl Fact {
    async fn check(&self, node: &Node) -> eyre::Result<()> {
        match self {
            Self::Balance(account, wei) => {
                let found = node.balance(*account).await?;
                ensure!(found == U256::from(*wei), "the balance is {found}");
            }
            Self::Tokens { token, owner, amount } => {
                let found = node.call(*token, Token::balance_of(*owner)).await?;
                ensure!(found.as_ref() == U256::from(*amount).to_be_bytes::<32>(), "the tokens are {found}");
            }
            Self::Code(account, code) => {
                let found = node.code(*account).await?;
                ensure!(found == *code, "the code is {found}");
            }
            Self::Outcome(hash, succeeds) => {
                let found = node.succeeded(*hash).await?;
                ensure!(found == Some(*succeeds), "success is {found:?}");
            }
        }
        Ok(())
    }
}
