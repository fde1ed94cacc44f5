//! `[mail]`: how staff is told by mail, and who.

use std::path::PathBuf;
use std::str::FromStr as _;

use serde::Deserialize;

use crate::exchange::notice::Recipient;

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The mail server that takes our mails; absent: none is sent.
    pub server: Option<String>,
    /// How the connection is encrypted. There is no way without.
    pub security: Security,
    /// Its port; absent: 587 with STARTTLS, 465 with TLS from the start.
    pub port: Option<u16>,
    /// The authorities of its certificate, PEM; none: those of the system.
    pub authorities: Vec<PathBuf>,
    /// Who we are to it; absent: it wants no login.
    pub user: Option<String>,
    /// The file of the password.
    pub password_file: PathBuf,
    /// Whom mails are from: an address, or a name and an address.
    pub from: Option<String>,
    /// Where answers go; absent: to `from`.
    pub reply_to: Option<String>,
    /// How long one mail may take, from the connection to the server's last word, in seconds.
    pub seconds: u32,
    /// After how many days a mail that was settled is forgotten.
    pub keep_days: u32,
    /// When the digest of the day before is made: minute, hour, day, month, day of the week.
    pub daily: String,
    /// When the digest of the week before is made.
    pub weekly: String,
    /// Who is told what.
    pub recipients: Vec<Recipient>,
}

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// By STARTTLS; a server that does not offer it is sent nothing (RFC 3207).
    #[default]
    Starttls,
    /// From the first byte (RFC 8314).
    Tls,
}

impl Default for Mail {
    // A server that scans what it takes answers within some seconds; RFC 5321 lets it have minutes, a queue does not. A
    // year and a month of mails: who was told of a deadline is asked for as long as the year's books are open.
    fn default() -> Self {
        Self {
            server: None,
            security: Security::default(),
            port: None,
            authorities: Vec::new(),
            user: None,
            password_file: "keys/mail-password".into(),
            from: None,
            reply_to: None,
            seconds: 30,
            keep_days: 400,
            daily: "0 8 * * *".to_owned(),
            weekly: "30 8 * * 1".to_owned(),
            recipients: Vec::new(),
        }
    }
}

impl Mail {
    /// The port: the one that is set, or that of the way the connection is encrypted.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
        })
    }

    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, message: &str| Err((format!("mail.{key}"), message.to_owned()));
        if self.server.as_ref().is_some_and(|server| server.is_empty() || server.contains([':', '/', ' '])) {
            return wrong("server", "the name of a host is wanted; the port is a setting of its own");
        }
        if self.server.is_some() && self.from.is_none() {
            return wrong("from", "whom mails are from is wanted, for example regbridge@example.cn");
        }
        for (key, address) in [("from", &self.from), ("reply_to", &self.reply_to)] {
            if address
                .as_ref()
                .is_some_and(|address| !address.contains('@') || address.contains(['\r', '\n']))
            {
                return wrong(key, "an address is wanted, or a name and an address in <>");
            }
        }
        if self.seconds == 0 {
            return wrong("seconds", "at least 1 is wanted");
        }
        if self.keep_days == 0 {
            return wrong("keep_days", "at least 1 is wanted");
        }
        for (key, time) in [("daily", &self.daily), ("weekly", &self.weekly)] {
            if let Err(error) = croner::Cron::from_str(time) {
                return Err((format!("mail.{key}"), format!("{time:?} is no cron expression: {error}")));
            }
        }
        for recipient in &self.recipients {
            if let Err((key, message)) = recipient.check() {
                return Err((format!("mail.recipients.{key}"), message));
            }
        }
        if self.server.is_none() && !self.recipients.is_empty() {
            return wrong("server", "there are recipients, and no server that would take their mails");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let mail: Mail = toml::from_str(text).unwrap();
        mail.check().unwrap_err().0
    }

    #[test]
    fn what_would_send_nothing_or_to_nobody_is_refused() {
        let whole = "server = 'mail.example.cn'\nfrom = 'Gateway <g@example.cn>'\n";
        let mail: Mail = toml::from_str(whole).unwrap();
        assert_eq!((mail.check(), mail.port()), (Ok(()), 587));
        let tls: Mail = toml::from_str(&format!("{whole}security = 'tls'\n")).unwrap();
        assert_eq!(tls.port(), 465);
        assert_eq!(wrong("server = 'mail.example.cn'\n"), "mail.from");
        assert_eq!(wrong("server = 'mail.example.cn:25'\nfrom = 'a@b'\n"), "mail.server");
        assert_eq!(wrong(&format!("{whole}daily = 'at eight'\n")), "mail.daily");
        assert_eq!(wrong(&format!("{whole}seconds = 0\n")), "mail.seconds");
        let recipient = "[[recipients]]\naddress = 'a@b.cn'\nrole = 'legal'\n";
        assert_eq!(wrong(recipient), "mail.server");
        assert_eq!(wrong(&format!("{whole}{}", recipient.replace("legal", "board"))), "mail.recipients.role");
        assert!(toml::from_str::<Mail>("security = 'none'\n").is_err(), "there is no way without");
        assert!(toml::from_str::<Mail>("security = 'opportunistic'\n").is_err());
    }
}
