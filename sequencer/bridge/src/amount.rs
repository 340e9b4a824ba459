//! Amounts as people write them.

use alloy::primitives::U256;

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// No number.
    #[error("{given:?} is no amount: a number like 12.5, for ether with its unit: 1.5ether, 20gwei, 7 (wei)")]
    Format {
        /// As given.
        given: String,
    },
    /// An unknown unit.
    #[error("unit {unit:?} is unknown: use wei, gwei or ether")]
    Unit {
        /// As given.
        unit: String,
    },
    /// Parts of a wei.
    #[error("{given:?} is no amount: there is no part of a wei; for ether write its unit, 1.5ether")]
    PartOfAWei {
        /// As given.
        given: String,
    },
    /// Parts of what cannot be divided.
    #[error("{given:?} is no amount: it has at most {decimals} digits after the point")]
    Fraction {
        /// As given.
        given: String,
        /// Digits that there may be.
        decimals: u8,
    },
    /// Beyond 2^256.
    #[error("{given:?} is more than there can be")]
    TooLarge {
        /// As given.
        given: String,
    },
}

/// Reads `1.5ether`, `20gwei`, `7` (wei).
///
/// # Errors
/// When it is no amount of ether.
pub fn ether(given: &str) -> Result<U256, AmountError> {
    let digits = given.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let decimals = match given.get(digits.len()..).unwrap_or_default() {
        "" | "wei" => 0,
        "gwei" => 9,
        "ether" | "eth" => 18,
        other => return Err(AmountError::Unit { unit: other.to_owned() }),
    };
    units(digits, decimals).map_err(|error| match error {
        AmountError::Format { .. } => AmountError::Format { given: given.to_owned() },
        AmountError::Fraction { decimals: 0, .. } => AmountError::PartOfAWei { given: given.to_owned() },
        other => other,
    })
}

/// Reads a decimal number in units of something with so many decimals; the result is in its smallest units.
///
/// # Errors
/// When it is none, or is divided further than the decimals allow.
pub fn units(given: &str, decimals: u8) -> Result<U256, AmountError> {
    let (whole, fraction) = given.split_once('.').unwrap_or((given, "0"));
    if [whole, fraction].iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(AmountError::Format { given: given.to_owned() });
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::from(decimals).checked_sub(fraction.len());
    let missing = missing.ok_or_else(|| AmountError::Fraction { given: given.to_owned(), decimals })?;
    let too_large = || AmountError::TooLarge { given: given.to_owned() };
    let digits: U256 = format!("{whole}{fraction}").parse().map_err(|_| too_large())?;
    let scale = U256::from(10).checked_pow(U256::from(missing)).or(digits.is_zero().then_some(U256::ZERO));
    scale.and_then(|scale| digits.checked_mul(scale)).ok_or_else(too_large)
}

/// Writes an amount of smallest units in units with so many decimals, without zeros at the end.
#[must_use]
pub fn shown(amount: U256, decimals: u8) -> String {
    let digits = format!("{amount:0>width$}", amount = amount.to_string(), width = usize::from(decimals) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(decimals));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_of_ether_have_units() {
        assert_eq!(ether("7"), Ok(U256::from(7)));
        assert_eq!(ether("1.5ether"), Ok(U256::from(1_500_000_000_000_000_000u64)));
        assert_eq!(ether("20gwei"), Ok(U256::from(20_000_000_000u64)));
        assert_eq!(ether("1.0wei"), Ok(U256::from(1)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for given in ["", "ether", "-1ether", "1euro", "1.5.5", "1.5wei", "0x10", ".5ether", "1.ether", "1 ether"] {
            assert!(ether(given).is_err(), "{given}");
        }
    }

    #[test]
    fn nothing_is_rounded() {
        assert_eq!(units("1.23", 2), Ok(U256::from(123)));
        assert_eq!(units("1.230", 2), Ok(U256::from(123)));
        assert_eq!(units("1.234", 2), Err(AmountError::Fraction { given: "1.234".to_owned(), decimals: 2 }));
    }

    #[test]
    fn more_than_a_word_is_refused() {
        let most = U256::MAX.to_string();
        assert_eq!(units(&most, 0), Ok(U256::MAX));
        assert!(matches!(units(&most, 1), Err(AmountError::TooLarge { .. })));
        assert!(matches!(units("1", 255), Err(AmountError::TooLarge { .. })));
        assert_eq!(units("0", 255), Ok(U256::ZERO));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_the_same(limbs: [u64; 4], decimals: u8) {
            let amount = U256::from_limbs(limbs);
            prop_assert_eq!(units(&shown(amount, decimals), decimals), Ok(amount));
        }
    }
}
