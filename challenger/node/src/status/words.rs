//! Matches and stakes in words.

use alloy::primitives::{Address, B256, U256, utils::format_ether};
use gainsay_play::report::{MatchReport, Standing, StretchReport};

/// Rounds that divide something, in a match at full depth.
pub(crate) const ROUNDS: u8 = 11;

/// A stake by its owner, shortened, and its number.
pub(crate) fn stake(id: &U256) -> String {
    let bytes = id.to_be_bytes::<32>();
    let (owner, number) = bytes.split_at(20);
    let owner = Address::from_slice(owner).to_string();
    let number = U256::from_be_slice(number);
    format!("{}…{}#{number}", owner.get(..6).unwrap_or_default(), owner.get(38..).unwrap_or_default())
}

/// The beginning of an id: enough to find it again.
pub(crate) fn short(id: &B256) -> String {
    let all = id.to_string();
    format!("{}…", all.get(..14).unwrap_or(&all))
}

/// A number of steps. All that are divided are powers of two.
pub(crate) fn steps(stretch: &StretchReport) -> String {
    let what = if stretch.block_step.is_some() { "machine step" } else { "block step" };
    let plural = if stretch.len == 1 { "" } else { "s" };
    match stretch.len {
        len if len.is_power_of_two() && len > 1 << 15 => format!("2^{} {what}s", len.ilog2()),
        len => format!("{} {what}{plural}", thousands(len)),
    }
}

/// Where a stretch lies.
pub(crate) fn place(stretch: &StretchReport) -> String {
    let (first, last) = (stretch.from.saturating_add(1), stretch.from.saturating_add(stretch.len));
    match stretch.block_step {
        None => format!("block steps {} to {}", thousands(first), thousands(last)),
        Some(step) => {
            format!("machine steps {} to {} of block step {}", thousands(first), thousands(last), thousands(step.saturating_add(1)))
        }
    }
}

/// With commas.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in the two largest units that it has.
pub(crate) fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, 0) => format!("{minutes} min"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, 0, _) => format!("{hours} h"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, 0, _, _) => format!("{days} d"),
        (days, hours, _, _) => format!("{days} d {hours} h"),
    }
}

/// Ether with the digits that matter: a bond and what gas costs are both to be seen.
pub(crate) fn ether(wei: U256) -> String {
    let text = format_ether(wei);
    let Some((whole, part)) = text.split_once('.') else { return format!("{text} ETH") };
    let part = part.get(..6).unwrap_or(part).trim_end_matches('0');
    match part {
        "" if whole == "0" && !wei.is_zero() => "below 0.000001 ETH".to_owned(),
        "" => format!("{whole} ETH"),
        part => format!("{whole}.{part} ETH"),
    }
}

/// How long whoever is on turn still has at `now`.
pub(crate) fn time_left(m: &MatchReport, now: u64) -> String {
    match m.deadline.checked_sub(now).filter(|left| *left > 0) {
        Some(left) => format!("{} left", duration(left)),
        None => "its time is over".to_owned(),
    }
}

/// One line of a match. `own` and `rival` name the sides.
pub(crate) fn line(m: &MatchReport, now: u64, own: &str, rival: &str) -> String {
    let turn = |side: &str| format!("{side} on turn, {}", time_left(m, now));
    let (id, against, round, range) = (short(&m.id), stake(&m.rival), m.round, steps(&m.stretch));
    let outcome = match m.standing {
        Standing::OwnTurn | Standing::RivalsTurn => {
            let side = turn(if m.standing == Standing::OwnTurn { own } else { rival });
            return format!("{id} against {against}: round {round} of {ROUNDS}, {range} left, {side}");
        }
        Standing::Won => format!("{own} has won"),
        Standing::Lost => format!("{rival} has won"),
        Standing::Void => "void".to_owned(),
    };
    format!("{id} against {against}: {outcome}, after {} moves", m.history.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_read_well() {
        assert_eq!([0, 999, 1_000, 32_768, 1_234_567].map(thousands), ["0", "999", "1,000", "32,768", "1,234,567"]);
        assert_eq!(
            [0, 59, 60, 61, 3_600, 3_660, 86_400, 90_061].map(duration),
            ["0 s", "59 s", "1 min", "1 min 1 s", "1 h", "1 h 1 min", "1 d", "1 d 1 h"]
        );
        let wei = U256::from(1_000_000_000_000_000_000_u64);
        assert_eq!([U256::ZERO, U256::from(1), wei, wei / U256::from(8)].map(ether), ["0 ETH", "below 0.000001 ETH", "1 ETH", "0.125 ETH"]);
    }

    #[test]
    fn a_stake_is_named_by_its_owner_and_number() {
        let id = (U256::from_be_slice(Address::repeat_byte(0x11).as_slice()) << 96) | U256::from(3);
        assert_eq!(stake(&id), "0x1111…1111#3");
    }

    #[test]
    fn stretches_are_counted_from_one() {
        let blocks = StretchReport { block_step: None, from: 1_024, len: 1_024 };
        assert_eq!((steps(&blocks), place(&blocks)), ("1,024 block steps".to_owned(), "block steps 1,025 to 2,048".to_owned()));
        let run = StretchReport { block_step: Some(4), from: 0, len: 1 << 40 };
        assert_eq!(steps(&run), "2^40 machine steps");
        assert_eq!(place(&run), "machine steps 1 to 1,099,511,627,776 of block step 5");
        assert_eq!(steps(&StretchReport { len: 1, ..run }), "1 machine step");
    }
}
