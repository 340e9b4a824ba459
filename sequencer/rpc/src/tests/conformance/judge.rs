//! Whether a response is right.

use jsonschema::Validator;
use serde_json::Value;
use std::collections::BTreeSet;

/// Which chain a method is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The suite's last state, untouched.
    Genesis,
    /// The same, at the height of the suite's last block: the start of each block has written into the contract of EIP-2935.
    HeadState,
    /// The suite's transactions.
    Replayed,
}

/// What has to be the same as in the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standard {
    /// The result.
    Exact,
    /// Of each simulated block the results of its calls.
    Calls,
    /// What its sender signed, if it is a transaction.
    Signed,
    /// Whether there is something.
    Schema,
}

/// How cases of a method are judged.
pub(super) fn standard(name: &str, method: &str) -> (Place, Standard) {
    match method {
        // The balance at a block before the last, which took other rules to come about.
        _ if name == "eth_getBalance/get-balance-blockhash" => (Place::Replayed, Standard::Schema),
        "eth_getProof" => (Place::Genesis, Standard::Exact),
        "eth_getBalance"
        | "eth_getCode"
        | "eth_getStorageAt"
        | "eth_getStorageValues"
        | "eth_getTransactionCount"
        | "eth_call"
        | "eth_estimateGas"
        | "eth_createAccessList"
        | "eth_chainId"
        | "net_version"
        | "eth_blockNumber"
        | "eth_syncing"
        | "eth_blobBaseFee"
        | "eth_sendRawTransaction" => (Place::HeadState, Standard::Exact),
        "eth_simulateV1" => (Place::HeadState, Standard::Calls),
        "eth_getBlockTransactionCountByHash" | "eth_getBlockTransactionCountByNumber" | "debug_getRawTransaction" => {
            (Place::Replayed, Standard::Exact)
        }
        "eth_getTransactionByHash" | "eth_getTransactionByBlockHashAndIndex" | "eth_getTransactionByBlockNumberAndIndex" => {
            (Place::Replayed, Standard::Signed)
        }
        name if name.starts_with("txpool_") || matches!(name, "eth_config" | "eth_capabilities" | "testing_buildBlockV1") => {
            (Place::HeadState, Standard::Schema)
        }
        _ => (Place::Replayed, Standard::Schema),
    }
}

/// Compares a response with the one expected; an error says what is wrong with it.
pub(super) fn judge(standard: Standard, schema: Option<&Validator>, expected: &Value, found: &Value) -> Result<(), String> {
    if let Some(error) = expected.get("error") {
        return same_error(error, found);
    }
    let Some(result) = found.get("result") else { return Err(format!("expected a result, found {}", found["error"])) };
    let expected = &expected["result"];
    // Some of the suite's own results are not valid.
    let schema = schema.filter(|schema| schema.is_valid(expected));
    if let Some(error) = schema.and_then(|schema| schema.iter_errors(&without_own_fields(result)).next().map(|error| error.to_string())) {
        return Err(format!("against the schema: {error}"));
    }
    match standard {
        Standard::Exact => same("the result", expected, result),
        Standard::Calls => same("the calls", &calls(expected), &calls(&with_hashes_of(expected, result))),
        Standard::Signed => {
            same_presence(expected, result)?;
            SIGNED.iter().try_for_each(|field| same(field, &expected[field], &result[field]))
        }
        Standard::Schema => same_presence(expected, result),
    }
}

/// Fields of a transaction that its signature covers, or follow from it.
const SIGNED: [&str; 16] = [
    "hash",
    "type",
    "chainId",
    "nonce",
    "gas",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "to",
    "value",
    "input",
    "accessList",
    "authorizationList",
    "from",
    "v",
    "r",
    "s",
];

/// By code and data: the words are for people.
fn same_error(expected: &Value, found: &Value) -> Result<(), String> {
    let Some(error) = found.get("error") else { return Err(format!("expected the error {expected}, found {}", found["result"])) };
    same("the error's code", &expected["code"], &error["code"])?;
    same("the error's data", &expected["data"], &error["data"])?;
    if error["message"].as_str().is_none_or(str::is_empty) { Err("the error has no message".to_owned()) } else { Ok(()) }
}

fn same(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    difference(what, expected, found).map_or(Ok(()), Err)
}

/// The first place where two values differ, and what is there.
fn difference(place: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => (0..)
            .zip(left.iter().zip(right))
            .find_map(|(index, (left, right)): (usize, _)| difference(&format!("{place}[{index}]"), left, right)),
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| difference(&format!("{place}.{name}"), &expected[name], &found[name]))
        }
        _ => (expected != found).then(|| format!("{place}: expected {expected}, found {found}")),
    }
}

/// Fields of receipts that the OP Stack adds, which the schema allows no receipt to have.
const OWN_FIELDS: [&str; 8] = [
    "l1Fee",
    "l1GasUsed",
    "l1GasPrice",
    "l1BlobBaseFee",
    "l1BaseFeeScalar",
    "l1BlobBaseFeeScalar",
    "depositNonce",
    "depositReceiptVersion",
];

