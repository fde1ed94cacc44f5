//! A directory as a source: files that an agency, or what fetches for it, lays down. They are read and left where they are.
//!
//! A file is taken when it has stood still for [`STILL_MILLIS`], and again when it has changed. Which those were is kept with the
//! sync, for as long as they are there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::exchange::job::{Done, Fault};
use crate::exchange::port::Fetched;
use crate::exchange::sync::{Course, Fetching, course, format_of, said};
use crate::files::disk::elsewhere;
use crate::mapping::Format;

/// A transfer that stands still for ten seconds has mostly ended, as of dropped files.
const STILL_MILLIS: i64 = 10_000;

/// What a message may have, as on the wire.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// The files that were taken, each with its size and when it was changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Taken {
    files: BTreeMap<String, (u64, i64)>,
}

/// A file that is there.
struct Found {
    name: String,
    path: PathBuf,
    size: u64,
    /// In milliseconds since 1970.
    changed: i64,
}

impl Fetching {
    pub(super) async fn files(&mut self, folder: &Path) -> Done {
        let mut course = Course { again: course(&self.run).again, ..Course::default() };
        let mut taken: Taken = match course.again {
            // All that is there; what we have is known.
            Some(_) => Taken::default(),
            None => serde_json::from_value(self.run.mark.clone()).unwrap_or_default(),
        };
        let found = look(folder.to_owned())
            .await
            .map_err(|error| Fault::Passing(format!("{}: {error}", folder.display())))?;
        taken.files.retain(|name, _| found.iter().any(|file| file.name == *name));
        let now = self.gateway.world.clock.now().micros() / 1000;
        for file in found {
            let known = taken.files.get(&file.name) == Some(&(file.size, file.changed));
            if known || now - file.changed < STILL_MILLIS {
                continue;
            }
            if file.size > MOST_BYTES {
                let (name, size) = (&file.name, file.size);
                return Err(Fault::Final(format!(
                    "{name} has {size} bytes: `regbridge import` takes files above {MOST_BYTES}"
                )));
            }
            let path = file.path.clone();
            let body = elsewhere(move || std::fs::read(path)).await;
            let body = body.map_err(|error| Fault::Passing(format!("{}: {error}", file.name)))?;
            let page = Fetched { content_type: media(&file.name).to_owned(), charset: None, body };
            let decoded = self.content(&page)?;
            let format = format_of(&page.content_type, self.sync.format);
            self.take(page.body, (format, None), &decoded, &mut course).await?;
            course.pages += 1;
            taken.files.insert(file.name, (file.size, file.changed));
            self.save(&course, &taken).await?;
        }
        Ok(said(&course))
    }
}

fn media(name: &str) -> &'static str {
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    Format::parse(&end).map_or("", Format::media_type)
}

/// The files there, by name; what begins with a dot is on its way.
async fn look(folder: PathBuf) -> std::io::Result<Vec<Found>> {
    elsewhere(move || {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Links are not followed: whoever may write there could have anything read.
            let about = std::fs::symlink_metadata(entry.path())?;
            if name.starts_with('.') || !about.is_file() {
                continue;
            }
            let changed = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            found.push(Found {
                path: entry.path(),
                name,
                size: about.len(),
                changed: i64::try_from(changed).unwrap_or(i64::MAX),
            });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    })
    .await
}
