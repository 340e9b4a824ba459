//! What people do with the bridge, by commands.

use crate::crossing::{Crossing, Person};
use alloy::primitives::{Address, B256, U256};
use eyre::{OptionExt, bail, ensure};
use gainsay_tests::{Node, Patience, eventually};
use serde_json::Value;
use std::fmt;

/// What goes from one layer to the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Money {
    /// Wei.
    Ether(U256),
    /// Of the token.
    Tokens(u64),
    /// All that the sender has: wei.
    AllEther,
    /// All that the sender has: of the token.
    AllTokens,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ether(wei) => write!(f, "{wei} wei"),
            Self::Tokens(amount) => write!(f, "{amount} tokens"),
            Self::AllEther => write!(f, "all ether"),
            Self::AllTokens => write!(f, "all tokens"),
        }
    }
}

impl Crossing {
    fn arguments(&self, money: Money) -> Vec<String> {
        let token = || ["--token".to_owned(), self.token.to_string()];
        match money {
            Money::Ether(wei) => vec!["--value".to_owned(), wei.to_string()],
            Money::Tokens(amount) => [&token()[..], &["--amount".to_owned(), amount.to_string()]].concat(),
            Money::AllEther => vec!["--all".to_owned()],
            Money::AllTokens => [&token()[..], &["--all".to_owned()]].concat(),
        }
    }

    /// Sends money to L2, without waiting for it there.
    pub(crate) async fn deposit(&self, who: &Person, node: &Node, money: Money, to: Address) -> eyre::Result<Value> {
        self.deposit_with(who, node, money, to, &[]).await
    }

    /// The same, until it is there.
    pub(crate) async fn deposit_and_wait(&self, who: &Person, node: &Node, money: Money, to: Address) -> eyre::Result<Value> {
        self.deposit_with(who, node, money, to, &["--wait", "--timeout", "60"]).await
    }

    async fn deposit_with(&self, who: &Person, node: &Node, money: Money, to: Address, how: &[&str]) -> eyre::Result<Value> {
        let (money, to) = (self.arguments(money), to.to_string());
        let mut arguments = vec!["deposit", "--to", &to, "--l2-rpc", node.url().as_str()];
        arguments.extend(money.iter().map(String::as_str));
        arguments.extend(how);
        self.bridge_json(who, &arguments).await
    }

    /// Starts a withdrawal; the L2 transaction that names it.
    pub(crate) async fn withdraw(&self, who: &Person, node: &Node, money: Money, how: &[&str]) -> eyre::Result<B256> {
        let money = self.arguments(money);
        let mut arguments = vec!["withdraw", "--l2-rpc", node.url().as_str()];
        arguments.extend(money.iter().map(String::as_str));
        arguments.extend(how);
        let told = self.bridge_json(who, &arguments).await?;
        let hash = told["l2Transaction"].as_str().ok_or_else(|| eyre::eyre!("no hash in {told}"))?;
        Ok(hash.parse()?)
    }

    /// How far a withdrawal is: its status in JSON.
    pub(crate) async fn status(&self, who: &Person, node: &Node, withdrawal: B256) -> eyre::Result<Value> {
        let hash = withdrawal.to_string();
        let told = self.bridge_json(who, &["status", &hash, "--l2-rpc", node.url().as_str()]).await?;
        let one = told.as_array().map_or(Some(&told), |all| all.first());
        Ok(one.ok_or_eyre("the status tells of no withdrawal")?.clone())
    }

    /// The same as the name of its stage.
    pub(crate) async fn stage(&self, who: &Person, node: &Node, withdrawal: B256) -> eyre::Result<String> {
        let status = self.status(who, node, withdrawal).await?;
        Ok(stage(&status)?.to_owned())
    }

    /// Waits until it is at one of these stages; which.
    pub(crate) async fn reaches(&self, who: &Person, node: &Node, withdrawal: B256, stages: &[&str]) -> eyre::Result<String> {
        eventually(&format!("{}'s withdrawal is {}", who.name, stages.join(" or ")), Patience::secs(120), async || {
            let found = self.stage(who, node, withdrawal).await?;
            ensure!(stages.contains(&found.as_str()), "it is {found}");
            Ok(Some(found))
        })
        .await
    }

    /// A command about a withdrawal.
    pub(crate) async fn command(&self, who: &Person, node: &Node, verb: &str, withdrawal: B256) -> eyre::Result<String> {
        self.bridge(who, &[verb, &withdrawal.to_string(), "--l2-rpc", node.url().as_str()]).await
    }

    /// The same with an answer in JSON.
    pub(crate) async fn command_json(&self, who: &Person, node: &Node, verb: &str, withdrawal: B256) -> eyre::Result<Value> {
        self.bridge_json(who, &[verb, &withdrawal.to_string(), "--l2-rpc", node.url().as_str()]).await
    }

    /// Lets time pass on L1 until a withdrawal that is proved can be finalised; nobody contradicts what it was proved against.
    pub(crate) async fn pass_time(&self, who: &Person, node: &Node, withdrawal: B256) -> eyre::Result<()> {
        eventually("time passes until it can be finalised", Patience::secs(120), async || {
            let status = self.status(who, node, withdrawal).await?;
            match stage(&status)? {
                "ready-to-finalize" => return Ok(Some(())),
                "proved" if status["hindrance"].is_null() => {}
                other => bail!("it is {other}: {status}"),
            }
            let ready = status["readyAt"].as_u64().ok_or_else(|| eyre::eyre!("no time in {status}"))?;
            let left = ready.saturating_sub(self.setup.l1.time().await?);
            self.setup.l1.skip_time(left.max(1)).await?;
            Ok(None)
        })
        .await
    }
}

/// The L1 block of what a command has sent, by its answer in JSON.
pub(crate) fn l1_block(told: &Value) -> eyre::Result<u64> {
    told["l1"]["block"].as_u64().ok_or_else(|| eyre::eyre!("no block of L1 in {told}"))
}

fn stage(status: &Value) -> eyre::Result<&str> {
    status["stage"].as_str().ok_or_else(|| eyre::eyre!("no stage in {status}"))
}
