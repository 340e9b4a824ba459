//! `sequencer bridge token`

use super::{
    KeyArgs, L1Args, L2Args, OutputArgs, WaitArgs,
    deposit::{Report as DepositReport, succeeded},
};
use alloy::primitives::{Address, B256};
use clap::Args;
use gainsay_bridge::{Bridge, BridgeError, Token, Twin, twin_address, twins};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    l1: L1Args,
    /// The token on L1.
    #[arg(value_name = "ADDRESS")]
    token: Address,
    /// Make the token on L2 that stands for it.
    #[arg(long)]
    create: bool,
    /// Make it by a deposit from L1: needs no ether on L2 and no sequencer.
    #[arg(long, requires = "create")]
    forced: bool,
    /// Its name on L2; without this the one on L1.
    #[arg(long, value_name = "TEXT", requires = "create")]
    name: Option<String>,
    /// Its symbol on L2; without this the one on L1.
    #[arg(long, value_name = "TEXT", requires = "create")]
    symbol: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    l2: L2Args,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is printed about a token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    token: Token,
    twins: Vec<Twin>,
    /// Where the one of the same name is or would be.
    same_name: Address,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Token { address, name, symbol, decimals } = &self.token;
        writeln!(f, "on L1      {address}: {name} ({symbol}), {decimals} decimals")?;
        for twin in &self.twins {
            let note = if twin.same_name { "" } else { ", with another name: check it before you use it" };
            writeln!(f, "on L2      {}{note}", twin.address)?;
        }
        if self.twins.is_empty() {
            writeln!(f, "on L2      nothing stands for it yet; --create makes {}", self.same_name)?;
        }
        Ok(())
    }
}

/// What is printed about one that was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    twin: Address,
    l2_transaction: B256,
    l2_block: u64,
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is made in L2 block {}, transaction {}", self.twin, self.l2_block, self.l2_transaction)
    }
}

/// What is printed about one that L1 asks for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    twin: Address,
    #[serde(flatten)]
    deposit: DepositReport,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tense = if self.deposit.executed.is_empty() { "will be" } else { "is" };
        write!(f, "{}the token on L2 {tense} {}", self.deposit, self.twin)
    }
}

impl TokenArgs {
    pub(super) async fn run(&self) -> eyre::Result<()> {
        let bridge = self.l1.open().await?;
        let mut token = bridge.token(self.token).await?;
        if !self.create {
            let l2 = self.l2.open(&bridge).await?;
            let same_name = twin_address(&token);
            return self.output.show(&Known { twins: twins(&l2, &token).await?, same_name, token });
        }
        token.name = self.name.clone().unwrap_or(token.name);
        token.symbol = self.symbol.clone().unwrap_or(token.symbol);
        if self.forced { self.create_from_l1(bridge, &token).await } else { self.create_on_l2(bridge, &token).await }
    }

    async fn create_on_l2(&self, bridge: Bridge, token: &Token) -> eyre::Result<()> {
        let node = self.l2.open(&bridge).await?;
        let (twin, receipt) = self.key.on_l2(node).await?.create_twin(token).await?;
        self.output.show(&Created { twin, l2_transaction: receipt.transaction_hash, l2_block: receipt.block() })
    }

    async fn create_from_l1(&self, bridge: Bridge, token: &Token) -> eyre::Result<()> {
        let l2 = if self.wait.wait { Some(self.l2.open(&bridge).await?) } else { None };
        let twin = twin_address(token);
        if let Some(l2) = &l2
            && !l2.code(twin).await?.is_empty()
        {
            return Err(BridgeError::TwinExists { token: token.address, twin }.into());
        }
        let mut sender = self.key.on_l1(bridge).await?;
        let (twin, deposited) = sender.create_twin(token).await?;
        let executed = match (self.wait.patience(), &l2) {
            (Some(patience), Some(l2)) => sender.bridge().executed(l2, deposited.l1.hash, patience).await?,
            _ => Vec::new(),
        };
        let asked = Asked { twin, deposit: DepositReport { approval: None, deposited, executed } };
        self.output.show(&asked)?;
        succeeded(&asked.deposit.executed)
    }
}
