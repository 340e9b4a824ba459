//! Numbers, hashes and lines as people read them.

use alloy::primitives::{B256, U256, utils::format_ether};
use std::io::{IsTerminal, Write};

/// Columns of an explanation.
const WIDTH: usize = 96;

/// With commas: 1,099,511,627,776.
pub(crate) fn grouped(number: u64) -> String {
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

/// Ether with six decimals, rounded down.
pub(crate) fn ether(wei: U256) -> String {
    let text = format_ether(wei);
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    format!("{}.{:0<6.6}", grouped(whole), decimals)
}

/// Ether with as many decimals as it has, at most six.
pub(crate) fn coins(wei: U256) -> String {
    let text = ether(wei);
    format!("{} ETH", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A number of things, with their name in the right form.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(number)) }
}

/// The difference of two amounts, with its sign.
pub(crate) fn change(before: U256, after: U256) -> String {
    if after >= before { format!("+{}", ether(after - before)) } else { format!("-{}", ether(before - after)) }
}

/// The ends of a hash.
pub(crate) fn short(hash: &B256) -> String {
    let text = hash.to_string();
    format!("{}…{}", &text[..8], &text[text.len() - 4..])
}

/// Breaks at spaces, so that no line is longer than an explanation may be.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines.last().is_none_or(|line| !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH);
        match lines.last_mut() {
            Some(line) if !full => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What a line is, which decides how it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A heading, with an empty line before it.
    Title(String),
    /// Something that happened.
    Fact(String),
    /// What an honest side did.
    Honest(String),
    /// What a liar did.
    Lie(String),
    /// What it means; broken into short lines.
    Aside(String),
}

/// Writes lines: in colour on a terminal.
pub(crate) struct Page {
    colour: bool,
}

impl Page {
    pub(crate) fn new() -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { colour }
    }

    /// A reader that has gone away wants nothing more.
    pub(crate) fn print(&self, lines: &[Line]) {
        let mut out = std::io::stdout().lock();
        for line in lines {
            let _ = out.write_all(self.styled(line).as_bytes());
        }
        let _ = out.flush();
    }

    fn styled(&self, line: &Line) -> String {
        match line {
            Line::Title(text) => format!("\n{}\n", self.coloured("1", text)),
            Line::Fact(text) => format!("  {text}\n"),
            Line::Honest(text) => format!("  {}\n", self.coloured("32", text)),
            Line::Lie(text) => format!("  {}\n", self.coloured("31", text)),
            Line::Aside(text) => wrapped(text).iter().map(|line| format!("         {}\n", self.coloured("2", line))).collect(),
        }
    }

    fn coloured(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_comma_every_three_digits() {
        let told = [0, 999, 1_000, 32_768, 1 << 40].map(grouped);
        assert_eq!(told, ["0", "999", "1,000", "32,768", "1,099,511,627,776"]);
    }

    #[test]
    fn ether_has_six_decimals_and_a_difference_its_sign() {
        let one = U256::from(10).pow(U256::from(18));
        assert_eq!(ether(U256::from(9_999) * one + one / U256::from(2)), "9,999.500000");
        assert_eq!(ether(U256::from(1)), "0.000000");
        assert_eq!((change(one, U256::ZERO), change(U256::ZERO, one)), ("-1.000000".to_owned(), "+1.000000".to_owned()));
    }

    #[test]
    fn in_a_sentence_amounts_have_no_zeroes_at_their_end() {
        let ten = |power: u64| U256::from(10).pow(U256::from(power));
        assert_eq!((coins(ten(18)), coins(ten(18) / U256::from(2))), ("1 ETH".to_owned(), "0.5 ETH".to_owned()));
        assert_eq!((coins(ten(20)), coins(U256::ZERO)), ("100 ETH".to_owned(), "0 ETH".to_owned()));
        assert_eq!((count(1, "batch"), count(2_000, "move")), ("1 batch".to_owned(), "2,000 moves".to_owned()));
    }

    #[test]
    fn explanations_are_broken_at_spaces_and_lose_no_word() {
        let text = "a stake is lost only by a step or by the clock, ".repeat(7);
        let lines = wrapped(&text);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(lines.join(" "), text.trim());
    }

    #[test]
    fn without_a_terminal_nothing_is_coloured() {
        let (plain, bright) = (Page { colour: false }, Page { colour: true });
        let line = Line::Lie("false".to_owned());
        assert_eq!(plain.styled(&line), "  false\n");
        assert_eq!(bright.styled(&line), "  \x1b[31mfalse\x1b[0m\n");
    }
}
