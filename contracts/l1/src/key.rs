//! Signing keys.

use alloy::{
    consensus::SignableTransaction,
    network::TxSigner,
    primitives::{Address, B256, Signature},
    signers::local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English},
};
use std::{fmt, path::Path, sync::Arc};

/// A key that signs L1 transactions. Its secret is never printed: `Debug` and `Display` give the address.
#[derive(Clone)]
pub struct SecretKey(PrivateKeySigner);

/// A key that cannot be read. Never quotes the secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the key file {path} cannot be read: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: Arc<std::io::Error>,
    },
    /// The environment variable is missing.
    #[error("the environment variable {name}, which should hold a secret key, is not set")]
    Variable {
        /// Its name.
        name: String,
    },
    /// Neither a file nor the environment variable was given.
    #[error("a key is missing: put it into the environment variable {variable}, or its file's name behind {flag}")]
    Missing {
        /// The environment variable.
        variable: &'static str,
        /// The flag that names a file.
        flag: &'static str,
    },
    /// The text is no secret key.
    #[error("{place} does not hold a secret key: 64 hexadecimal digits, with or without 0x, other than zero")]
    Format {
        /// Where it was read.
        place: String,
    },
    /// The phrase is no mnemonic.
    #[error("the mnemonic is not a valid BIP-39 phrase of English words")]
    Mnemonic,
    /// The signer failed.
    #[error("signing with key {address} failed: {reason}")]
    Signing {
        /// Address of the key.
        address: Address,
        /// What the signer said.
        reason: String,
    },
}

impl SecretKey {
    /// From a file if one is given, else from the environment variable. `flag` is what names the file on the command line.
    ///
    /// # Errors
    /// When neither is given, and when what is given holds no key.
    pub fn load(file: Option<&Path>, variable: &'static str, flag: &'static str) -> Result<Self, KeyError> {
        Self::find(file, variable)?.ok_or(KeyError::Missing { variable, flag })
    }

    /// The same where one can do without a key: none if neither is given.
    ///
    /// # Errors
    /// When what is given holds no key.
    pub fn find(file: Option<&Path>, variable: &str) -> Result<Option<Self>, KeyError> {
        match file {
            Some(file) => Self::from_file(file).map(Some),
            None if std::env::var_os(variable).is_none() => Ok(None),
            None => Self::from_env(variable).map(Some),
        }
    }

    /// From a file that holds hexadecimal digits and perhaps a newline.
    ///
    /// # Errors
    /// If it cannot be read or is no key.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| KeyError::File { path: place.clone(), source: Arc::new(source) })?;
        Self::parse(&text, &format!("the file {place}"))
    }

    /// From an environment variable.
    ///
    /// # Errors
    /// If it is not set or is no key.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        let text = std::env::var(name).map_err(|_| KeyError::Variable { name: name.to_owned() })?;
        Self::parse(&text, &format!("the environment variable {name}"))
    }

    /// From hexadecimal digits. `place` says in an error where they were found.
    ///
    /// # Errors
    /// If they are no key.
    pub fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let format = || KeyError::Format { place: place.to_owned() };
        let secret: B256 = text.trim().parse().map_err(|_| format())?;
        PrivateKeySigner::from_bytes(&secret).map(Self).map_err(|_| format())
    }

    /// The `index`-th account of a mnemonic, at `m/44'/60'/0'/0/index`.
    ///
    /// # Errors
    /// If the phrase is no mnemonic.
    pub fn from_mnemonic(phrase: &str, index: u32) -> Result<Self, KeyError> {
        let builder = MnemonicBuilder::<English>::default().phrase(phrase.trim()).index(index).map_err(|_| KeyError::Mnemonic)?;
        builder.build().map(Self).map_err(|_| KeyError::Mnemonic)
    }

    /// Address of the account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs a transaction.
    ///
    /// # Errors
    /// [`KeyError::Signing`]
    pub(crate) async fn sign(&self, transaction: &mut dyn SignableTransaction<Signature>) -> Result<Signature, KeyError> {
        let failed = |error: alloy::signers::Error| KeyError::Signing { address: self.address(), reason: error.to_string() };
        self.0.sign_transaction(transaction).await.map_err(failed)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.address())
    }
}

impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASE: &str = "test test test test test test test test test test test junk";

    #[test]
    fn the_test_mnemonic_gives_its_known_accounts() {
        let address = |index| SecretKey::from_mnemonic(PHRASE, index).unwrap().address().to_string();
        assert_eq!(address(0), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        assert_eq!(address(1), "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    }

    #[test]
    fn a_missing_key_names_both_places_where_it_is_needed() {
        let nowhere = "GAINSAY_NO_SUCH_KEY";
        assert!(SecretKey::find(None, nowhere).unwrap().is_none());
        let message = SecretKey::load(None, nowhere, "--some-key-file").unwrap_err().to_string();
        assert!(message.contains(nowhere) && message.contains("--some-key-file"), "{message}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let file = Some(Path::new("/no/such/key"));
        for error in [SecretKey::find(file, "X").unwrap_err(), SecretKey::load(file, "X", "--x").unwrap_err()] {
            assert!(matches!(&error, KeyError::File { .. }) && error.to_string().contains("/no/such/key"), "{error}");
        }
    }

    #[test]
    fn a_key_never_prints_its_secret() {
        let secret = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        let key = SecretKey::parse(&format!("0x{secret}\n"), "x").unwrap();
        assert_eq!(key.address(), SecretKey::from_mnemonic(PHRASE, 0).unwrap().address());
        assert!(!format!("{key:?} {key:#?} {key}").contains(&secret[..8]));
        let wrong = SecretKey::parse(&secret[1..], "the file k").unwrap_err().to_string();
        assert!(wrong.starts_with("the file k does not hold") && !wrong.contains(&secret[1..9]), "{wrong}");
    }

    #[test]
    fn zero_and_words_that_are_no_mnemonic_are_refused() {
        assert!(matches!(SecretKey::parse(&"0".repeat(64), "x"), Err(KeyError::Format { .. })));
        assert!(matches!(SecretKey::from_mnemonic("test test", 0), Err(KeyError::Mnemonic)));
    }
}
