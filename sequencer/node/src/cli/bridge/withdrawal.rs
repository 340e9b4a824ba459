//! What the commands about withdrawals share: which one, and how it is told.

use super::{KeyArgs, L1Args, L2Args, OutputArgs, WaitArgs};
use alloy::primitives::{Address, B256, U256};
use clap::Args;
use gainsay_bridge::{Bridge, Hindrance, Initiated, L1Sender, L2Node, Moves, Stage, WithdrawError, amount, patiently, words::duration};
use serde::Serialize;
use std::fmt;

/// Which withdrawal.
#[derive(Debug, Args)]
pub(super) struct NamedArgs {
    #[command(flatten)]
    pub(super) l1: L1Args,
    /// The L2 transaction that started it.
    #[arg(value_name = "TRANSACTION")]
    pub(super) transaction: B256,
    /// Which of them, where the transaction started several; from 0.
    #[arg(long, value_name = "N")]
    pub(super) index: Option<usize>,
    #[command(flatten)]
    pub(super) l2: L2Args,
}

impl NamedArgs {
    pub(super) async fn open(&self) -> eyre::Result<(Bridge, L2Node)> {
        let bridge = self.l1.open().await?;
        let node = self.l2.open(&bridge).await?;
        Ok((bridge, node))
    }

    /// How the commands name it.
    pub(super) fn name(&self) -> String {
        name(self.transaction, self.index)
    }
}

/// A step of a withdrawal on L1 that may be waited for.
#[derive(Debug, Args)]
pub(super) struct StepArgs {
    #[command(flatten)]
    pub(super) named: NamedArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl StepArgs {
    /// Takes the step, again and again if it is to be waited for. The withdrawal is looked up each time: L1 may have been reorganised.
    pub(super) async fn take<T>(
        &self,
        step: impl AsyncFn(&mut L1Sender, &L2Node, &Initiated) -> Result<T, WithdrawError>,
    ) -> eyre::Result<T> {
        let (bridge, node) = self.named.open().await?;
        let mut sender = self.key.on_l1(bridge).await?;
        let mut attempt = async || -> Result<T, WithdrawError> {
            let started = sender.bridge().withdrawal(&node, self.named.transaction, self.named.index).await?;
            step(&mut sender, &node, &started).await
        };
        Ok(match self.wait.limit() {
            Some(limit) => patiently(limit, attempt).await?,
            None => attempt().await?,
        })
    }
}

/// A withdrawal on the command line.
pub(super) fn name(transaction: B256, index: Option<usize>) -> String {
    match index {
        Some(index) => format!("{transaction} --index {index}"),
        None => transaction.to_string(),
    }
}

/// A withdrawal as it is printed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    hash: B256,
    transaction: B256,
    l2_block: u64,
    #[serde(skip)]
    what: String,
}

impl Described {
    pub(super) async fn of(bridge: &Bridge, started: &Initiated) -> Self {
        let Initiated { withdrawal, transaction, block } = started;
        let contracts = &bridge.network().contracts;
        let what = match withdrawal.message(contracts.messenger).map(|message| message.moves(contracts.bridge)) {
            Some(Moves::Ether { to, amount }) => format!("{} to {to}", ether(amount)),
            Some(Moves::Token { token, to, amount }) => format!("{} to {to}", tokens(bridge, token, amount).await),
            Some(Moves::Call { target, value }) => format!("a message to {target} with {}", ether(value)),
            None => format!("a call of {} with {}, straight from the message passer", withdrawal.target, ether(withdrawal.value)),
        };
        Self { hash: withdrawal.hash(), transaction: *transaction, l2_block: *block, what }
    }
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in L2 block {}", self.what, self.l2_block)
    }
}

/// An amount of a token of L1, with its symbol if it has one.
async fn tokens(bridge: &Bridge, token: Address, amount: U256) -> String {
    match bridge.token(token).await {
        Ok(known) => format!("{} {} ({token})", amount::shown(amount, known.decimals), known.symbol),
        Err(_) => format!("{amount} of the smallest units of {token}"),
    }
}

fn ether(wei: U256) -> String {
    format!("{} ETH", amount::shown(wei, 18))
}

