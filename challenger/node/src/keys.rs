//! The key that stakes and moves, from a file or from the environment. Without one a challenger watches.

use gainsay_l1::SecretKey;
use std::path::Path;

/// The environment variable that holds the key.
pub const VARIABLE: &str = "GAINSAY_CHALLENGER_KEY";

/// A key that cannot be had. Never quotes the secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Claims take a bond, and there is nobody to pay it.
    #[error("whoever proposes needs a key: put it into the environment variable {variable}, or its file's name behind {flag}")]
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

/// Loads the key: the file if one is given, else the environment variable, if it is set. None if neither is there.
///
/// # Errors
/// When what is given holds no key.
pub fn load(file: Option<&Path>, variable: &str) -> Result<Option<SecretKey>, KeyError> {
    match file {
        Some(file) => Ok(Some(SecretKey::from_file(file)?)),
        None if std::env::var_os(variable).is_none() => Ok(None),
        None => Ok(Some(SecretKey::from_env(variable)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_key_there_is_none_and_a_file_that_is_not_there_is_named() {
        assert!(load(None, "GAINSAY_NO_SUCH_KEY").is_ok_and(|key| key.is_none()));
        let error = load(Some(Path::new("/no/such/key")), "GAINSAY_NO_SUCH_KEY").err();
        assert!(error.is_some_and(|error| error.to_string().contains("/no/such/key")));
    }
}
