//! Paths: places on the wire and places in a record (MAPPING, section 4).

pub(crate) mod find;
pub(crate) mod place;
pub(crate) mod record;
pub(crate) mod wire;
