//! A network whose bridge is used: people without a wei in genesis, a token of L1, and what they do.

use crate::books::Books;
use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    primitives::{Address, Bytes, U256, utils::parse_ether},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use eyre::{OptionExt, WrapErr, ensure};
use gainsay_tests::{Node, Patience, Process, Setup, Token, accounts, eventually, program};
use serde_json::Value;
use std::{process::Command, time::Duration};

/// The first of their accounts: genesis gives them nothing, so what they have on L2 the Portal holds.
const FIRST: u32 = 12;
/// Ether of each on L1 at first.
const PURSE: &str = "100";
/// Tokens of each on L1 at first.
pub(crate) const TOKENS: u64 = 1_000_000;
/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Somebody who uses the bridge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) account: u32,
    pub(crate) address: Address,
}

/// L1, its people, and the books of both layers.
pub(crate) struct Crossing {
    pub(crate) setup: Setup,
    pub(crate) people: Vec<Person>,
    /// The token on L1.
    pub(crate) token: Address,
    pub(crate) books: Books,
}

impl Crossing {
    /// Gives people ether and tokens on L1, and opens the books. `node` answers for L2.
    pub(crate) async fn open(setup: Setup, node: &Node, names: &[&'static str]) -> eyre::Result<Self> {
        let mut people = Vec::new();
        for (account, name) in (FIRST..).zip(names) {
            let address = accounts::signer(account)?.address();
            setup.l1.fund(address, parse_ether(PURSE)?).await?;
            people.push(Person { name, account, address });
        }
        let addresses: Vec<_> = people.iter().map(|one| one.address).collect();
        setup.l1.advance(1).await?;
        let books = Books::open(&setup, node, &addresses).await?;
        let token = hand_out(&setup, &addresses).await?;
        Ok(Self { setup, people, token, books })
    }

    /// Tokens of somebody on L1.
    pub(crate) async fn tokens_on_l1(&self, owner: Address) -> eyre::Result<U256> {
        let request = TransactionRequest::default().with_to(self.token).with_input(Token::balance_of(owner));
        Ok(U256::from_be_slice(&self.setup.l1.provider().call(request).await?))
    }

    /// Runs `sequencer bridge …` with somebody's key; what it prints.
    pub(crate) async fn bridge(&self, who: &Person, arguments: &[&str]) -> eyre::Result<String> {
        let (done, told) = self.try_bridge(who, arguments).await?;
        ensure!(done, "{}: bridge {}: {told}", who.name, arguments.join(" "));
        Ok(told)
    }

    /// The same of a command that may fail: whether it succeeded, and what it printed, or complained of.
    pub(crate) async fn try_bridge(&self, who: &Person, arguments: &[&str]) -> eyre::Result<(bool, String)> {
        let mut command = Command::new(program("sequencer")?);
        command.arg("bridge").args(arguments).arg("--network").arg(self.setup.path("network"));
        command.args(["--l1-rpc", self.setup.l1.url().as_str()]);
        command.env("GAINSAY_KEY", accounts::key(who.account)?).env("RUST_LOG", "off");
        let finished = tokio::task::spawn_blocking(move || Process::run(&mut command, LIMIT)).await??;
        let done = finished.status.success();
        let told = if done { finished.stdout } else { finished.stderr };
        if arguments.first() != Some(&"status") || !arguments.contains(&"--json") {
            eprintln!("{}: bridge {}\n{}", who.name, arguments.join(" "), told.trim_end());
        }
        Ok((done, told))
    }

    /// The same with an answer in JSON.
    pub(crate) async fn bridge_json(&self, who: &Person, arguments: &[&str]) -> eyre::Result<Value> {
        let told = self.bridge(who, &[arguments, &["--json"]].concat()).await?;
        serde_json::from_str(&told).wrap_err(told)
    }
}

/// Somebody's wallet on L2.
pub(crate) fn wallet(who: &Person, node: &Node) -> eyre::Result<DynProvider> {
    let wallet = EthereumWallet::from(accounts::signer(who.account)?);
    let provider = ProviderBuilder::default().with_gas_estimation().with_simple_nonce_management().fetch_chain_id().wallet(wallet);
    Ok(provider.connect_http(node.url().clone()).erased())
}

/// An ordinary transaction on L2, to its end.
pub(crate) async fn send(who: &Person, node: &Node, to: Address, wei: U256, data: Bytes) -> eyre::Result<()> {
    let request = TransactionRequest::default().with_from(who.address).with_to(to).with_value(wei).with_input(data);
    let hash = *wallet(who, node)?.send_transaction(request).await?.tx_hash();
    let done = eventually("the transaction is in a block", Patience::secs(30), async || node.succeeded(hash).await).await?;
    ensure!(done, "{}'s transaction {hash} reverted", who.name);
    Ok(())
}

/// A token on L1, of which everybody gets some.
async fn hand_out(setup: &Setup, people: &[Address]) -> eyre::Result<Address> {
    let from = accounts::signer(0)?.address();
    let request = TransactionRequest::default().with_from(from);
    let create = request.clone().with_deploy_code(Token::compile()?.create(TOKENS * people.len() as u64));
    let receipt = setup.l1.provider().send_transaction(create).await?.get_receipt().await?;
    let token = receipt.contract_address.ok_or_eyre("no token was created")?;
    let mut given = Vec::new();
    for person in people {
        let give = request.clone().with_to(token).with_input(Token::transfer(*person, TOKENS));
        given.push(setup.l1.provider().send_transaction(give).await?);
    }
    for one in given {
        ensure!(one.get_receipt().await?.status(), "the token was not handed out");
    }
    Ok(token)
}
