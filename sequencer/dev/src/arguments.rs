//! Parameters, as loosely as tools write them: a number may be one, or a string of decimal or hexadecimal digits.

use crate::DevError;
use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The parameters of a request, one after another.
pub(crate) struct Arguments {
    rest: std::vec::IntoIter<Value>,
    position: usize,
}

impl Arguments {
    pub(crate) fn new(params: &Params<'_>) -> Result<Self, DevError> {
        let values: Option<Vec<Value>> = params.parse().map_err(|_| wrong(0, "parameters must be an array"))?;
        Ok(Self { rest: values.unwrap_or_default().into_iter(), position: 0 })
    }

    /// The next one; none if it is missing or null.
    pub(crate) fn value(&mut self) -> Option<Value> {
        self.position = self.position.saturating_add(1);
        self.rest.next().filter(|value| !value.is_null())
    }

    /// The next one; none if it is missing or null.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self) -> Result<Option<T>, DevError> {
        let position = self.position;
        let read = |value| serde_json::from_value(value).map_err(|error| wrong(position, error));
        self.value().map(read).transpose()
    }

    /// The next one.
    pub(crate) fn required<T: DeserializeOwned>(&mut self) -> Result<T, DevError> {
        let position = self.position;
        self.optional()?.ok_or_else(|| missing(position))
    }

    /// The next one as a number; none if it is missing or null.
    pub(crate) fn optional_word(&mut self) -> Result<Option<U256>, DevError> {
        let position = self.position;
        self.value().map(|value| word(&value).ok_or_else(|| not_a_number(position, &value))).transpose()
    }

    /// The next one as a number.
    pub(crate) fn word(&mut self) -> Result<U256, DevError> {
        let position = self.position;
        self.optional_word()?.ok_or_else(|| missing(position))
    }

    /// The next one as a number of 64 bits; none if it is missing or null.
    pub(crate) fn optional_number(&mut self) -> Result<Option<u64>, DevError> {
        let position = self.position;
        let fits = |word: U256| u64::try_from(word).map_err(|_| wrong(position, "the number has more than 64 bits"));
        self.optional_word()?.map(fits).transpose()
    }

    /// The next one as a number of 64 bits.
    pub(crate) fn number(&mut self) -> Result<u64, DevError> {
        let position = self.position;
        self.optional_number()?.ok_or_else(|| missing(position))
    }
}

/// A number, however it is written; none if it is none.
pub(crate) fn word(value: &Value) -> Option<U256> {
    match value {
        Value::Number(number) => number.as_u64().map(U256::from),
        Value::String(text) => match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some("") => Some(U256::ZERO),
            Some(digits) => U256::from_str_radix(digits, 16).ok().filter(|_| is_plain(digits)),
            None => U256::from_str_radix(text, 10).ok().filter(|_| is_plain(text)),
        },
        _ => None,
    }
}

/// Digits alone: no signs, no underscores.
fn is_plain(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn wrong(position: usize, reason: impl ToString) -> DevError {
    DevError::Argument { position, reason: reason.to_string() }
}

fn missing(position: usize) -> DevError {
    wrong(position, "it is missing")
}

fn not_a_number(position: usize, value: &Value) -> DevError {
    let shown: String = value.to_string().chars().take(80).collect();
    wrong(position, format!("{shown} is not a number: give one, or a string of decimal or 0x-prefixed hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_taken_in_every_form_that_tools_send() {
        for form in [json!(16), json!("16"), json!("0x10"), json!("0X10"), json!("0x0010")] {
            assert_eq!(word(&form), Some(U256::from(16)), "{form}");
        }
        assert_eq!(word(&json!("0x")), Some(U256::ZERO));
        for none in
            [json!(-1), json!(1.5), json!("0xg"), json!("1_0"), json!("+1"), json!(""), json!([]), json!(format!("0x1{}", "0".repeat(64)))]
        {
            assert_eq!(word(&none), None, "{none}");
        }
    }

    #[test]
    fn an_error_names_the_argument() {
        let params = Params::new(Some(r#"[1,"x"]"#));
        let mut arguments = Arguments::new(&params).expect("an array");
        assert_eq!(arguments.number().expect("a number"), 1);
        assert!(arguments.number().expect_err("none").to_string().starts_with("invalid argument 1: \"x\" is not a number"));
        assert_eq!(arguments.number().expect_err("none").to_string(), "invalid argument 2: it is missing");
    }
}
