//! Logs: what the gateway tells of itself, on standard error.
//!
//! Promise: one line an event, with its fields; text for a terminal, JSON otherwise or when configured; what is told
//! is chosen by `REGBRIDGE_LOG` (the directives of `tracing-subscriber`'s `EnvFilter`, such as
//! `info,regbridge::worker=debug`). Libraries are heard from warnings on, whatever the level of our own lines: at
//! debug level some of them print headers and bodies. Our own lines carry ids, states, sizes and digests; never
//! bodies, tokens or personal data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// The environment variable that chooses what is told.
pub const VARIABLE: &str = "REGBRIDGE_LOG";

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Text when standard error is a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For eyes.
    Text,
    /// For a collector: one JSON object a line.
    Json,
}

/// Why the logs cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The variable's directives cannot be read.
    #[error("{VARIABLE}={text:?}: {why}")]
    Directives {
        /// What it says.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody set up logs before.
    #[error("logs are already set up in this process")]
    Twice,
}

/// Sets up the logs of this process; once, by the composition root. `directives` is the variable's value, if set.
pub fn start(format: LogFormat, directives: Option<&str>) -> Result<(), TelemetryError> {
    let filter = filter(directives)?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    let started = if is_text(format, terminal) {
        builder.with_ansi(terminal).compact().try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).try_init()
    };
    started.map_err(|_| TelemetryError::Twice)
}

const fn is_text(format: LogFormat, terminal: bool) -> bool {
    match format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    }
}

/// Ours at `info`, others at `warn`; a bare level such as `debug` is about ours alone.
fn filter(directives: Option<&str>) -> Result<EnvFilter, TelemetryError> {
    let text = directives.map(str::trim).filter(|t| !t.is_empty()).unwrap_or("info");
    let said: Vec<String> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| if part.contains(['=', '[', ':']) { part.to_owned() } else { own(part) })
        .collect();
    let whole = format!("warn,{}", said.join(","));
    EnvFilter::try_new(&whole)
        .map_err(|why| TelemetryError::Directives { text: text.to_owned(), why: why.to_string() })
}

fn own(level: &str) -> String {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    if LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
        format!("regbridge={level}")
    } else {
        level.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn heard(directives: Option<&str>) -> Vec<String> {
        let heard = Heard::default();
        let writer = heard.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter(directives).unwrap())
            .with_writer(move || writer.clone())
            .json()
            .flatten_event(true)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "regbridge::worker", "ours, debug");
            tracing::info!(target: "regbridge::worker", "ours, info");
            tracing::debug!(target: "hyper::proto", "theirs, debug");
            tracing::info!(target: "hyper::proto", "theirs, info");
            tracing::warn!(target: "hyper::proto", "theirs, warn");
        });
        let bytes = heard.0.lock().unwrap().clone();
        let line = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).expect("one JSON object a line");
            line["message"].as_str().unwrap().to_owned()
        };
        String::from_utf8(bytes).unwrap().lines().map(line).collect()
    }

    #[test]
    fn libraries_keep_quiet_unless_they_warn_or_are_named() {
        assert_eq!(heard(None), ["ours, info", "theirs, warn"]);
        assert_eq!(heard(Some("debug")), ["ours, debug", "ours, info", "theirs, warn"]);
        assert_eq!(heard(Some("error,hyper=info")), ["theirs, info", "theirs, warn"]);
    }

    #[test]
    fn directives_that_cannot_be_read_are_an_error() {
        assert!(matches!(filter(Some("regbridge=loud")), Err(TelemetryError::Directives { .. })));
    }

    #[test]
    fn a_terminal_gets_text_and_a_pipe_gets_json() {
        assert!(is_text(LogFormat::Auto, true) && !is_text(LogFormat::Auto, false));
        assert!(is_text(LogFormat::Text, false) && !is_text(LogFormat::Json, true));
    }
}
