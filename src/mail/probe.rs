//! The way to the mail server, step by step, with one mail at its end: for whoever has to find out why none comes.
//!
//! Promise: the same server, the same encryption and the same login as every mail's. Each step is bounded; the first that
//! fails is the last.

use std::fmt::Display;
use std::future::Future;
use std::net::ToSocketAddrs as _;

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;

use crate::exchange::notice::queue::Letter;
use crate::mail::error::{meaning, one_line};
use crate::mail::message::Sender;
use crate::mail::smtp::Server;

/// One step, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `name`, `connection`, `encryption`, `login` or `mail`.
    pub name: &'static str,
    /// What was found, or why it failed and whose it is to mend.
    pub outcome: Result<String, String>,
}

/// Goes the way to the server and leaves a letter there; the steps, in order.
pub async fn probe(server: &Server, sender: &Sender, letter: &Letter) -> Vec<Step> {
    let mut steps = Vec::new();
    // The first step that fails is the last.
    let _ = go(server, sender, letter, &mut steps).await;
    steps
}

fn note<T>(steps: &mut Vec<Step>, name: &'static str, outcome: Result<(T, String), String>) -> Option<T> {
    let (found, outcome) = match outcome {
        Ok((found, said)) => (Some(found), Ok(one_line(&said))),
        Err(why) => (None, Err(one_line(&why))),
    };
    steps.push(Step { name, outcome });
    found
}

async fn go(server: &Server, sender: &Sender, letter: &Letter, steps: &mut Vec<Step>) -> Option<()> {
    let Server { host, port, .. } = server;
    note(steps, "name", resolved(host, *port))?;
    let tls =
        note(steps, "settings", server.tls().map(|tls| (tls, "the authorities can be read".to_owned())))?;
    let hello = ClientId::default();
    let implicit = server.implicit_tls.then(|| tls.clone());
    let connecting = AsyncSmtpConnection::connect_tokio1(
        (host.as_str(), *port),
        Some(server.patience),
        &hello,
        implicit,
        None,
    );
    let connected = within(server, connecting).await.map_err(|why| {
        format!("{why}: nobody listens there, a firewall is between, or mail.security is the other one")
    });
    let mut connection = note(
        steps,
        "connection",
        connected.map(|connection| {
            let name = connection.server_info().name().to_owned();
            (connection, format!("{host}:{port} greets as {name}"))
        }),
    )?;
    if server.implicit_tls {
        note(steps, "encryption", Ok(((), "TLS from the first byte".to_owned())))?;
    } else {
        let shaken = within(server, connection.starttls(tls, &hello)).await;
        let said = |()| ((), "STARTTLS".to_owned());
        note(steps, "encryption", shaken.map(said).map_err(|why| encryption(&why)))?;
    }
    if let Some(credentials) = note(
        steps,
        "settings",
        server.credentials().map(|found| {
            let said = if found.is_some() { "the password can be read" } else { "no login is set" };
            (found, said.to_owned())
        }),
    )? {
        let ways = [Mechanism::Plain, Mechanism::Login];
        let answer = within(server, connection.auth(&ways, &credentials)).await;
        let said = |()| ((), "the server knows us".to_owned());
        let answer = answer.map(|_| ()).map(said);
        note(
            steps,
            "login",
            answer.map_err(|why| format!("{why}: mail.user and the password are to be mended")),
        )?;
    }
    let message =
        note(steps, "message", sender.message(letter).map(|message| (message, sender.message_id(letter))))?;
    let bytes = message.formatted();
    let sent = within(server, connection.send(message.envelope(), &bytes)).await;
    note(
        steps,
        "mail",
        sent.map(|response| {
            let words = response.message().collect::<Vec<_>>().join(" ");
            ((), format!("taken for {}: {} {words}", letter.to, response.code()))
        }),
    )?;
    // It has the mail; whether it hears that we go changes nothing.
    let _ = within(server, connection.quit()).await;
    Some(())
}

fn encryption(why: &str) -> String {
    if why.contains("not supported") {
        return format!("{why}: it is sent nothing in clear; perhaps it wants mail.security = \"tls\"");
    }
    format!("{why}: its authority belongs into mail.authorities, or it is not who mail.server says")
}

fn resolved(host: &str, port: u16) -> Result<((), String), String> {
    let found = (host, port).to_socket_addrs().map_err(|error| {
        format!("{host} is not found ({error}): a mistake in mail.server, or this machine's name service")
    })?;
    let said: Vec<String> = found.map(|address| address.to_string()).collect();
    if said.is_empty() {
        return Err(format!("{host} has no address"));
    }
    Ok(((), said.join(", ")))
}

/// One step's conversation, within the time of a mail.
async fn within<T>(
    server: &Server,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, String> {
    match tokio::time::timeout(server.patience, step).await {
        Ok(outcome) => outcome.map_err(|error| meaning(&error).detail),
        Err(_elapsed) => Err(late(server.patience.as_secs())),
    }
}

fn late(seconds: impl Display) -> String {
    format!("no answer within {seconds} s")
}
