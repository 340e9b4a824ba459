//! A genesis file for the load: senders with ether and tokens, and the contracts that are called.

use crate::senders::{FILLER, SLOTS, TOKEN, senders};
use alloy::{
    primitives::{Address, B256, U256, hex, keccak256},
    sol_types::SolValue,
};
use eyre::{OptionExt, WrapErr};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    process::Command,
};

/// Where a token's balance is: `balanceOf` is its first mapping, in slot 0.
fn balance_slot(owner: Address) -> B256 {
    keccak256((owner, U256::ZERO).abi_encode())
}

/// Writes ten slots from the word in the calldata on, and stops.
fn slots_code() -> String {
    // PUSH0 CALLDATALOAD
    let mut code = hex!("5f35").to_vec();
    for _ in 0..10 {
        // PUSH1 1 DUP2 SSTORE, PUSH1 1 ADD
        code.extend(hex!("60018155600101"));
    }
    code.push(0);
    hex::encode_prefixed(code)
}

/// Sends one wei to each account whose address is the hash of a number: as many numbers as the second word of the calldata says, from the first on.
fn filler_code() -> String {
    // PUSH0 CALLDATALOAD DUP1 PUSH1 32 CALLDATALOAD ADD SWAP1: the end, and on top of it the number
    // 8: JUMPDEST DUP1 PUSH0 MSTORE; no return data, no calldata, one wei; PUSH1 32 PUSH0 KECCAK256 as address, no gas; CALL POP
    // PUSH1 1 ADD DUP2 DUP2 LT PUSH1 8 JUMPI STOP
    hex::encode_prefixed(hex!("5f35806020350190 5b805f52 5f5f5f5f 6001 60205f20 5f f150 600101 818110 600857 00"))
}

/// The token of the tests, as forge makes it.
fn token_code() -> eyre::Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts");
    let tools = folder.join("../../contracts/node_modules/@foundry-rs");
    let forge = fs::read_dir(&tools)
        .wrap_err("forge is not installed: run scripts/contracts setup")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/forge")))
        .find(|path| path.exists())
        .ok_or_eyre("forge is not installed: run scripts/contracts setup")?;
    eyre::ensure!(Command::new(forge).args(["build", "--quiet"]).current_dir(&folder).status()?.success(), "forge build failed");
    let artifact: Value = serde_json::from_slice(&fs::read(folder.join("out/Token.sol/Token.json"))?)?;
    Ok(artifact["deployedBytecode"]["object"].as_str().ok_or_eyre("the artifact has no code")?.to_owned())
}

/// Writes the file.
///
/// # Errors
/// When the token cannot be compiled, or the file system refuses.
pub(crate) fn write(count: u64, chain_id: u64, gas_limit: u64, out: &Path) -> eyre::Result<()> {
    let mut alloc = Map::new();
    let mut balances = Map::new();
    for sender in senders(count) {
        alloc.insert(sender.address.to_string(), json!({ "balance": "0x33b2e3c9fd0803ce8000000" }));
        balances.insert(balance_slot(sender.address).to_string(), json!(B256::from(U256::from(u64::MAX)).to_string()));
    }
    alloc.insert(TOKEN.to_string(), json!({ "balance": "0x0", "code": token_code()?, "storage": balances }));
    alloc.insert(SLOTS.to_string(), json!({ "balance": "0x0", "code": slots_code() }));
    alloc.insert(FILLER.to_string(), json!({ "balance": "0x33b2e3c9fd0803ce8000000", "code": filler_code() }));
    let genesis = json!({
        "config": {
            "chainId": chain_id, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0, "byzantiumBlock": 0, "constantinopleBlock": 0,
            "petersburgBlock": 0, "istanbulBlock": 0, "berlinBlock": 0, "londonBlock": 0, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 0, "pragueTime": 0,
        },
        "nonce": "0x0", "timestamp": "0x0", "extraData": "0x", "gasLimit": format!("{gas_limit:#x}"), "difficulty": "0x0", "baseFeePerGas": "0xf4240", "alloc": alloc,
    });
    let mut file = BufWriter::new(File::create(out).wrap_err_with(|| format!("{} cannot be written", out.display()))?);
    serde_json::to_writer(&mut file, &genesis)?;
    file.flush()?;
    Ok(())
}