fn without_own_fields(result: &Value) -> Value {
    match result {
        Value::Array(items) => items.iter().map(without_own_fields).collect(),
        Value::Object(fields) => {
            let is_receipt = fields.contains_key("cumulativeGasUsed");
            let kept = fields.iter().filter(|(name, _)| !is_receipt || !OWN_FIELDS.contains(&name.as_str()));
            kept.map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        other => other.clone(),
    }
}

/// A result is there where one is expected, and holds something where something is expected.
fn same_presence(expected: &Value, found: &Value) -> Result<(), String> {
    let kind = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        _ => "something".to_owned(),
    };
    let (expected, wanted) = (kind(expected), kind(found));
    if expected == wanted { Ok(()) } else { Err(format!("expected {expected}, found {wanted}: {found}")) }
}

/// The calls of each block.
fn calls(result: &Value) -> Value {
    result.as_array().into_iter().flatten().map(|block| block["calls"].clone()).collect()
}

/// Simulated blocks with the hashes of those expected, wherever they are found, in what calls return too: a hash covers who gets the fees, which is another
/// account here.
fn with_hashes_of(expected: &Value, found: &Value) -> Value {
    let hash =
        |block: &Value| block["hash"].as_str().and_then(|hash| hash.strip_prefix("0x")).filter(|hash| hash.len() == 64).map(str::to_owned);
    let blocks = |result: &Value| result.as_array().cloned().unwrap_or_default();
    let pairs = blocks(expected).into_iter().zip(blocks(found)).filter_map(|(theirs, ours)| Some((hash(&theirs)?, hash(&ours)?)));
    let text = pairs.fold(found.to_string(), |text, (theirs, ours)| text.replace(&ours, &theirs));
    serde_json::from_str(&text).expect("as good as before")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Validator {
        jsonschema::validator_for(&json!({ "type": "string" })).expect("a good schema")
    }

    fn verdict(standard: Standard, expected: Value, found: Value) -> bool {
        judge(standard, None, &expected, &found).is_ok()
    }

    #[test]
    fn a_result_is_judged_by_its_schema_and_by_the_standard() {
        let [one, two] = [json!({ "result": "1" }), json!({ "result": "2" })];
        assert!(judge(Standard::Exact, Some(&schema()), &one, &one).is_ok());
        assert!(judge(Standard::Exact, Some(&schema()), &one, &two).is_err());
        assert!(judge(Standard::Schema, Some(&schema()), &one, &two).is_ok());
        assert!(judge(Standard::Schema, Some(&schema()), &one, &json!({ "result": 1 })).is_err());
        assert!(!verdict(Standard::Schema, one.clone(), json!({ "result": null })));
        assert!(!verdict(Standard::Schema, json!({ "result": [1] }), json!({ "result": [] })));
        assert!(!verdict(Standard::Schema, one.clone(), json!({ "error": { "code": 1, "message": "no" } })));
    }

    #[test]
    fn only_receipts_may_have_fields_of_their_own() {
        let strict = jsonschema::validator_for(&json!({ "additionalProperties": false, "properties": { "cumulativeGasUsed": {} } }))
            .expect("a schema");
        let found = |found: Value| judge(Standard::Schema, Some(&strict), &json!({ "result": {} }), &json!({ "result": found })).is_ok();
        assert!(found(json!({ "cumulativeGasUsed": "0x1", "l1Fee": "0x1" })));
        assert!(!found(json!({ "l1Fee": "0x1" })));
        assert!(!found(json!({ "cumulativeGasUsed": "0x1", "l2Fee": "0x1" })));
    }

    #[test]
    fn the_first_difference_is_named_by_its_place() {
        let found = difference("it", &json!({ "a": [1, { "b": 2 }] }), &json!({ "a": [1, { "b": 3 }] }));
        assert_eq!(found.as_deref(), Some("it.a[1].b: expected 2, found 3"));
        assert_eq!(difference("it", &json!([1]), &json!([1, 2])).as_deref(), Some("it: expected [1], found [1,2]"));
        assert_eq!(difference("it", &json!({ "a": null }), &json!({ "a": null })), None);
    }

    #[test]
    fn an_error_is_judged_by_code_and_data() {
        let error = |code: i64, data: &str| json!({ "error": { "code": code, "data": data, "message": "words" } });
        assert!(verdict(Standard::Exact, error(3, "0x"), error(3, "0x")));
        assert!(!verdict(Standard::Exact, error(3, "0x"), error(4, "0x")));
        assert!(!verdict(Standard::Exact, error(3, "0x"), error(3, "0x01")));
        assert!(!verdict(Standard::Exact, error(3, "0x"), json!({ "result": "0x" })));
    }

    #[test]
    fn the_hash_of_a_simulated_block_may_be_another_but_has_to_be_the_same_wherever_it_is_named() {
        let hash = |digit: &str| format!("0x{}", digit.repeat(64));
        let block = |output: &str, of: &str, named: &str| {
            let call = json!({ "returnData": output, "logs": [{ "blockHash": hash(named) }] });
            json!({ "result": [{ "hash": hash(of), "calls": [call] }] })
        };
        assert!(verdict(Standard::Calls, block("0x1", "a", "a"), block("0x1", "b", "b")));
        assert!(verdict(Standard::Calls, block(&hash("a"), "a", "a"), block(&hash("b"), "b", "b")));
        assert!(!verdict(Standard::Calls, block(&hash("a"), "a", "a"), block(&hash("c"), "b", "b")));
        assert!(!verdict(Standard::Calls, block("0x1", "a", "a"), block("0x1", "b", "c")));
        assert!(!verdict(Standard::Calls, block("0x1", "a", "a"), block("0x2", "a", "a")));
    }
}
