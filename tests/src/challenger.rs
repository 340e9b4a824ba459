//! A challenger, and its verdicts as its own `challenger status --json` prints them.

use crate::{Patience, eventually, files, node::Node, process::Process};
use alloy::primitives::B256;
use eyre::ensure;
use serde_json::Value;
use std::{process::Command, time::Duration};

/// A challenger process.
#[derive(Debug)]
pub struct Challenger(pub Node);

/// An assertion as the challenger sees it.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Its id.
    pub id: B256,
    /// Its parent's; zero for the genesis.
    pub parent: B256,
    /// The L2 block at which it ends.
    pub l2_block: u64,
    /// Whether L1 confirmed it.
    pub confirmed: bool,
    /// What the challenger holds of it.
    pub verdict: Verdict,
}

/// What the challenger holds of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is true.
    Agree,
    /// It is false from this L2 block on.
    Disagree {
        /// The first wrong block.
        first_wrong_block: u64,
    },
    /// Anything else, in the challenger's words.
    Other(String),
}

impl Challenger {
    /// Asks the running challenger through the command line.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn assertions(&self) -> eyre::Result<Vec<Assertion>> {
        let status = self.status()?;
        let list = status["assertions"].as_array().ok_or_else(|| eyre::eyre!("no assertions in {status}"))?;
        list.iter().map(read_assertion).collect()
    }

    /// Waits until an assertion that reaches L2 block `number` is confirmed, and fails as soon as the challenger disagrees with any.
    /// Returns how many assertions there are beside the genesis.
    ///
    /// # Errors
    /// When it is not in time, or there is a disagreement.
    pub async fn sees_confirmed(&self, number: u64, patience: Patience) -> eyre::Result<usize> {
        let what = format!("an assertion up to block {number} is confirmed, and {} agrees with all", self.0.name());
        eventually(&what, patience, async || {
            let claims: Vec<_> = self.assertions()?.into_iter().filter(|one| !one.parent.is_zero()).collect();
            if let Some(other) = claims.iter().find(|one| matches!(one.verdict, Verdict::Disagree { .. })) {
                return Ok(Some(Err(eyre::eyre!("the challenger disagrees: {other:?}"))));
            }
            let confirmed = claims.iter().filter(|one| one.confirmed).map(|one| one.l2_block).max();
            ensure!(confirmed >= Some(number), "confirmed up to block {confirmed:?}");
            let open = claims.iter().find(|one| one.confirmed && one.verdict != Verdict::Agree);
            ensure!(open.is_none(), "no agreement yet on {open:?}");
            Ok(Some(Ok(claims.len())))
        })
        .await?
    }

    /// Waits for its verdict on an assertion.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn verdict(&self, id: B256, patience: Patience) -> eyre::Result<Verdict> {
        eventually(&format!("{} has a verdict on {id}", self.0.name()), patience, async || {
            let found = self.assertions()?.into_iter().find(|one| one.id == id);
            let verdict = found.ok_or_else(|| eyre::eyre!("it does not know it"))?.verdict;
            if let Verdict::Other(words) = &verdict {
                eyre::bail!("{words}");
            }
            Ok(Some(verdict))
        })
        .await
    }

    /// Its whole status.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn status(&self) -> eyre::Result<Value> {
        let mut command = Command::new(files::program("challenger")?);
        command.args(["status", "--json", "--url", self.0.url().as_str()]);
        let finished = Process::run(&mut command, Duration::from_secs(10))?;
        ensure!(finished.status.success(), "challenger status: {}", finished.stderr);
        Ok(serde_json::from_str(&finished.stdout)?)
    }
}

fn read_assertion(item: &Value) -> eyre::Result<Assertion> {
    let verdict = match item["verdict"]["verdict"].as_str() {
        Some("agree") => Verdict::Agree,
        Some("disagree") => {
            let first_wrong_block = item["verdict"]["firstWrongBlock"].as_u64();
            Verdict::Disagree { first_wrong_block: first_wrong_block.ok_or_else(|| eyre::eyre!("no first wrong block in {item}"))? }
        }
        _ => Verdict::Other(item.to_string()),
    };
    let end = item["end"]["l2BlockNumber"].as_u64().ok_or_else(|| eyre::eyre!("no end in {item}"))?;
    Ok(Assertion {
        id: serde_json::from_value(item["id"].clone())?,
        parent: serde_json::from_value(item["parent"].clone())?,
        l2_block: end,
        confirmed: item["confirmed"] == true,
        verdict,
    })
}
