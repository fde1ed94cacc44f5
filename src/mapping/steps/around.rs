//! What stands around a run of steps: the run itself, and what the steps say beside their value.

use chrono::{Duration, NaiveDate};

use crate::mapping::path::record::Object;
use crate::mapping::steps::{Run, Wrong};

/// What a run of steps may add to: doubts, and what it did on its own.
pub(crate) struct Around<'a> {
    pub(crate) run: Run<'a>,
    pub(crate) zone_seconds: i32,
    /// The block's object, as far as it is known.
    pub(crate) object: Option<&'a Object>,
    /// Doubts that do not refuse: a wrong check digit.
    pub(crate) doubts: Vec<Wrong>,
    /// Whether `else` made up the value.
    pub(crate) generated: bool,
    /// Whether a text was cut.
    pub(crate) cut: bool,
    /// Whether a value was put aside (`hold`): there is one, and nobody knows what it means.
    pub(crate) held: bool,
}

impl<'a> Around<'a> {
    /// Nothing added yet.
    pub(crate) fn new(run: Run<'a>, zone_seconds: i32) -> Self {
        Self {
            run,
            zone_seconds,
            object: None,
            doubts: Vec::new(),
            generated: false,
            cut: false,
            held: false,
        }
    }

    /// The same for a block's object.
    pub(crate) fn of(run: Run<'a>, zone_seconds: i32, object: &'a Object) -> Self {
        Self { object: Some(object), ..Self::new(run, zone_seconds) }
    }

    /// The date of the run, in the profile's zone.
    pub(crate) fn today(&self) -> NaiveDate {
        (self.run.now.utc() + Duration::seconds(self.zone_seconds.into())).date_naive()
    }
}
