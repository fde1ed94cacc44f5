//! What a mail server's refusal means: for this recipient, for now, or for whoever made the settings.
//!
//! Promise: nothing is held against a recipient that is not about the recipient. A login that is wrong or wanted (53x, RFC
//! 4954), a command that the server does not know (50x), a sender that it does not let send (5.1.7, 5.1.8 and 5.7.x of RFC
//! 3463) are mended by somebody, and the mail waits for that. What no code tells apart, a broken connection among it, is
//! tried again.

use lettre::transport::smtp::Error;

use crate::exchange::notice::queue::{Fate, Posted};

/// The longest words that are kept.
const LONGEST: usize = 300;

/// What it means.
#[must_use]
pub fn meaning(error: &Error) -> Posted {
    let detail = words(error);
    let status = error.status().map(u16::from);
    let fate = match status {
        Some(code) if error.is_permanent() => permanent(code, &detail),
        // STARTTLS that is not offered, no way to log in that both know; a certificate of another authority.
        None if error.is_client() || detail.contains("invalid peer certificate") => Fate::Misconfigured,
        _ => Fate::Later,
    };
    Posted { fate, status, detail }
}

fn permanent(code: u16, detail: &str) -> Fate {
    match code {
        500..=504 | 521 | 523 | 530..=538 | 555 => Fate::Misconfigured,
        _ if is_about_the_sender(detail) => Fate::Misconfigured,
        _ => Fate::Refused,
    }
}

/// By the enhanced status code with which the words begin.
fn is_about_the_sender(detail: &str) -> bool {
    let code =
        detail.split_whitespace().find(|word| word.starts_with("5.") && word.matches('.').count() == 2);
    code.is_some_and(|code| code == "5.1.7" || code == "5.1.8" || code.starts_with("5.7."))
}

/// The error's words, those of its causes included: one line, cut short.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    one_line(&text)
}

pub(super) fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.trim().chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_recipients_only_if_it_is_about_the_recipient() {
        for (code, words) in [
            (550, "permanent error (550): 5.1.1 no such user"),
            (550, "permanent error (550): no such user"),
            (551, "not here"),
            (552, "5.2.2 mailbox full"),
            (553, "5.1.3 bad address"),
            (554, "5.4.14 hop count"),
        ] {
            assert_eq!(permanent(code, words), Fate::Refused, "{words}");
        }
        for (code, words) in [
            (535, "5.7.8 wrong password"),
            (530, "authentication required"),
            (502, "no such command"),
            (550, "permanent error (550): 5.7.1 relaying denied"),
            (553, "5.1.8 sender domain does not exist"),
            (554, "5.7.0 policy"),
        ] {
            assert_eq!(permanent(code, words), Fate::Misconfigured, "{words}");
        }
    }
}
