//! What is read of a node, and what an answer has to look like.

use crate::senders::{Sender, TOKEN};
use alloy::{
    primitives::{Address, keccak256},
    sol,
    sol_types::SolCall,
};
use clap::ValueEnum;
use eyre::{OptionExt, ensure};
use serde_json::{Value, json};

sol! {
    function balanceOf(address owner) external view returns (uint256);
}

/// Requests that differ; then they repeat.
const REQUESTS: usize = 200;

/// Kinds of reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Read {
    /// `eth_call`: the token balance of a sender.
    Call,
    /// `eth_getBalance`: the ether of a sender.
    Balance,
    /// `eth_getLogs`: the token's transfers in some blocks.
    Logs,
    /// `eth_getBlockByNumber`: the latest block with the hashes of its transactions.
    Block,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// What is read.
    pub(crate) read: Read,
    /// Of whom.
    pub(crate) owners: Vec<Address>,
    /// Of which blocks the logs are, the first and the last.
    pub(crate) blocks: (u64, u64),
}

impl Question {
    /// About these senders.
    #[must_use]
    pub(crate) fn new(read: Read, senders: &[Sender], blocks: (u64, u64)) -> Self {
        Self { read, owners: senders.iter().map(|sender| sender.address).collect(), blocks }
    }

    /// As on the command line.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        self.read.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// One call; the place says about whom.
    fn call(&self, place: usize) -> Value {
        let owner = self.owners[place % self.owners.len()];
        let (method, params) = match self.read {
            Read::Call => {
                let data = alloy::primitives::Bytes::from(balanceOfCall { owner }.abi_encode());
                ("eth_call", json!([{ "to": TOKEN, "data": data }, "latest"]))
            }
            Read::Balance => ("eth_getBalance", json!([owner, "latest"])),
            Read::Logs => {
                let (from, to) = self.blocks;
                let transfer = keccak256("Transfer(address,address,uint256)");
                (
                    "eth_getLogs",
                    json!([{ "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}"), "address": TOKEN, "topics": [transfer] }]),
                )
            }
            Read::Block => ("eth_getBlockByNumber", json!(["latest", false])),
        };
        json!({ "jsonrpc": "2.0", "id": place, "method": method, "params": params })
    }

    /// Bodies of requests with `batch` calls each: a single one is in no array.
    #[must_use]
    pub(crate) fn bodies(&self, batch: usize) -> Vec<Vec<u8>> {
        let body = |first: usize| {
            let calls = || (0..batch).map(|place| self.call(first * batch + place));
            if batch == 1 { self.call(first).to_string() } else { Value::from_iter(calls()).to_string() }
        };
        (0..REQUESTS).map(|first| body(first).into_bytes()).collect()
    }

    /// Refuses an answer that is not what was asked for: of all calls in it.
    ///
    /// # Errors
    /// With what is wrong.
    pub(crate) fn check(&self, body: &[u8]) -> eyre::Result<()> {
        let answer: Value = serde_json::from_slice(body)?;
        let answers = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
        ensure!(!answers.is_empty(), "the node answers none of the calls");
        answers.iter().try_for_each(|answer| self.check_one(answer))
    }

    fn check_one(&self, answer: &Value) -> eyre::Result<()> {
        let result = answer.get("result").ok_or_eyre(format!("the node answers {answer}"))?;
        let has_digit = |text: &str| text.trim_start_matches("0x").bytes().any(|digit| digit != b'0');
        let fits = match self.read {
            Read::Call => result.as_str().is_some_and(|word| word.len() == 66 && has_digit(word)),
            Read::Balance => result.as_str().is_some_and(has_digit),
            Read::Logs => result.as_array().is_some_and(|logs| !logs.is_empty() && logs.iter().all(|log| log["topics"].is_array())),
            Read::Block => result["hash"].is_string() && result["transactions"].is_array(),
        };
        ensure!(fits, "the node answers something else than was asked for: {result}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(read: Read) -> Question {
        Question { read, owners: (1..=3).map(Address::repeat_byte).collect(), blocks: (10, 17) }
    }

    #[test]
    fn requests_ask_about_all_owners_in_turn_one_by_one_or_in_batches() {
        let question = question(Read::Balance);
        let owner = |call: &Value| call["params"][0].as_str().map(str::to_owned);
        let single: Vec<Value> = question.bodies(1).iter().flat_map(|body| serde_json::from_slice(body).ok()).collect();
        assert_eq!(single.len(), REQUESTS);
        let batched: Vec<Value> =
            question.bodies(5).iter().flat_map(|body| serde_json::from_slice::<Vec<Value>>(body).unwrap_or_default()).collect();
        assert_eq!(batched.len(), 5 * REQUESTS);
        for calls in [single, batched] {
            assert!(
                calls
                    .iter()
                    .zip(question.owners.iter().cycle())
                    .all(|(call, expected)| owner(call) == Some(json!(expected).as_str().unwrap_or_default().to_owned()))
            );
        }
    }

    #[test]
    fn an_answer_without_what_was_asked_for_is_refused() {
        let word = |digit: char| format!("0x{}{digit}", "0".repeat(63));
        let of = |result: Value| json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
        let fits = |read, result: Value| question(read).check(of(result).as_bytes()).is_ok();
        assert!(fits(Read::Call, json!(word('7'))) && !fits(Read::Call, json!(word('0'))) && !fits(Read::Call, json!("0x7")));
        assert!(fits(Read::Balance, json!("0x7")) && !fits(Read::Balance, json!("0x0")));
        assert!(fits(Read::Logs, json!([{ "topics": [] }])) && !fits(Read::Logs, json!([])));
        assert!(fits(Read::Block, json!({ "hash": "0x1", "transactions": [] })) && !fits(Read::Block, Value::Null));
        let half = format!("[{},{}]", of(json!("0x7")), json!({ "id": 2, "error": { "message": "busy" } }));
        assert!(question(Read::Balance).check(half.as_bytes()).is_err());
    }
}
