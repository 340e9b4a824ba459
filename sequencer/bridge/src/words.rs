//! Times in words.

/// Seconds in the two largest units that they have.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let units = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let shown = units.iter().skip(first).take(2).filter(|(count, _)| *count > 0);
    let words: Vec<_> = shown.map(|(count, unit)| format!("{count} {unit}")).collect();
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_two_largest_units() {
        let times = [0, 59, 60, 61, 3_600, 3_605, 86_400, 90_061, 604_800];
        assert_eq!(times.map(duration), ["0 s", "59 s", "1 min", "1 min 1 s", "1 h", "1 h", "1 d", "1 d 1 h", "7 d"]);
    }
}
