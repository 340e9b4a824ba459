//! Signing keys from a file or from the environment.

use gainsay_l1::SecretKey;
use std::path::Path;

/// A key that cannot be loaded. Never quotes the secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Neither place was given.
    #[error("a key is missing: put it into the environment variable {variable}, or its file's name behind {flag}")]
    Missing {
        /// The environment variable.
        variable: &'static str,
        /// The flag that names a file.
        flag: &'static str,
    },
    /// The place holds no key.
    #[error("{source}")]
    Unusable {
        /// What is wrong with it.
        #[from]
        source: gainsay_l1::KeyError,
    },
}

/// Loads a key: the file if one is given, else the environment variable.
///
/// # Errors
/// When neither is given, and when what is given holds no key.
pub fn load(file: Option<&Path>, variable: &'static str, flag: &'static str) -> Result<SecretKey, KeyError> {
    match file {
        Some(file) => Ok(SecretKey::from_file(file)?),
        None if std::env::var_os(variable).is_none() => Err(KeyError::Missing { variable, flag }),
        None => Ok(SecretKey::from_env(variable)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_names_both_places() {
        let error = load(None, "GAINSAY_NO_SUCH_KEY", "--some-key-file").map(|_| ()).map_err(|error| error.to_string());
        let message = error.err().unwrap_or_default();
        assert!(message.contains("GAINSAY_NO_SUCH_KEY") && message.contains("--some-key-file"), "{message}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = load(Some(Path::new("/no/such/key")), "GAINSAY_NO_SUCH_KEY", "--some-key-file").map(|_| ());
        assert!(matches!(&error, Err(KeyError::Unusable { .. })));
        assert!(error.err().is_some_and(|error| error.to_string().contains("/no/such/key")));
    }
}
