//! The key that stakes and moves, from a file or from the environment. Without one a challenger watches.

use gainsay_l1::{KeyError, SecretKey};
use std::path::Path;

/// The environment variable that holds the key.
pub const VARIABLE: &str = "GAINSAY_CHALLENGER_KEY";

/// Loads the key: the file if one is given, else the environment variable, if it is set. None if neither is there.
///
/// # Errors
/// When what is given holds no key.
pub fn load(file: Option<&Path>, variable: &str) -> Result<Option<SecretKey>, KeyError> {
    match file {
        Some(file) => SecretKey::from_file(file).map(Some),
        None if std::env::var_os(variable).is_none() => Ok(None),
        None => SecretKey::from_env(variable).map(Some),
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
