//! `sequencer bridge withdraw`

use super::{KeyArgs, L1Args, L2Args, OutputArgs, parse_data, parse_ether, withdrawal::Described};
use alloy::primitives::{Address, B256, Bytes, U256};
use clap::Args;
use eyre::{OptionExt, bail};
use gainsay_bridge::{Bridge, L1Sender, L2Node, L2Sender, PAYOUT_GAS, Sent, Withdraw, amount, check_twin, find_twin};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    #[command(flatten)]
    l1: L1Args,
    #[command(flatten)]
    key: KeyArgs,
    /// Who gets it on L1, or with --raw the contract to call there; the sender itself if not given.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
    /// Ether, for example 1.5ether or 1000000gwei; a bare number is wei.
    #[arg(long, default_value = "0", value_name = "AMOUNT", value_parser = parse_ether)]
    value: U256,
    /// All ether, or with --token all tokens. Of ether the fee is left out, and a little more: it is not known exactly before. With --forced nothing is.
    #[arg(long, conflicts_with_all = ["value", "amount"])]
    all: bool,
    /// Withdraw a token: its address on L1.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["value", "raw"])]
    token: Option<Address>,
    /// How many, in units of the token, for example 12.5.
    #[arg(long, value_name = "NUMBER", requires = "token")]
    amount: Option<String>,
    /// The token on L2 that stands for it; without this the one with its name, symbol and decimals.
    #[arg(long, value_name = "ADDRESS", requires = "token")]
    l2_token: Option<Address>,
    /// Straight from the message passer: the call on L1 is made once, and cannot be tried again if it fails.
    #[arg(long)]
    raw: bool,
    /// Calldata of the call on L1, hex, or @FILE with hex in it.
    #[arg(long, default_value = "0x", value_name = "HEX", requires = "raw", value_parser = parse_data)]
    data: Bytes,
    /// Least gas that the payment or the call on L1 is given; by default 200,000.
    #[arg(long, value_name = "GAS")]
    gas: Option<u32>,
    /// Send it from L1, as a deposit of the same account: the sequencer cannot leave it out. Needs no L2 node, except with --all and to look for a token.
    #[arg(long)]
    forced: bool,
    /// With --forced, the gas limit on L2; by default enough.
    #[arg(long, value_name = "GAS", requires = "forced")]
    l2_gas: Option<u64>,
    #[command(flatten)]
    l2: L2Args,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    l2_transaction: B256,
    /// With --forced: the deposit on L1.
    #[serde(skip_serializing_if = "Option::is_none")]
    l1: Option<Sent>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withdrawals: Vec<Described>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transaction = self.l2_transaction;
        if let Some(Sent { hash, block }) = &self.l1 {
            writeln!(f, "asked for in L1 block {block}, transaction {hash}")?;
            writeln!(f, "on L2 it will be {transaction}")?;
            writeln!(f, "if the sequencer leaves it out: sequencer bridge force-include --wait")?;
        }
        for withdrawal in &self.withdrawals {
            writeln!(f, "started: {withdrawal}, transaction {transaction}")?;
        }
        write!(f, "next: sequencer bridge prove {transaction} --wait")
    }
}

