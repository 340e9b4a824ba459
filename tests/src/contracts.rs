//! The ERC-20 that tests use, compiled from `tests/contracts`.

use crate::files;
use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::{SolCall, SolValue},
};
use eyre::{OptionExt, ensure};
use serde_json::Value;
use std::{fs, path::PathBuf, process::Command};

sol! {
    function transfer(address to, uint256 value) external returns (bool);
    function balanceOf(address owner) external view returns (uint256);
}

/// Calls of the token.
#[derive(Clone, Debug)]
pub struct Token {
    init_code: Bytes,
}

impl Token {
    /// Compiles it (forge keeps the result).
    ///
    /// # Errors
    /// When forge is not installed or fails.
    pub fn compile() -> eyre::Result<Self> {
        let folder = files::repository().join("tests/contracts");
        let output = Command::new(files::foundry("forge")?).arg("build").current_dir(&folder).output()?;
        ensure!(output.status.success(), "forge build: {}", String::from_utf8_lossy(&output.stderr));
        let artifact: Value = serde_json::from_slice(&fs::read(Self::artifacts().join("Token.sol/Token.json"))?)?;
        let init_code = artifact["bytecode"]["object"].as_str().ok_or_eyre("the artifact has no bytecode")?.parse()?;
        Ok(Self { init_code })
    }

    /// Where forge puts the ABI and code of all contracts of the folder.
    pub(crate) fn artifacts() -> PathBuf {
        files::repository().join("tests/contracts/out")
    }

    /// Init code of a token whose supply its creator has.
    #[must_use]
    pub fn create(&self, supply: u64) -> Bytes {
        [self.init_code.as_ref(), &U256::from(supply).abi_encode()].concat().into()
    }

    /// Calldata of a transfer.
    #[must_use]
    pub fn transfer(to: Address, value: u64) -> Bytes {
        transferCall { to, value: U256::from(value) }.abi_encode().into()
    }

    /// Calldata of a balance query; the answer is one word.
    #[must_use]
    pub fn balance_of(owner: Address) -> Bytes {
        balanceOfCall { owner }.abi_encode().into()
    }
}
