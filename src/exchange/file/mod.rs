//! A file of an agency's, brought by a person or dropped into a folder: the same messages, by another road.
//!
//! Promise: a file is taken as the message that it is would be, and its answer is the very receipt: in the agency's own
//! format where its profile has one, else as JSON, with a table for people beside it where the file is a table. A file
//! that is a receipt of the agency's is taken as one. What is refused is answered, too, and leaves the journal's entry of
//! the attempt. What we could not do is no answer: the file is still there, and is taken later.
//!
//! | file | idea |
//! |---|---|
//! | `table` | an answer as lines for people |
//! | `collect` | messages that lie in a folder, until they were taken away |

mod collect;
pub mod table;

use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::kind::{Direction, Kind};
use crate::domain::receipt::{Receipt, ReceiptKind};
use crate::exchange::answer::Answer;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::inbound::{Channel, Inbound, RefusalNote, Sender};
use crate::exchange::intake::{MOST_RECORDS, Told, Turned};
use crate::exchange::receipts::{self, Given, Taken};
use crate::exchange::refused::Refused;
use crate::mapping::{Format, Input, Profile, Run};
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;

/// A file, as it was brought.
#[derive(Clone, Debug)]
pub struct GivenFile {
    /// Whose it is.
    pub agency: Arc<Agency>,
    /// How that is known.
    pub sender: Sender,
    /// The kind that its records must be of, if whoever brought it said so.
    pub kind: Option<Kind>,
    /// How to read it.
    pub format: Format,
    /// The charset, if somebody knows it.
    pub charset: Option<Encoding>,
    /// The bytes, untouched.
    pub body: Vec<u8>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A message, perhaps a bad one; of this kind, where that could be read.
    Message(Option<Kind>),
    /// A receipt for what was sent to the agency.
    Receipt,
    /// More records than one message holds: a file to be imported.
    Many,
}

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedIn {
    /// A message, with its receipt.
    Message(Answer),
    /// A receipt of the agency's, with the proof that its giver keeps.
    Receipt(Taken),
}

/// What stands beside a file when it is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAnswer {
    /// Whether it was taken, now or before.
    pub taken: bool,
    /// The answer's bytes.
    pub body: Vec<u8>,
    /// Their media type.
    pub content_type: String,
    /// The same as a table for people, in CSV, where the file is a table and the answer is not of the agency's format.
    pub table: Option<Vec<u8>>,
}

impl Gateway {
    /// What a file is: read and mapped, and nothing written.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the agency's profile is not there.
    pub async fn look_into(&self, given: GivenFile) -> Result<(GivenFile, Content), Refused> {
        let world = Arc::clone(&self.world);
        let profile = world.profile_of(&given.agency)?;
        let look = move || {
            let content = content(&world, &profile, &given);
            (given, content)
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.map_err(|error| Refused::Unavailable(format!("reading a file failed: {error}")))
    }

    /// Takes a file in as what it is. One that is [`Content::Many`] is refused as the message it would be.
    ///
    /// # Errors
    /// [`Turned`], journalled like any refusal.
    pub async fn hand_in(&self, given: GivenFile, content: Content) -> Result<HandedIn, Turned> {
        let GivenFile { agency, sender, kind, format, charset, body } = given;
        if content == Content::Receipt {
            let channel = receipts::Channel::File;
            let taken = self.take_receipt(Given { agency, sender, body, format, charset, channel }).await;
            return taken.map(HandedIn::Receipt).map_err(|refused| Turned { refused, told: None });
        }
        let found = if let Content::Message(found) = content { found } else { None };
        let inbound = Inbound {
            agency,
            sender,
            kind: kind.or(found),
            body,
            format,
            charset,
            channel: Channel::File,
            message_id: None,
        };
        self.submit_and_tell(inbound).await.map(HandedIn::Message)
    }

    /// Takes a file in, and gives what is to stand beside it.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`]: nothing was taken, and nothing is wrong with the file.
    pub async fn take_file(&self, given: GivenFile, content: Content) -> Result<FileAnswer, Refused> {
        let profile = self.world.profile_of(&given.agency)?;
        let (body, table, zone) = (Digest::of(&given.body), given.format.is_table(), profile.zone_seconds());
        match self.hand_in(given, content).await {
            Ok(HandedIn::Message(answer)) => {
                let read = |bytes: &[u8]| serde_json::from_slice::<Receipt>(bytes).ok();
                let ours = (table && answer.content_type == "application/json")
                    .then(|| read(&answer.receipt))
                    .flatten();
                Ok(FileAnswer {
                    taken: true,
                    table: ours.map(|receipt| table::of_receipt(&receipt)),
                    body: answer.receipt,
                    content_type: answer.content_type,
                })
            }
            Ok(HandedIn::Receipt(taken)) => Ok(FileAnswer {
                taken: true,
                body: taken.proof.into_bytes(),
                content_type: "text/plain; charset=utf-8".to_owned(),
                table: None,
            }),
            Err(Turned { refused, .. }) if refused.is_ours() => Err(refused),
            Err(Turned { told: Some(Told { body, content_type }), .. }) => {
                Ok(FileAnswer { taken: false, body, content_type, table: None })
            }
            Err(Turned { refused, told: None }) => self
                .refused_file(&refused, body, table, zone)
                .ok_or_else(|| Refused::Unavailable("a refusal could not be written".to_owned())),
        }
    }

    /// The answer to a file that is refused without having been read; journalled as the attempt that it was.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the agency's profile is not there.
    pub async fn turn_file_away(
        &self,
        agency: &Arc<Agency>,
        sender: &Sender,
        refused: &Refused,
        body: Digest,
    ) -> Result<FileAnswer, Refused> {
        let zone = self.world.profile_of(agency)?.zone_seconds();
        let note = RefusalNote {
            agency: Arc::clone(agency),
            sender: sender.clone(),
            kind: None,
            why: refused.name(),
        };
        self.note_refusal(note, refused.codes()).await;
        let answer = self.refused_file(refused, body, false, zone);
        answer.ok_or_else(|| Refused::Unavailable("a refusal could not be written".to_owned()))
    }

    fn refused_file(&self, refused: &Refused, body: Digest, table: bool, zone: i32) -> Option<FileAnswer> {
        let receipt = self.refusal(refused, body, zone)?;
        Some(FileAnswer {
            taken: false,
            table: table.then(|| table::of_receipt(&receipt)),
            body: serde_json::to_vec_pretty(&receipt).ok()?,
            content_type: "application/json".to_owned(),
        })
    }
}

fn content(world: &World, profile: &Profile, given: &GivenFile) -> Content {
    let limits = Limits::default();
    let input = Input { bytes: &given.body, format: given.format, charset: given.charset, limits: &limits };
    let run = Run { now: world.clock.now(), chance: &*world.chance };
    let Ok(decoded) = profile.decode(&input, &run) else { return Content::Message(None) };
    if decoded.kind == ReceiptKind::Receipt.as_str() {
        return Content::Receipt;
    }
    if decoded.records.len() + decoded.refused.len() > MOST_RECORDS {
        return Content::Many;
    }
    Content::Message(Kind::parse(&decoded.kind).ok().filter(|kind| kind.travels(Direction::Submit)))
}
