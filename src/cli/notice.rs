//! `regbridge notice`: what staff was told by mail, and whether the way to the mail server is well.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use include_dir::{Dir, include_dir};

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use crate::config::mail::Security;
use crate::exchange::Refused;
use crate::exchange::notice::list::{NoticeFilter, NoticeState, NoticeView, TroubleView};
use crate::exchange::notice::queue::Letter;
use crate::exchange::notice::{Notices, Templates, Written};
use crate::mail::probe::probe;
use crate::mail::{Sender, Server};

/// The templates that travel inside the program.
static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schemas/notices");

#[derive(Subcommand)]
pub(super) enum Command {
    /// List notices, the newest first: id, state, recipient, role, topic, attempts, what comes next or when it was settled,
    /// what the mail server said. Then, behind `!`, the troubles that are under way; behind `x`, the addresses whose last
    /// mail was refused for good.
    ///
    /// States: queued (to be sent), sent (the mail server has it; whether anybody read it nobody knows), refused (the
    /// mail server knows no such recipient), `given_up` (72 hours of attempts failed).
    List {
        /// Only in this state.
        #[arg(long, value_parser = state)]
        state: Option<NoticeState>,
        /// Only before this notice.
        #[arg(long, value_name = "NOTICE")]
        before: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show what a notice says: subject and text, or the page.
    Show {
        /// The notice's id.
        notice: String,
        /// The page, as HTML.
        #[arg(long)]
        html: bool,
    },
    /// Send one mail and say each step on the way: name, connection, encryption, login, mail. Nothing is queued, and the
    /// running gateway is not asked. Exits with 1 at the first step that fails.
    Test {
        /// Whom it is for; the first recipient of the settings where nobody is named.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
}

fn state(text: &str) -> Result<NoticeState, String> {
    NoticeState::parse(text).map_err(|bad| bad.to_string())
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    match command {
        Command::List { state, before, limit } => {
            let (gateway, _) = world.open(Which::Spoken).await?;
            for notice in gateway.notices(&NoticeFilter { state, before, limit }).await? {
                println!("{}", line(&notice));
            }
            for trouble in gateway.troubles(1000).await? {
                println!("{}", under_way(&trouble));
            }
            for notice in gateway.refused_recipients().await? {
                let said = notice.last_detail.as_deref().unwrap_or_default();
                let at = notice.settled_at.map(|at| at.to_string()).unwrap_or_default();
                println!("x\t{}\t{}\trefused {at}\t{said}", notice.recipient, notice.role);
            }
            Ok(true)
        }
        Command::Show { notice, html } => {
            let (gateway, _) = world.open(Which::Spoken).await?;
            let (_, written) = match gateway.notice(&notice).await {
                Err(Refused::NotFound) => {
                    bail!("there is no notice {notice}; `regbridge notice list` lists them")
                }
                other => other?,
            };
            if html {
                println!("{}", written.html);
            } else {
                println!("{}\n\n{}", written.subject, written.text);
            }
            Ok(true)
        }
        Command::Test { to } => test(&world, to).await,
    }
}

fn line(notice: &NoticeView) -> String {
    let then = match (&notice.next_at, &notice.settled_at) {
        (Some(at), _) => format!("next {at}"),
        (None, Some(at)) => format!("settled {at}"),
        (None, None) => "-".to_owned(),
    };
    let status = notice.last_status.map(|status| format!("{status} ")).unwrap_or_default();
    let said = notice.last_detail.as_deref().unwrap_or_default();
    format!(
        "{}\t{}\t{}\t{}\t{} {}\t{} attempts\t{then}\t{status}{said}",
        notice.id, notice.state, notice.recipient, notice.role, notice.topic, notice.edge, notice.attempts
    )
}

fn under_way(trouble: &TroubleView) -> String {
    let agency = trouble.agency.as_ref().map_or("-", |agency| agency.as_str());
    format!(
        "!\t{}\t{}\t{agency}\tsince {}\t{} times\t{}",
        trouble.topic, trouble.severity, trouble.since, trouble.times, trouble.key
    )
}

async fn test(world: &World, to: Option<String>) -> anyhow::Result<bool> {
    let (server, sender) = server(world)?.context(
        "no mail is sent: [mail] names no server (ops/config.example.toml says what may stand there)",
    )?;
    let to = to.or_else(|| world.settings.mail.recipients.first().map(|recipient| recipient.address.clone()));
    let to = to.context("nobody to send it to: name one with --to, or a recipient in [[mail.recipients]]")?;
    let now = SystemClock.now();
    let origin = &world.settings.journal.origin;
    let text = format!(
        "这是一封测试邮件，用于确认邮件设置可用，无需处理。\n\nThis mail proves the settings of {origin}. Nothing is to \
         be done.\n"
    );
    let letter = Letter {
        id: SystemChance.uuid(now).to_string(),
        to,
        written: Written {
            subject: format!("测试邮件 · A test of {origin}"),
            html: format!("<p>{}</p>", text.trim().replace("\n\n", "</p><p>")),
            text,
        },
        at: now,
    };
    let steps = probe(&server, &sender, &letter).await;
    for step in &steps {
        match &step.outcome {
            Ok(said) => println!("ok       {}: {said}", step.name),
            Err(why) => println!("failed   {}: {why}", step.name),
        }
    }
    Ok(steps.iter().all(|step| step.outcome.is_ok()))
}

/// The mail server of the settings, and whom mails are from; none where none is set.
pub(super) fn server(world: &World) -> anyhow::Result<Option<(Server, Sender)>> {
    let mail = &world.settings.mail;
    let (Some(host), Some(from)) = (&mail.server, &mail.from) else { return Ok(None) };
    let sender = Sender::parse(from, mail.reply_to.as_deref()).map_err(anyhow::Error::msg)?;
    let mut authorities = Vec::new();
    for file in &mail.authorities {
        let file = world.folder.resolve(file);
        authorities.push(std::fs::read(&file).with_context(|| file.display().to_string())?);
    }
    let login = match &mail.user {
        None => None,
        Some(user) => {
            let file = world.folder.resolve(&mail.password_file);
            Some((user.clone(), world.environment.secret("mail", &file)?))
        }
    };
    let server = Server {
        host: host.clone(),
        port: mail.port(),
        implicit_tls: mail.security == Security::Tls,
        authorities,
        login,
        patience: Duration::from_secs(mail.seconds.into()),
    };
    Ok(Some((server, sender)))
}

/// Who is told, and in which words: the shipped templates, and those of the data directory before them.
pub(super) fn notices(world: &World) -> anyhow::Result<Notices> {
    let mut files = BTreeMap::new();
    for file in SHIPPED.files() {
        let text = file.contents_utf8().unwrap_or_default();
        files.insert(file.path().display().to_string(), text.to_owned());
    }
    let own = world.folder.notices();
    if own.is_dir() {
        for entry in std::fs::read_dir(&own).with_context(|| own.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Editors leave such files behind.
            if !path.is_file() || name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.insert(name, text);
        }
    }
    let templates = Templates::load(&files).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the templates of notices ({}) do not load:\n{}", own.display(), lines.join("\n"))
    })?;
    Ok(Notices { templates, recipients: world.settings.mail.recipients.clone() })
}
