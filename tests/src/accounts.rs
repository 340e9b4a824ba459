//! The accounts of the development network: ten of the well-known test mnemonic, funded on both layers; and those of disputes, funded by who needs them.

use alloy::signers::local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};

/// The public test mnemonic.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";
/// Accounts 0..7 are free to use.
pub const USERS: u32 = 7;
/// Deploys the contracts.
pub const DEPLOYER: u32 = 7;
/// Posts batches: the Inbox's sequencer.
pub const BATCHER: u32 = 8;
/// Stakes on assertions.
pub const PROPOSER: u32 = 9;
/// An honest challenger; another one has the next index. Not funded from the start: [`crate::L1::fund`].
pub const CHALLENGER: u32 = 10;
/// The first of those that lie. Not funded from the start.
pub const LIARS: u32 = 20;
/// How many there are at most.
pub const MOST_LIARS: u32 = 60;

/// The signer of an account.
///
/// # Errors
/// Never for a valid index.
pub fn signer(index: u32) -> eyre::Result<PrivateKeySigner> {
    Ok(MnemonicBuilder::<English>::default().phrase(MNEMONIC).index(index)?.build()?)
}

/// Its private key as 0x-hex, as the programs read it from the environment.
///
/// # Errors
/// Never for a valid index.
pub fn key(index: u32) -> eyre::Result<String> {
    Ok(signer(index)?.to_bytes().to_string())
}
