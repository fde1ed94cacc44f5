//! All calendars there are: the shipped years, under those that an operator adds.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use crate::domain::calendar::{Calendar, FileFault, Year, file};

/// The notices that travel inside the program.
static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schemas/calendars");

/// Calendars by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendars(BTreeMap<String, Calendar>);

impl Calendars {
    /// Those that travel inside the program.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a test loads what is shipped")]
    pub fn shipped() -> Self {
        Self::load([]).expect("a test loads what is shipped")
    }

    /// The shipped ones with an operator's files, each a name and its text: a year of theirs stands before a shipped one.
    ///
    /// # Errors
    /// [`FileFault`] with file and line; two files of an operator's for one year are one, too.
    pub fn load(own: impl IntoIterator<Item = (String, String)>) -> Result<Self, FileFault> {
        let mut years: BTreeMap<String, BTreeMap<i32, Year>> = BTreeMap::new();
        for shipped in SHIPPED.files() {
            let is_toml = shipped.path().extension().is_some_and(|extension| extension == "toml");
            let Some(text) = shipped.contents_utf8().filter(|_| is_toml) else { continue };
            let name = shipped.path().display();
            let (calendar, year) = file::read(&format!("schemas/calendars/{name}"), text)?;
            years.entry(calendar).or_default().insert(year.year, year);
        }
        let mut seen: BTreeMap<(String, i32), String> = BTreeMap::new();
        for (name, text) in own {
            let (calendar, year) = file::read(&name, &text)?;
            if let Some(other) = seen.insert((calendar.clone(), year.year), name.clone()) {
                let what = format!("{other} says {calendar} {} too: one of them must go", year.year);
                return Err(FileFault { line: file::line_of(&text, "year"), file: name, what });
            }
            years.entry(calendar).or_default().insert(year.year, year);
        }
        Ok(Self(
            years
                .into_iter()
                .map(|(id, years)| (id.clone(), Calendar::new(&id, years.into_values())))
                .collect(),
        ))
    }

    /// The calendar of this name.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&Calendar> {
        self.0.get(id)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Calendar> {
        self.0.values()
    }
}
