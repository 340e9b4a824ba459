//! Flags of the commands that users of the chain send to L1.

use alloy::{
    primitives::{Address, Bytes, U256},
    transports::http::reqwest::Url,
};
use clap::Args;
use std::path::PathBuf;

/// Who sends, and where to.
#[derive(Debug, Args)]
pub(crate) struct SenderArgs {
    /// Directory with addresses.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) network: PathBuf,
    /// JSON-RPC of L1.
    #[arg(long, value_name = "URL")]
    pub(crate) l1_rpc: Url,
    /// File with the sender's key; without it the key is in GAINSAY_KEY.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DepositArgs {
    #[command(flatten)]
    pub(crate) sender: SenderArgs,
    /// Callee on L2; the sender itself if neither this nor --create is given.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "create")]
    pub(crate) to: Option<Address>,
    /// Create a contract from --data.
    #[arg(long, requires = "data")]
    pub(crate) create: bool,
    /// Ether to bring to L2 and to send with the call, for example 1.5ether or 1000000gwei; a bare number is wei.
    #[arg(long, default_value = "0", value_name = "AMOUNT", value_parser = parse_amount)]
    pub(crate) value: U256,
    /// Gas limit on L2; by default what an empty call with this data needs, and at least 100,000.
    #[arg(long, value_name = "GAS")]
    pub(crate) gas: Option<u64>,
    /// Calldata or init code, hex.
    #[arg(long, default_value = "0x", value_name = "HEX")]
    pub(crate) data: Bytes,
}

#[derive(Debug, Args)]
pub(crate) struct ForceIncludeArgs {
    #[command(flatten)]
    pub(crate) sender: SenderArgs,
}

/// Reads `1.5ether`, `20gwei`, `7` (wei).
fn parse_amount(given: &str) -> Result<U256, String> {
    let digits = given.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match given.get(digits.len()..).unwrap_or_default() {
        "" | "wei" => "wei",
        "gwei" => "gwei",
        "ether" | "eth" => "ether",
        other => return Err(format!("unit {other:?} is unknown: use wei, gwei or ether")),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if [whole, fraction].iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(format!("{given:?} is no amount: use for example 1.5ether, 20gwei or 7"));
    }
    if unit == "wei" && digits.contains('.') {
        return Err(format!("{given:?} is no amount: there is no part of a wei"));
    }
    let amount = alloy::primitives::utils::parse_units(digits, unit).map_err(|error| format!("{given:?} is no amount: {error}"))?;
    Ok(amount.get_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        assert_eq!(parse_amount("7"), Ok(U256::from(7)));
        assert_eq!(parse_amount("1.5ether"), Ok(U256::from(1_500_000_000_000_000_000u64)));
        assert_eq!(parse_amount("20gwei"), Ok(U256::from(20_000_000_000u64)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for given in ["", "ether", "-1ether", "1euro", "1.5.5", "1.5wei", "0x10"] {
            assert!(parse_amount(given).is_err(), "{given}");
        }
    }
}
