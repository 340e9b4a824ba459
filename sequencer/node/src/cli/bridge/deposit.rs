//! `sequencer bridge deposit`

use super::{KeyArgs, L1Args, L2Args, OutputArgs, WaitArgs, parse_data, parse_ether};
use alloy::primitives::{Address, Bytes, U256};
use clap::Args;
use eyre::bail;
use gainsay_bridge::{Deposit, Deposited, Executed, L1Sender, L2Node, Outcome, Sent, TokenDeposit, amount, check_twin, find_twin};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct DepositArgs {
    #[command(flatten)]
    l1: L1Args,
    #[command(flatten)]
    key: KeyArgs,
    /// Who gets the ether or the tokens, or the contract to call on L2; the sender itself if neither this nor --create is given.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "create")]
    to: Option<Address>,
    /// Ether to bring to L2 and to send with the call, for example 1.5ether or 1000000gwei; a bare number is wei.
    #[arg(long, default_value = "0", value_name = "AMOUNT", value_parser = parse_ether)]
    value: U256,
    /// Ether to send with the call instead, if not all that is brought, or if what the sender has on L2 is sent as well.
    #[arg(long, value_name = "AMOUNT", value_parser = parse_ether)]
    call_value: Option<U256>,
    /// Calldata or init code, hex, or @FILE with hex in it: any call on L2, as the sender.
    #[arg(long, default_value = "0x", value_name = "HEX", value_parser = parse_data)]
    data: Bytes,
    /// Create a contract from --data.
    #[arg(long, requires = "data")]
    create: bool,
    /// Bring a token of L1: its address there. Approves the amount first where that is missing.
    #[arg(long, value_name = "ADDRESS", requires = "amount", conflicts_with_all = ["value", "call_value", "data", "create"])]
    token: Option<Address>,
    /// How many, in units of the token, for example 12.5.
    #[arg(long, value_name = "NUMBER", requires = "token")]
    amount: Option<String>,
    /// The token on L2 that stands for it; without this the one with its name, symbol and decimals.
    #[arg(long, value_name = "ADDRESS", requires = "token")]
    l2_token: Option<Address>,
    /// Gas limit on L2; by default at least 100,000, and 200,000 for the mint of a token.
    #[arg(long, value_name = "GAS")]
    gas: Option<u64>,
    #[command(flatten)]
    l2: L2Args,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) approval: Option<Sent>,
    #[serde(flatten)]
    pub(super) deposited: Deposited,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) executed: Vec<Executed>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Sent { hash, block }) = &self.approval {
            writeln!(f, "approved in L1 block {block}, transaction {hash}")?;
        }
        let Deposited { l1, deposits } = &self.deposited;
        writeln!(f, "deposited in L1 block {}, transaction {}", l1.block, l1.hash)?;
        // A reorganisation of L1 may have moved them while they were waited for: what was executed is newer.
        if self.executed.is_empty() {
            for deposit in deposits {
                writeln!(f, "on L2 it will be {}, message {} of the Inbox", deposit.l2_transaction_hash, deposit.index)?;
            }
        }
        for Executed { deposit, l2_block, outcome, contract } in &self.executed {
            let word = if outcome.took_effect() { "succeeded" } else { "failed" };
            write!(f, "on L2 it is {}, in block {l2_block}: it {word}", deposit.l2_transaction_hash)?;
            contract.map_or(Ok(()), |contract| write!(f, " and created {contract}"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

impl DepositArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let bridge = self.l1.open().await?;
        // A node that cannot be reached is told before anything is sent.
        let l2 = if self.wait.wait || self.token.is_some() { Some(self.l2.open(&bridge).await?) } else { None };
        let mut sender = self.key.on_l1(bridge).await?;
        let mut report = match (self.token, &l2) {
            (Some(token), Some(l2)) => self.tokens(&mut sender, l2, token).await?,
            _ => Report { approval: None, deposited: sender.deposit(self.deposit(sender.address())).await?, executed: Vec::new() },
        };
        if let (Some(patience), Some(l2)) = (self.wait.patience(), &l2) {
            report.executed = sender.bridge().executed(l2, report.deposited.l1.hash, patience).await?;
        }
        self.output.show(&report)?;
        succeeded(&report.executed)
    }

    fn deposit(&self, sender: Address) -> Deposit {
        let to = if self.create { None } else { Some(self.to.unwrap_or(sender)) };
        let value = self.call_value.unwrap_or(self.value);
        Deposit { to, mint: self.value, value, gas: self.gas, data: self.data.clone() }
    }

    async fn tokens(&self, sender: &mut L1Sender, l2: &L2Node, token: Address) -> eyre::Result<Report> {
        let token = sender.bridge().token(token).await?;
        let amount = amount::units(self.amount.as_deref().unwrap_or_default(), token.decimals)?;
        let gas = self.gas.map(u32::try_from).transpose();
        let Ok(gas) = gas else { bail!("--gas of a token's deposit is below 2^32") };
        let twin = match self.l2_token {
            Some(twin) => {
                check_twin(l2, token.address, twin).await?;
                twin
            }
            None => find_twin(l2, &token).await?,
        };
        let to = self.to.unwrap_or(sender.address());
        let sent = sender.deposit_token(TokenDeposit { token, twin, to, amount, gas }).await?;
        Ok(Report { approval: sent.approval, deposited: sent.deposited, executed: Vec::new() })
    }
}

/// An error if a call failed on L2.
pub(super) fn succeeded(executed: &[Executed]) -> eyre::Result<()> {
    for Executed { deposit, outcome, .. } in executed {
        match outcome {
            Outcome::Succeeded | Outcome::MessageReplayed { .. } => {}
            Outcome::Failed => {
                bail!("the call on L2 failed; all ether that the deposit brought is on L2, with its sender {}", deposit.from)
            }
            Outcome::MessageFailed { .. } => bail!(
                "the call on L2 failed; the messenger there keeps it with what it brought: try it again with `sequencer bridge deposits \
                 L1TRANSACTION --replay`"
            ),
        }
    }
    Ok(())
}
