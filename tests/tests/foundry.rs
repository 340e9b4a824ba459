//! What developers do with forge and cast: contracts are created by commands and by scripts, transactions sent, and the chain looked at.

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::SolValue,
};
use eyre::{Context, OptionExt, ensure};
use gainsay_tests::{Node, Options, Setup, accounts};
use serde_json::Value;
use std::fs;

/// Who sends: accounts 0 and 1 of the development network.
struct Developer {
    setup: Setup,
    sequencer: Node,
    key: String,
    address: Address,
    friend: Address,
}

/// The only JSON object of a line of output that has this field.
fn find(output: &str, field: &str) -> eyre::Result<Value> {
    let objects = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    objects.map(|mut object| object[field].take()).find(|value| !value.is_null()).ok_or_eyre(format!("no {field} in: {output}"))
}

/// A quantity as JSON-RPC writes it.
fn quantity(value: &Value) -> eyre::Result<u64> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x")).ok_or_eyre(format!("{value} is no quantity"))?;
    Ok(u64::from_str_radix(digits, 16)?)
}

impl Developer {
    async fn start() -> eyre::Result<Self> {
        let setup = Setup::start(Options::default()).await?;
        let sequencer = setup.sequencer("sequencer")?;
        sequencer.start_and_wait().await?;
        let (address, friend) = (accounts::signer(0)?.address(), accounts::signer(1)?.address());
        Ok(Self { setup, sequencer, key: accounts::key(0)?, address, friend })
    }

    /// What a verb of cast prints.
    fn cast(&self, verb: &str, arguments: &[&str]) -> eyre::Result<String> {
        Ok(self.setup.run_foundry("cast", verb, arguments, &self.sequencer)?.trim().to_owned())
    }

    /// What it refuses with.
    fn refusal(&self, verb: &str, arguments: &[&str]) -> eyre::Result<String> {
        let outcome = self.cast(verb, arguments);
        let refused = outcome.err().ok_or_eyre(format!("cast {verb} {arguments:?} was not refused"))?;
        Ok(format!("{refused:#}"))
    }

    /// The receipt of a transaction that cast sends with the first account's key; it must have succeeded.
    fn send(&self, arguments: &[&str]) -> eyre::Result<Value> {
        let receipt = self.cast("send", &[arguments, &["--private-key", &self.key, "--json"]].concat())?;
        let receipt: Value = serde_json::from_str(&receipt).wrap_err(receipt)?;
        ensure!(receipt["status"] == "0x1", "it reverted: {receipt}");
        Ok(receipt)
    }

    fn owned(&self, token: &str, owner: Address) -> eyre::Result<U256> {
        Ok(self.cast("call", &[token, "balanceOf(address)(uint256)", &owner.to_string()])?.parse()?)
    }

    /// A token whose supply of 1,000 the first account has.
    fn create(&self) -> eyre::Result<String> {
        let created = ["Token.sol:Token", "--private-key", &self.key, "--broadcast", "--json", "--constructor-args", "1000"];
        let created = self.setup.run_foundry("forge", "create", &created, &self.sequencer)?;
        let created: Value = serde_json::from_str(&created)?;
        Ok(created["deployedTo"].as_str().ok_or_eyre("forge create names no contract")?.to_owned())
    }

