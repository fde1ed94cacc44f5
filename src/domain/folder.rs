//! The folder in which files are exchanged with an agency: what an SFTP server shows it.
//!
//! ```text
//! FOLDER/in/        the agency puts files here, and takes nothing away
//! FOLDER/done/      those that were taken, each with its answer beside it
//! FOLDER/refused/   those that were not, each with what is wrong with it
//! FOLDER/out/       messages for the agency, which takes them away
//! ```

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::{AgencyId, DeliveryId};
use crate::domain::kind::Kind;

/// `[folder]` of an agency's registry file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DropFolder {
    /// Where it is, relative to the data directory; `folders/<id>` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// A file is whole when neither its size nor its time has changed for so many seconds. 0 for an agency that writes
    /// under another name and renames.
    pub quiet_seconds: u32,
    /// The kind that its records must be of; what each file says itself where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The charset of files that do not say it themselves: CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
}

impl Default for DropFolder {
    // A transfer that stands still for ten seconds has mostly ended; what comes later is taken up again.
    fn default() -> Self {
        Self { path: None, quiet_seconds: 10, kind: None, charset: None }
    }
}

/// The parts of a folder, as paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropPaths {
    /// What the agency puts there.
    pub incoming: PathBuf,
    /// What was taken of it.
    pub done: PathBuf,
    /// What was not.
    pub refused: PathBuf,
    /// What the agency is to take away.
    pub outgoing: PathBuf,
}

impl DropFolder {
    /// Where its parts are, in a data directory.
    #[must_use]
    pub fn paths(&self, data: &Path, agency: &AgencyId) -> DropPaths {
        let root = match &self.path {
            Some(path) => data.join(path),
            None => data.join("folders").join(agency.as_str()),
        };
        DropPaths {
            incoming: root.join("in"),
            done: root.join("done"),
            refused: root.join("refused"),
            outgoing: root.join("out"),
        }
    }
}

impl DropPaths {
    /// The file that carries a delivery: its number, so that names sort as messages were made; its kind for people; its id,
    /// so that a repetition is the same file.
    #[must_use]
    pub fn delivery(&self, sequence: u64, kind: &str, id: &DeliveryId, content_type: &str) -> PathBuf {
        self.outgoing.join(format!("{sequence:08}-{kind}-{id}.{}", ending(content_type)))
    }
}

/// What the name of a file of this media type ends in.
#[must_use]
pub fn ending(content_type: &str) -> &'static str {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    // The media type of XLSX has "xml" in it.
    for (part, ending) in [("spreadsheetml", "xlsx"), ("csv", "csv"), ("json", "json"), ("xml", "xml")] {
        if essence.contains(part) {
            return ending;
        }
    }
    "txt"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_where_it_is_said_to_or_under_the_agencys_name() {
        let (data, agency) = (Path::new("/data"), AgencyId::parse("hz-amr").unwrap());
        let paths = DropFolder::default().paths(data, &agency);
        assert_eq!(paths.incoming, Path::new("/data/folders/hz-amr/in"));
        let elsewhere = DropFolder { path: Some("/srv/sftp/hz".into()), ..DropFolder::default() };
        assert_eq!(elsewhere.paths(data, &agency).done, Path::new("/srv/sftp/hz/done"));
    }

    #[test]
    fn a_delivery_has_one_name() {
        let paths = DropFolder::default().paths(Path::new("d"), &AgencyId::parse("a").unwrap());
        let id = DeliveryId::parse("0198c0de-0000-7000-8000-000000000001").unwrap();
        let name = |content_type| {
            let path = paths.delivery(17, "complaint-reply", &id, content_type);
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name("application/xml; charset=gb18030"), format!("00000017-complaint-reply-{id}.xml"));
        assert_eq!(
            name("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            format!("00000017-complaint-reply-{id}.xlsx")
        );
        assert_eq!(name("text/csv"), format!("00000017-complaint-reply-{id}.csv"));
        assert_eq!(name("application/problem+json"), format!("00000017-complaint-reply-{id}.json"));
        assert_eq!(name("text/plain"), format!("00000017-complaint-reply-{id}.txt"));
    }
}
