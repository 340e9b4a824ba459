//! The log: static messages with fields, as text for people or as JSON for machines, on stderr.

use indicatif::MultiProgress;
use std::{
    io::{self, IsTerminal, Write},
    str::FromStr,
    sync::OnceLock,
};
use tracing_subscriber::{EnvFilter, reload};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text an event.
    #[default]
    Text,
    /// One JSON object an event.
    Json,
}

/// A log that cannot be set up as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No such format.
    #[error("log format {given:?} is unknown: use text or json")]
    Format {
        /// What was given.
        given: String,
    },
    /// The filter is no list of directives.
    #[error("log filter {given:?} is not valid ({source}): use for example info or gainsay=debug,warn")]
    Filter {
        /// What was given.
        given: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The log does not let itself be changed.
    #[error("the log's filter cannot be changed: {reason}")]
    Fixed {
        /// Why.
        reason: String,
    },
    /// There is one log a process.
    #[error("the log of this process is already set up")]
    AlreadySet,
}

impl FromStr for LogFormat {
    type Err = LogError;
    fn from_str(given: &str) -> Result<Self, LogError> {
        match given {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(LogError::Format { given: given.to_owned() }),
        }
    }
}

/// Sets up the log of this process. `filter` has the form of `RUST_LOG`.
///
/// # Errors
/// On a filter that cannot be read, and when a log is already set up.
pub fn init(format: LogFormat, filter: &str) -> Result<(), LogError> {
    let filter = parse(filter)?;
    let terminal = io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| AboveBars);
    let (set, change) = match format {
        LogFormat::Text => {
            let builder = builder.with_ansi(terminal).with_filter_reloading();
            let change = changer(builder.reload_handle());
            (builder.try_init(), change)
        }
        LogFormat::Json => {
            let builder = builder.json().with_filter_reloading();
            let change = changer(builder.reload_handle());
            (builder.try_init(), change)
        }
    };
    set.map_err(|_| LogError::AlreadySet)?;
    CHANGE.get_or_init(|| change);
    if terminal && format == LogFormat::Text {
        BARS.get_or_init(MultiProgress::new);
    }
    Ok(())
}

/// Replaces the filter of this process' log. `filter` has the form of `RUST_LOG`.
///
/// # Errors
/// On a filter that cannot be read, and before [`init`].
pub fn set_filter(filter: &str) -> Result<(), LogError> {
    let filter = parse(filter)?;
    let change = CHANGE.get().ok_or_else(|| LogError::Fixed { reason: "it is not set up".to_owned() })?;
    change(filter)
}

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter).map_err(|source| LogError::Filter { given: filter.to_owned(), source })
}

type Change = Box<dyn Fn(EnvFilter) -> Result<(), LogError> + Send + Sync>;

/// Replaces the filter, whatever the format.
static CHANGE: OnceLock<Change> = OnceLock::new();

fn changer<S: 'static>(handle: reload::Handle<EnvFilter, S>) -> Change {
    Box::new(move |filter| handle.reload(filter).map_err(|error| LogError::Fixed { reason: error.to_string() }))
}

/// Bars below the log.
static BARS: OnceLock<MultiProgress> = OnceLock::new();

/// Where bars may be drawn below the log; none if nobody looks on: stderr is no terminal, or the log is for machines.
pub fn bars() -> Option<&'static MultiProgress> {
    BARS.get()
}

/// Stderr, with the bars out of the way while a line of the log is written.
struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match bars() {
            Some(bars) => bars.suspend(|| io::stderr().write_all(bytes)).map(|()| bytes.len()),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_is_refused_with_the_choices() {
        assert_eq!("json".parse::<LogFormat>().ok(), Some(LogFormat::Json));
        let error = "xml".parse::<LogFormat>().map_err(|error| error.to_string());
        assert_eq!(error, Err("log format \"xml\" is unknown: use text or json".to_owned()));
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        assert!(matches!(init(LogFormat::Text, "gainsay=loud=er"), Err(LogError::Filter { .. })));
    }
}
