//! A letter as a mail: RFC 5322, text and HTML side by side (RFC 2046, section 5.1.4).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};

use crate::clock::Timestamp;
use crate::exchange::notice::queue::Letter;

/// Whom mails are from.
#[derive(Clone, Debug)]
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// That no person wrote it: nobody's absence is to answer (RFC 3834, section 5).
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Sender {
    /// From the texts of the settings; what is wrong with them is said with the setting's name.
    pub fn parse(from: &str, reply_to: Option<&str>) -> Result<Self, String> {
        let mailbox = |key: &str, text: &str| {
            text.parse::<Mailbox>().map_err(|error| format!("mail.{key}: {text:?} is no address: {error}"))
        };
        let reply_to = reply_to.map(|text| mailbox("reply_to", text)).transpose()?;
        Ok(Self { from: mailbox("from", from)?, reply_to })
    }

    /// The letter's Message-ID: always the same for the same notice.
    #[must_use]
    pub fn message_id(&self, letter: &Letter) -> String {
        format!("<{}@{}>", letter.id, self.from.email.domain())
    }

    /// The mail; why it cannot be made, if it cannot.
    pub fn message(&self, letter: &Letter) -> Result<Message, String> {
        let to: Mailbox =
            letter.to.parse().map_err(|error| format!("{} is no address: {error}", letter.to))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&letter.written.subject)
            .date(date(letter.at))
            .message_id(Some(self.message_id(letter)))
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        // Base64: Chinese as 8-bit would need a server that takes it, and quoted takes three times the room.
        let part = |kind: ContentType, body: &str| {
            SinglePart::builder().header(kind).header(ContentTransferEncoding::Base64).body(body.to_owned())
        };
        // The same mail is the same bytes, whenever it is sent.
        let both = MultiPart::alternative()
            .boundary(format!("part-{}", letter.id))
            .singlepart(part(ContentType::TEXT_PLAIN, &letter.written.text))
            .singlepart(part(ContentType::TEXT_HTML, &letter.written.html));
        builder.multipart(both).map_err(|error| format!("the mail cannot be made: {error}"))
    }
}

fn date(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at.micros()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::notice::Written;

    fn letter(subject: &str) -> Letter {
        Letter {
            id: "0192f0c1-2345-7000-8000-000000000001".to_owned(),
            to: "duty@example.cn".to_owned(),
            written: Written {
                subject: subject.to_owned(),
                text: "正文 text\n.\n".to_owned(),
                html: "<p>正文</p>".to_owned(),
            },
            at: Timestamp::parse("2026-11-23T10:00:00+08:00").unwrap(),
        }
    }

    #[test]
    fn a_mail_says_what_it_is_and_is_the_same_each_time() {
        let sender = Sender::parse("监管网关 <gateway@example.cn>", Some("duty@example.cn")).unwrap();
        let bytes = sender.message(&letter("逾期 overdue")).unwrap().formatted();
        assert_eq!(bytes, sender.message(&letter("逾期 overdue")).unwrap().formatted());
        let text = String::from_utf8(bytes).unwrap();
        for line in [
            "Message-ID: <0192f0c1-2345-7000-8000-000000000001@example.cn>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Mon, 23 Nov 2026 02:00:00 +0000\r\n",
            "Reply-To: duty@example.cn\r\n",
            "To: duty@example.cn\r\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.is_ascii() && text.contains("multipart/alternative"));
        let (plain, html) = (text.find("text/plain").unwrap(), text.find("text/html").unwrap());
        assert!(plain < html, "the best comes last");
    }

    #[test]
    fn a_subject_adds_no_header() {
        let sender = Sender::parse("gateway@example.cn", None).unwrap();
        let bytes = sender.message(&letter("a\r\nBcc: thief@example.cn")).unwrap().formatted();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        let error = Sender::parse("nobody", None).unwrap_err();
        assert!(error.starts_with("mail.from: \"nobody\" is no address"), "{error}");
    }
}
