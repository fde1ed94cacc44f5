//! What a peer said, cut down to what an operator needs and may see.
//!
//! Promise: at most [`LONGEST`] characters, one line; of a JSON answer only the members in which problems are
//! told (`title`, `detail`, `message`, `msg`, `error`, `code`), of text/plain the beginning; of every other body
//! only its size, for it may be a letter. Status is not repeated: it has a column of its own.

use serde_json::Value;

/// Enough for a sentence in either language.
pub const LONGEST: usize = 200;

/// The answer in short.
#[must_use]
pub fn in_short(status: u16, content_type: &str, body: &[u8]) -> String {
    if body.is_empty() {
        return format!("{status} without a body");
    }
    let media = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let told = if media == "application/json" || media.ends_with("+json") {
        members(body)
    } else if media == "text/plain" {
        std::str::from_utf8(body).ok().map(str::to_owned)
    } else {
        None
    };
    if let Some(text) = told.map(|text| line(&text)).filter(|text| !text.is_empty()) {
        return text;
    }
    let stated: String = media.chars().take(60).collect();
    let stated = if stated.is_empty() { "no stated type" } else { &stated };
    format!("{status} with {} bytes of {stated}", body.len())
}

fn members(body: &[u8]) -> Option<String> {
    const TOLD: [&str; 6] = ["code", "title", "detail", "message", "msg", "error"];
    let value: Value = serde_json::from_slice(body).ok()?;
    let told: Vec<String> = TOLD
        .iter()
        .filter_map(|name| match value.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .collect();
    Some(told.join(": "))
}

fn line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = plain.clone().take(LONGEST).collect();
    if plain.count() > LONGEST {
        short.push('…');
    }
    short.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_and_a_letter_is_not() {
        let problem = r#"{"title":"字段缺失","detail":"no Amount","complainant":"张三"}"#;
        assert_eq!(in_short(422, "application/problem+json", problem.as_bytes()), "字段缺失: no Amount");
        assert_eq!(
            in_short(400, "text/xml; charset=GB18030", b"<a>secret</a>"),
            "400 with 13 bytes of text/xml"
        );
        assert_eq!(
            in_short(200, "application/json", br#"{"name":"x"}"#),
            "200 with 12 bytes of application/json"
        );
        assert_eq!(in_short(204, "", b""), "204 without a body");
    }

    #[test]
    fn lines_and_length_are_tamed() {
        assert_eq!(in_short(500, "text/plain", b"down\r\nagain\x1b[31m"), "down  again [31m");
        let long = "长".repeat(LONGEST + 1);
        assert_eq!(in_short(500, "text/plain; charset=utf-8", long.as_bytes()).chars().count(), LONGEST + 1);
    }
}
