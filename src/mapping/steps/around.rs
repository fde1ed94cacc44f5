//! What stands around a run of steps: the run itself, and what the steps say beside their value.

use chrono::{Duration, NaiveDate};

use crate::mapping::aside::{Aside, Context};
use crate::mapping::path::record::Object;
use crate::mapping::steps::ident::Id;
use crate::mapping::steps::{Run, Wrong};
use crate::mapping::trace::Made;

/// What a run of steps may add to: doubts, and what it did on its own.
pub(crate) struct Around<'a> {
    pub(crate) run: Run<'a>,
    /// What stands beside the document.
    pub(crate) aside: Aside<'a>,
    pub(crate) zone_seconds: i32,
    /// The key of the message, where a step asks for it.
    pub(crate) key: Option<String>,
    /// The block's object, as far as it is known.
    pub(crate) object: Option<&'a Object>,
    /// Doubts that do not refuse: a wrong check digit.
    pub(crate) doubts: Vec<Wrong>,
    /// Whether `else` made up the value.
    pub(crate) generated: bool,
    /// Who made up the value that was read, if somebody did.
    pub(crate) made: Option<Made>,
    /// Whether a text was cut.
    pub(crate) cut: bool,
    /// Whether a value was put aside (`hold`): there is one, and nobody knows what it means.
    pub(crate) held: bool,
    /// Bytes of attachments that were read.
    pub(crate) attached: Vec<Vec<u8>>,
    /// What was written in place of bytes that nobody has.
    pub(crate) owing: Option<String>,
    /// What the value has to do with the document's ids.
    pub(crate) ids: Vec<Id>,
}

impl<'a> Around<'a> {
    /// Nothing added yet.
    pub(crate) fn new(context: Context<'a>, zone_seconds: i32) -> Self {
        Self {
            run: context.run,
            aside: context.aside,
            zone_seconds,
            key: None,
            object: None,
            doubts: Vec::new(),
            generated: false,
            made: None,
            cut: false,
            held: false,
            attached: Vec::new(),
            owing: None,
            ids: Vec::new(),
        }
    }

    /// The same for a block's object.
    pub(crate) fn of(context: Context<'a>, zone_seconds: i32, object: &'a Object) -> Self {
        Self { object: Some(object), ..Self::new(context, zone_seconds) }
    }

    /// The date of the run, in the profile's zone.
    pub(crate) fn today(&self) -> NaiveDate {
        (self.run.now.utc() + Duration::seconds(self.zone_seconds.into())).date_naive()
    }
}
