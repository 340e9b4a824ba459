//! How a liar behaves on L1, in words.

use std::str::FromStr;

/// When a liar answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As soon as it can.
    Prompt,
    /// This long before its time is over, seconds.
    Late(u64),
    /// Some time before that, by the seed; at least so many seconds before.
    Random(u64),
    /// Never again after so many moves of its own in the match.
    Stall(u64),
}

/// What a liar does where a match could be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It opens with its first dissection.
    Dissect,
    /// It opens without one: whoever came later moves first.
    Bare,
    /// It leaves that to others.
    Leave,
}

/// How a liar behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// When it answers.
    pub pace: Pace,
    /// Whether it opens.
    pub opening: Opening,
    /// Noise in the place of the points of a consistent trace.
    pub noise: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { pace: Pace::Prompt, opening: Opening::Dissect, noise: false }
    }
}

/// A conduct that there is no word for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown conduct {given:?}: use prompt, late[:SECONDS], random[:SECONDS], stall[:MOVES], bare, leave or noise, or some of them with commas between"
)]
pub struct MannerFormat {
    given: String,
}

/// Seconds before the deadline that a late move is sent, if nothing is said: a few blocks of a development L1.
const MARGIN: u64 = 4;

impl FromStr for Manner {
    type Err = MannerFormat;

    fn from_str(given: &str) -> Result<Self, MannerFormat> {
        let mut manner = Self::default();
        for word in given.split(',') {
            let error = || MannerFormat { given: word.to_owned() };
            let (name, number) = word.split_once(':').map_or((word, None), |(name, number)| (name, Some(number)));
            let number = number.map(|number| number.parse::<u64>().map_err(|_| error())).transpose()?;
            match (name, number) {
                ("prompt", None) => manner.pace = Pace::Prompt,
                ("late", margin) => manner.pace = Pace::Late(margin.unwrap_or(MARGIN)),
                ("random", margin) => manner.pace = Pace::Random(margin.unwrap_or(MARGIN)),
                ("stall", moves) => manner.pace = Pace::Stall(moves.unwrap_or(0)),
                ("bare", None) => manner.opening = Opening::Bare,
                ("leave", None) => manner.opening = Opening::Leave,
                ("noise", None) => manner.noise = true,
                _ => return Err(error()),
            }
        }
        Ok(manner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conduct_is_words_with_commas_between() {
        let read = |given: &str| given.parse::<Manner>().ok();
        let prompt = Manner::default();
        assert_eq!(read("prompt"), Some(prompt));
        assert_eq!(read("late"), Some(Manner { pace: Pace::Late(MARGIN), ..prompt }));
        assert_eq!(read("random:9,bare"), Some(Manner { pace: Pace::Random(9), opening: Opening::Bare, noise: false }));
        assert_eq!(read("noise,leave,stall:2"), Some(Manner { pace: Pace::Stall(2), opening: Opening::Leave, noise: true }));
        for wrong in ["", "early", "late:x", "bare:1", "prompt,", "stall:-1"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