    /// What forge's script returns, and how many transactions it has sent.
    fn script(&self, file: &str, signature: &str, arguments: &[&str]) -> eyre::Result<(Value, usize)> {
        let contract = file.trim_end_matches(".s.sol");
        let target = format!("{file}:{contract}");
        let options: &[&str] = &["--private-key", &self.key, "--broadcast", "--json"];
        let script = [&[target.as_str(), "--sig", signature], arguments, options].concat();
        let output = self.setup.run_foundry("forge", "script", &script, &self.sequencer)?;
        let journal = self.setup.path(&format!("broadcast/{file}/{}/run-latest.json", self.setup.l2_chain_id()?));
        let journal: Value = serde_json::from_slice(&fs::read(&journal).wrap_err_with(|| journal.display().to_string())?)?;
        let receipts = journal["receipts"].as_array().ok_or_eyre("forge's journal has no receipts")?;
        ensure!(receipts.iter().all(|receipt| receipt["status"] == "0x1"), "one of the script's transactions reverted: {journal}");
        Ok((find(&output, "returns")?, receipts.len()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forge_and_cast_work() -> eyre::Result<()> {
    let developer = Developer::start().await?;
    let token = developer.create()?;
    let receipt = transfers(&developer, &token)?;
    looks(&developer, &token, &receipt)?;
    states(&developer, &token)?;
    executes_again(&developer, &token, &receipt)?;
    imagines(&developer, &token)?;
    envelopes(&developer, &token)?;
    refusals(&developer, &token)?;
    scripts(&developer)
}

/// Sends tokens within the gas that was estimated.
fn transfers(developer: &Developer, token: &str) -> eyre::Result<Value> {
    let (from, to) = (developer.address.to_string(), developer.friend.to_string());
    let call = [token, "transfer(address,uint256)", &to, "400"];
    let estimate: u64 = developer.cast("estimate", &[&call[..], &["--from", &from]].concat())?.parse()?;
    let receipt = developer.send(&call)?;
    let used = quantity(&receipt["gasUsed"])?;
    ensure!(used <= estimate && estimate <= used + used / 10, "it used {used} gas, and {estimate} were estimated");
    ensure!(developer.owned(token, developer.friend)? == U256::from(400), "the tokens have not arrived");
    Ok(receipt)
}

/// What cast shows of the chain is what was done.
fn looks(developer: &Developer, token: &str, receipt: &Value) -> eyre::Result<()> {
    let hash = receipt["transactionHash"].as_str().ok_or_eyre("the receipt has no hash")?;
    let (number, from) = (quantity(&receipt["blockNumber"])?, developer.address.to_string());
    let shown: Value = serde_json::from_str(&developer.cast("receipt", &[hash, "--json"])?)?;
    // cast send leaves out what only this chain's receipts have: the cost of L1.
    let same = receipt.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| &shown[name] == value));
    ensure!(same && !shown["l1Fee"].is_null(), "cast receipt shows {shown}, and cast send showed {receipt}");
    let block: Value = serde_json::from_str(&developer.cast("block", &[&number.to_string(), "--json"])?)?;
    ensure!(block["hash"] == receipt["blockHash"], "the receipt is of another block: {block}");
    ensure!(block["transactions"].as_array().is_some_and(|all| all.contains(&receipt["transactionHash"])), "it is not in {block}");
    let logs = developer.cast("logs", &["--from-block", "0", "--address", token, "Transfer(address,address,uint256)", "--json"])?;
    let logs: Vec<Value> = serde_json::from_str(&logs)?;
    ensure!(logs.len() == 2 && logs.last() == receipt["logs"].get(0), "cast logs shows {logs:?}");
    let before = developer.cast("nonce", &[&from, "--block", &(number - 1).to_string()])?;
    ensure!(before == "1" && developer.cast("nonce", &[&from])? == "2", "the nonce before the transfer is {before}");
    let (price, base_fee): (u64, u64) = (developer.cast("gas-price", &[])?.parse()?, developer.cast("base-fee", &[])?.parse()?);
    ensure!(price >= base_fee && base_fee > 0, "the gas price is {price}, and the base fee {base_fee}");
    let id: Value = serde_json::from_str(&developer.cast("rpc", &["eth_chainId"])?)?;
    ensure!(quantity(&id)? == developer.setup.l2_chain_id()?, "cast rpc shows the chain id {id}");
    Ok(())
}

/// Storage, code and their proof agree.
fn states(developer: &Developer, token: &str) -> eyre::Result<()> {
    // The balances are the first variable that is stored.
    let slot = keccak256((developer.friend, U256::ZERO).abi_encode()).to_string();
    let stored: U256 = developer.cast("storage", &[token, &slot])?.parse()?;
    ensure!(stored == U256::from(400), "cast storage shows {stored}");
    let proof: Value = serde_json::from_str(&developer.cast("proof", &[token, &slot])?)?;
    ensure!(proof["storageProof"][0]["value"] == "0x190", "cast proof shows {proof}");
    let code: Bytes = developer.cast("code", &[token])?.parse()?;
    ensure!(code.len() > 500 && proof["codeHash"] == keccak256(&code).to_string(), "the proof is of another code: {proof}");
    Ok(())
}

/// cast executes by itself what the node has executed, from the state that the node gives it.
fn executes_again(developer: &Developer, token: &str, receipt: &Value) -> eyre::Result<()> {
    let hash = receipt["transactionHash"].as_str().ok_or_eyre("the receipt has no hash")?;
    let trace = developer.cast("run", &[hash])?;
    let used = format!("Gas used: {}", quantity(&receipt["gasUsed"])?);
    ensure!(trace.contains("Transaction successfully executed") && trace.contains(&used), "cast run found something else: {trace}");
    let asked = developer.cast("rpc", &["debug_traceTransaction", hash, r#"{"tracer":"callTracer","tracerConfig":{"withLog":true}}"#])?;
    let asked: Value = serde_json::from_str(&asked)?;
    ensure!(
        asked["gasUsed"] == receipt["gasUsed"] && asked["logs"][0]["topics"] == receipt["logs"][0]["topics"],
        "the node's own trace is {asked}"
    );
    let trace = developer.cast("call", &[token, "balanceOf(address)(uint256)", &developer.friend.to_string(), "--trace"])?;
    ensure!(trace.contains("[Return] 400"), "cast call --trace found something else: {trace}");
    Ok(())
}

/// What would be, of a state that is otherwise; and the pool.
fn imagines(developer: &Developer, token: &str) -> eyre::Result<()> {
    let (from, to) = (developer.address.to_string(), developer.friend.to_string());
    let listed = developer.cast("access-list", &[token, "transfer(address,uint256)", &to, "1", "--from", &from, "--json"])?;
    let listed: Value = serde_json::from_str(&listed)?;
    let keys: Vec<&Value> = listed["accessList"].as_array().into_iter().flatten().map(|entry| &entry["storageKeys"]).collect();
    ensure!(
        keys.len() == 1 && keys[0].as_array().is_some_and(|all| all.len() == 2),
        "the transfer touches two slots of the token: {listed}"
    );
    let poor = developer.cast("call", &[token, "balanceOf(address)(uint256)", token])?;
    let slot = keccak256((token.parse::<Address>()?, U256::ZERO).abi_encode());
    let rich = format!("{token}:{slot}:0x4d");
    let rich = developer.cast("call", &[token, "balanceOf(address)(uint256)", token, "--override-state-diff", &rich])?;
    ensure!((poor.as_str(), rich.as_str()) == ("0", "77"), "the token has {poor} of itself, and would have {rich}");
    let pool: Value = serde_json::from_str(&developer.cast("rpc", &["txpool_status"])?)?;
    ensure!(quantity(&pool["pending"])? == 0 && quantity(&pool["queued"])? == 0, "everything is in blocks, but the pool has {pool}");
    Ok(())
}

/// Every kind of transaction that cast sends.
fn envelopes(developer: &Developer, token: &str) -> eyre::Result<()> {
    let to = developer.friend.to_string();
    let call = [token, "transfer(address,uint256)", &to, "1"];
    let legacy = developer.send(&[&call[..], &["--legacy"]].concat())?;
    let listed = format!(r#"[{{"address":"{token}","storageKeys":[]}}]"#);
    let modern = developer.send(&[&call[..], &["--access-list", &listed]].concat())?;
    ensure!(legacy["type"] == "0x0" && modern["type"] == "0x2", "other types: {legacy}, {modern}");
    ensure!(quantity(&modern["gasUsed"])? == quantity(&legacy["gasUsed"])? + 2_400, "the access list has not cost 2,400 gas: {modern}");
    // An account that takes the token's code for itself has a token of its own.
    let delegated = developer.send(&[&developer.address.to_string(), "decimals()", "--auth", token])?;
    ensure!(delegated["type"] == "0x4", "no delegation: {delegated}");
    let code = developer.cast("code", &[&developer.address.to_string()])?;
    ensure!(code.eq_ignore_ascii_case(&format!("0xef0100{}", token.trim_start_matches("0x"))), "the account has the code {code}");
    // Signed now, sent afterwards.
    let signed = developer.cast("mktx", &[&call[..], &["--private-key", &developer.key]].concat())?;
    let hash = developer.cast("publish", &["--async", &signed])?;
    ensure!(developer.cast("receipt", &[&hash, "status"])?.starts_with("true"), "the published transaction reverted");
    ensure!(developer.owned(token, developer.friend)? == U256::from(403), "not every kind of transaction moved its token");
    let again = developer.refusal("publish", &["--async", &signed])?;
    ensure!(again.contains("nonce too low"), "a transaction that a block has is refused with: {again}");
    Ok(())
}

fn refusals(developer: &Developer, token: &str) -> eyre::Result<()> {
    let transfer = [token, "transfer(address,uint256)", &developer.friend.to_string(), "1001", "--private-key", &developer.key];
    let reverted = developer.refusal("send", &transfer)?;
    ensure!(reverted.contains("execution reverted"), "not understood as a revert: {reverted}");
    let unknown = developer.refusal("rpc", &["anvil_nodeInfo"])?;
    ensure!(unknown.contains("-32601"), "a method that is not there is refused with: {unknown}");
    Ok(())
}

/// Scripts of two and of seven transactions that build on each other.
fn scripts(developer: &Developer) -> eyre::Result<()> {
    let to = developer.friend.to_string();
    let (returned, sent) = developer.script("Deploy.s.sol", "run(address,uint256,uint256)", &[&to, "1000", "300"])?;
    let token = returned["token"]["value"].as_str().ok_or_eyre("forge script returns no contract")?;
    ensure!(sent == 2 && developer.owned(token, developer.friend)? == U256::from(300), "the script's transfer has not arrived");

    let salt = B256::with_last_byte(7).to_string();
    let (returned, sent) = developer.script("Launch.s.sol", "run(address,uint256,uint256,bytes32)", &[&to, "1000", "250", &salt])?;
    ensure!(sent == 7, "{sent} transactions of the script have receipts");
    let address = |name: &str| returned[name]["value"].as_str().ok_or_eyre(format!("forge script returns no {name}"));
    ensure!(developer.owned(address("token")?, developer.friend)? == U256::from(250), "the tokens have not arrived");
    ensure!(developer.cast("balance", &[address("gate")?])? == "6", "the gate does not have what was put in and what came through it");
    ensure!(developer.cast("balance", &[address("forwarder")?])? == "0", "the forwarder kept something");
    Ok(())
}
