//! Declarative mapping.

/// How a message is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// XML.
    Xml,
    /// JSON.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// How far a document came before it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is not well-formed, or beyond a limit.
    Read,
    /// It is none of the profile's messages.
    Recognise,
    /// It breaks the agency's schema.
    Validate,
    /// A rule of the map refused it.
    Map,
}
