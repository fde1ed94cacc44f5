//! The mail server: connections kept, one mail after another on each.
//!
//! Promise: a mail takes as long as it was given and no longer. Of a connection on which time ran out nothing is known any
//! more: it is never used again, nor are those that were kept beside it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, AsyncSmtpTransportBuilder};
use lettre::{AsyncTransport as _, Tokio1Executor};

use crate::domain::registry::Secret;
use crate::exchange::notice::queue::{Fate, Letter, Posted};
use crate::exchange::port::Mailer;
use crate::mail::error::{meaning, one_line};
use crate::mail::message::Sender;

/// How long a connection is kept idle: servers end it after five minutes (RFC 5321, section 4.5.3.2.7), firewalls before.
const IDLE: Duration = Duration::from_mins(1);

/// A mail server, and how we come to it.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS from the first byte; else by STARTTLS.
    pub implicit_tls: bool,
    /// PEM; the system's where there is none.
    pub authorities: Vec<Vec<u8>>,
    /// Name and password, where it wants them.
    pub login: Option<(String, Secret)>,
    /// How long one mail may take.
    pub patience: Duration,
}

impl Server {
    pub(super) fn tls(&self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if !self.authorities.is_empty() {
            builder = builder.certificate_store(CertificateStore::None);
        }
        for pem in &self.authorities {
            let authority =
                Certificate::from_pem(pem).map_err(|error| format!("mail.authorities: {error}"))?;
            builder = builder.add_root_certificate(authority);
        }
        builder.build_rustls().map_err(|error| format!("mail.authorities: {error}"))
    }

    pub(super) fn credentials(&self) -> Result<Option<Credentials>, String> {
        let Some((user, password)) = &self.login else { return Ok(None) };
        let password = String::from_utf8(password.bytes().to_vec())
            .map_err(|_| "the mail server's password is no text".to_owned())?;
        Ok(Some(Credentials::new(user.clone(), password)))
    }
}

/// Sends mails through one server.
pub struct Smtp {
    sender: Sender,
    patience: Duration,
    builder: AsyncSmtpTransportBuilder,
    current: ArcSwap<AsyncSmtpTransport<Tokio1Executor>>,
}

impl Smtp {
    /// Through this server, at most so many connections at once. Nothing is called yet. Must be called on a runtime.
    pub fn new(server: &Server, sender: Sender, at_once: u32) -> Result<Self, String> {
        let tls = server.tls()?;
        // Never opportunistic: a server that is made to hide its STARTTLS would be given the password in clear.
        let tls = if server.implicit_tls { Tls::Wrapper(tls) } else { Tls::Required(tls) };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
            .port(server.port)
            .tls(tls)
            .timeout(Some(server.patience))
            .pool_config(PoolConfig::new().max_size(at_once).idle_timeout(IDLE));
        if let Some(credentials) = server.credentials()? {
            builder = builder.credentials(credentials);
        }
        let current = ArcSwap::from_pointee(builder.clone().build());
        Ok(Self { sender, patience: server.patience, builder, current })
    }

    async fn send(&self, letter: &Letter) -> Posted {
        let message = match self.sender.message(letter) {
            Ok(message) => message,
            // An address that is none will be none tomorrow.
            Err(detail) => return Posted { fate: Fate::Refused, status: None, detail },
        };
        let transport = self.current.load_full();
        // The transport's own time is that of the connecting alone.
        match tokio::time::timeout(self.patience, transport.send(message)).await {
            Ok(Ok(response)) => Posted {
                fate: Fate::Sent,
                status: Some(response.code().into()),
                detail: one_line(&response.message().collect::<Vec<_>>().join(" ")),
            },
            Ok(Err(error)) => meaning(&error),
            Err(_elapsed) => {
                // The pool takes a connection back in the middle of its conversation, and the next mail on it would be
                // told the answers to this one. Another pool knows nothing of it.
                self.current.store(Arc::new(self.builder.clone().build()));
                let detail = format!("no answer within {} s", self.patience.as_secs());
                Posted { fate: Fate::Later, status: None, detail }
            }
        }
    }
}

impl Mailer for Smtp {
    fn post<'a>(&'a self, letter: &'a Letter) -> Pin<Box<dyn Future<Output = Posted> + Send + 'a>> {
        Box::pin(self.send(letter))
    }
}
