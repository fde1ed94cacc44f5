//! Schemas that are not made from a type of this listener: the published records.

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::kind::{Direction, Kind};

/// A canonical record of any kind: one of the published schemas.
pub struct AnyRecord;

/// A canonical record that the platform posts: those that agencies receive.
pub struct PostedRecord;

impl PartialSchema for AnyRecord {
    fn schema() -> RefOr<Schema> {
        one_of(|_| true)
    }
}

impl ToSchema for AnyRecord {}

impl PartialSchema for PostedRecord {
    fn schema() -> RefOr<Schema> {
        one_of(|kind| kind.travels(Direction::Receive))
    }
}

impl ToSchema for PostedRecord {}

/// A JSON object of whatever members, for operations that answer with a document that describes itself.
pub struct AnyObject;

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
    }
}

impl ToSchema for AnyObject {}

fn one_of(wanted: impl Fn(Kind) -> bool) -> RefOr<Schema> {
    let kinds = Kind::ALL.iter().filter(|kind| wanted(**kind));
    kinds.fold(OneOfBuilder::new(), |all, kind| all.item(Ref::from_schema_name(kind.as_str()))).into()
}
