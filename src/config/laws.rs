//! Rule sets and calendars of a data directory: `calendars/*.toml` and `rules/*.toml`, over the shipped ones.
//!
//! Promise: they are loaded whole or not at all; what is wrong is told with file and line.

use std::path::Path;

use crate::config::error::ConfigError;
use crate::config::folder::Folder;
use crate::domain::calendar::{Calendars, FileFault};
use crate::domain::deadline::Laws;

/// Loads them. No folder is nothing of one's own.
pub fn load(folder: &Folder) -> Result<Laws, ConfigError> {
    let calendars = Calendars::load(texts(&folder.calendars())?).map_err(fault)?;
    Laws::load(calendars, texts(&folder.rules())?).map_err(fault)
}

fn texts(folder: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unread = |e: std::io::Error| ConfigError::of(folder, e.to_string());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|e| ConfigError::of(&path, e.to_string()))?;
        Ok((path.display().to_string(), text))
    };
    paths.into_iter().map(read).collect()
}

fn fault(fault: FileFault) -> ConfigError {
    ConfigError { line: Some(fault.line), ..ConfigError::of(fault.file, fault.what) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_adds_years_and_replaces_sets() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::at(directory.path());
        assert!(load(&folder).unwrap().set("cn-order-121").is_some_and(|set| !set.confirmed));
        std::fs::create_dir_all(folder.rules()).unwrap();
        let shipped = load(&folder).unwrap().set("cn-order-121").unwrap().text.clone();
        let file = folder.rules().join("order-121.toml");
        std::fs::write(&file, shipped.replace("confirmed = false", "confirmed = true")).unwrap();
        assert!(load(&folder).unwrap().set("cn-order-121").is_some_and(|set| set.confirmed));
        std::fs::write(&file, shipped.replace("days = 60", "days = 60\nhours = 3")).unwrap();
        let error = load(&folder).unwrap_err();
        assert!(error.source == file && error.line.is_some_and(|line| line > 10), "{error}");
        assert!(error.to_string().contains("exactly one of hours, days, working_days"), "{error}");
    }
}