impl WithdrawArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        if !self.all && self.token.is_some() != self.amount.is_some() {
            bail!("say how many tokens: --amount NUMBER, or --all");
        }
        if !self.all && !self.raw && self.token.is_none() && self.value.is_zero() {
            bail!("say how much: --value AMOUNT, --token ADDRESS --amount NUMBER, or --all");
        }
        let bridge = self.l1.open().await?;
        let report = if self.forced { self.forced(bridge).await? } else { self.on_l2(bridge).await? };
        self.output.show(&report)
    }

    async fn on_l2(&self, bridge: Bridge) -> eyre::Result<Report> {
        let node = self.l2.open(&bridge).await?;
        let mut sender: L2Sender = self.key.on_l2(node.clone()).await?;
        let withdraw = self.withdraw(&bridge, Some(&node), sender.address()).await?;
        let all_ether = self.all && self.token.is_none();
        let started = if all_ether { sender.withdraw_all(withdraw).await? } else { sender.withdraw(&withdraw).await? };
        let l2_transaction =
            started.first().ok_or_eyre("the transaction started no withdrawal: is the L2 node of this chain?")?.transaction;
        let mut withdrawals = Vec::new();
        for started in &started {
            withdrawals.push(Described::of(&bridge, started).await);
        }
        Ok(Report { l2_transaction, l1: None, withdrawals })
    }

    async fn forced(&self, bridge: Bridge) -> eyre::Result<Report> {
        let wants_node = self.all || (self.token.is_some() && self.l2_token.is_none());
        let node = if wants_node { Some(self.l2.open(&bridge).await?) } else { None };
        let mut sender: L1Sender = self.key.on_l1(bridge).await?;
        let account = sender.address();
        let mut withdraw = self.withdraw(sender.bridge(), node.as_ref(), account).await?;
        if let (true, None, Some(node)) = (self.all, self.token, &node) {
            let balance = node.balance(account).await?;
            if balance.is_zero() {
                bail!("{account} has no ether on L2, as far as {} knows", node.url());
            }
            withdraw = withdraw.with_wei(balance);
        }
        let deposited = sender.force_withdrawal(&withdraw, self.l2_gas).await?;
        let deposit = deposited.deposits.first().ok_or_eyre("L1 took no deposit: ask another L1 node")?;
        Ok(Report { l2_transaction: deposit.l2_transaction_hash, l1: Some(deposited.l1), withdrawals: Vec::new() })
    }

    async fn withdraw(&self, bridge: &Bridge, node: Option<&L2Node>, sender: Address) -> eyre::Result<Withdraw> {
        let (to, gas) = (self.to.unwrap_or(sender), self.gas.unwrap_or(PAYOUT_GAS));
        let Some(token) = self.token else {
            return Ok(match self.raw {
                true => Withdraw::Raw { to, wei: self.value, gas: gas.into(), data: self.data.clone() },
                false => Withdraw::Ether { to, wei: self.value, gas },
            });
        };
        let token = bridge.token(token).await?;
        let twin = match (self.l2_token, node) {
            (Some(twin), Some(node)) => {
                check_twin(node, token.address, twin).await?;
                twin
            }
            (Some(twin), None) => twin,
            (None, Some(node)) => find_twin(node, &token).await?,
            (None, None) => bail!("name the token on L2 with --l2-token, or an L2 node with --l2-rpc"),
        };
        let wanted = match (&self.amount, node) {
            (Some(given), _) => amount::units(given, token.decimals)?,
            (None, Some(node)) => node.token_balance(twin, sender).await?,
            (None, None) => bail!("say how many: --amount NUMBER"),
        };
        if wanted.is_zero() {
            bail!("{sender} has no {} on L2, as far as the node there knows", token.symbol);
        }
        if let Some(node) = node {
            let (have, shown) = (node.token_balance(twin, sender).await?, |amount| amount::shown(amount, token.decimals));
            if have < wanted {
                bail!("{sender} has {} {symbol} on L2, and {} are to be withdrawn", shown(have), shown(wanted), symbol = token.symbol);
            }
        }
        Ok(Withdraw::Token { token: token.address, twin, to, amount: wanted, gas })
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use clap::Parser;

    const TOKEN: &str = "0x00000000000000000000000000000000000000aa";

    fn accepts(command: &str, flags: &[&str]) -> bool {
        let start = ["sequencer", "bridge", command, "--network", "n", "--l1-rpc", "http://l1"];
        Cli::try_parse_from(start.iter().chain(flags)).is_ok()
    }

    #[test]
    fn ether_tokens_and_calls_can_be_withdrawn_from_both_layers() {
        let lines: [&[&str]; 5] = [
            &["--value", "1.5ether", "--to", TOKEN],
            &["--all", "--forced", "--l2-gas", "500000"],
            &["--token", TOKEN, "--amount", "12.5", "--l2-token", TOKEN],
            &["--token", TOKEN, "--all"],
            &["--raw", "--to", TOKEN, "--data", "0x12", "--gas", "300000"],
        ];
        for line in lines {
            assert!(accepts("withdraw", line), "{line:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let lines: [&[&str]; 7] = [
            &["--value", "1.5ether", "--all"],
            &["--token", TOKEN, "--amount", "1", "--all"],
            &["--token", TOKEN, "--value", "1"],
            &["--token", TOKEN, "--amount", "1", "--raw"],
            &["--amount", "1"],
            &["--value", "1", "--data", "0x12"],
            &["--value", "1", "--l2-gas", "1"],
        ];
        for line in lines {
            assert!(!accepts("withdraw", line), "{line:?}");
        }
    }

    #[test]
    fn a_withdrawal_is_named_by_its_transaction_and_a_status_also_by_the_account() {
        let transaction = format!("0x{:064x}", 7);
        for command in ["prove", "finalize", "replay", "status"] {
            assert!(accepts(command, &[&transaction]), "{command}");
            assert!(!accepts(command, &["0x12"]), "{command}");
            assert_eq!(accepts(command, &[TOKEN]), command == "status");
        }
        assert!(accepts("finalize", &[&transaction, "--index", "1", "--wait", "--timeout", "700000", "--json"]));
    }
}
