//! A challenger, and its verdicts as its own `challenger status --json` prints them.

use crate::{files, node::Node, process::Process};
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
        _ => Verdict::Other(item["verdict"].to_string()),
    };
    Ok(Assertion { id: serde_json::from_value(item["id"].clone())?, confirmed: item["confirmed"] == true, verdict })
}