/// Where a withdrawal is at L1's time `now`, in words.
pub(super) fn stage_in_words(stage: &Stage, now: u64) -> String {
    let left = |time: u64| time.checked_sub(now).filter(|left| *left > 0).map(duration);
    match stage {
        Stage::NotOnL1 => "not on L1 yet, as far as the L2 node has read it: the sequencer posts its block with the next batch".to_owned(),
        Stage::WaitingForAssertion { possible_at } => match possible_at.map(left) {
            Some(Some(left)) => format!("waiting for an assertion that reaches its block; the next can come in {left}"),
            Some(None) => "waiting for an assertion that reaches its block; the next can come any time".to_owned(),
            None => "waiting for an assertion that reaches its block, and for the L2 node to derive what it must claim".to_owned(),
        },
        Stage::ReadyToProve { against, again } => {
            let again = if *again { "; the proof so far is against a false assertion" } else { "" };
            format!("ready to prove, against the assertion of L2 block {}{again}", against.l2_block)
        }
        Stage::Proved { ready_at, hindrance, .. } => match (hindrance, left(*ready_at)) {
            (None, Some(left)) => format!("proved; it can be finalised in {left}"),
            (None, None) => "proved; it can be finalised any moment".to_owned(),
            (Some(Hindrance::Disputed), Some(left)) => {
                format!("proved; its assertion is disputed: it can be finalised once the matches are over, in {left} at the earliest")
            }
            (Some(Hindrance::Disputed), None) => {
                "proved; its assertion is disputed: it can be finalised once the matches are over".to_owned()
            }
            (Some(Hindrance::Unstaked), _) => "proved; nobody stakes on its assertion any more, somebody has to".to_owned(),
        },
        Stage::ReadyToFinalize { ether_missing, .. } if !ether_missing.is_zero() => {
            format!(
                "ready to finalise, but the Portal lacks {}: nothing is lost, finalise after others have deposited",
                ether(*ether_missing)
            )
        }
        Stage::ReadyToFinalize { .. } => "ready to finalise".to_owned(),
        Stage::Finalized { succeeded: Some(true) } => "finalised; its call succeeded".to_owned(),
        Stage::Finalized { succeeded: Some(false) } => "finalised; its call failed, and that is final".to_owned(),
        Stage::Finalized { succeeded: None } => "finalised".to_owned(),
        Stage::Replayable => "finalised; its message failed on L1 and waits there to be tried again".to_owned(),
        Stage::Delivered { replayed: false } => "finalised and delivered".to_owned(),
        Stage::Delivered { replayed: true } => "finalised, and delivered by a replay".to_owned(),
    }
}

/// The command to type next; none if there is nothing left to do.
pub(super) fn next_command(stage: &Stage, name: &str) -> Option<String> {
    let verb = match stage {
        Stage::NotOnL1 | Stage::WaitingForAssertion { .. } => return Some(format!("sequencer bridge prove {name} --wait")),
        Stage::ReadyToProve { .. } => "prove",
        Stage::Proved { .. } => return Some(format!("sequencer bridge finalize {name} --wait")),
        Stage::ReadyToFinalize { .. } => "finalize",
        Stage::Replayable => "replay",
        Stage::Finalized { .. } | Stage::Delivered { .. } => return None,
    };
    Some(format!("sequencer bridge {verb} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proved(ready_at: u64, hindrance: Option<Hindrance>) -> Stage {
        Stage::Proved { submitter: Address::ZERO, assertion: B256::ZERO, ready_at, hindrance }
    }

    #[test]
    fn the_time_that_is_left_is_told() {
        assert_eq!(stage_in_words(&proved(4_700, None), 1_000), "proved; it can be finalised in 1 h 1 min");
        assert!(stage_in_words(&proved(1_000, None), 1_000).contains("any moment"));
        assert!(stage_in_words(&proved(1_060, Some(Hindrance::Disputed)), 1_000).contains("disputed"));
        assert!(stage_in_words(&Stage::WaitingForAssertion { possible_at: Some(1_030) }, 1_000).ends_with("in 30 s"));
    }

    #[test]
    fn the_next_command_names_the_withdrawal() {
        let name = name(B256::ZERO, Some(1));
        let next = next_command(&Stage::Replayable, &name).expect("a command");
        assert!(next.starts_with("sequencer bridge replay 0x00") && next.ends_with("--index 1"));
        assert_eq!(next_command(&Stage::Delivered { replayed: false }, &name), None);
        assert!(next_command(&proved(0, None), &name).is_some_and(|next| next.ends_with("--wait")));
    }
}
