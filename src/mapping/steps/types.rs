//! What a chain of steps gives to the record, to be held against the canonical schema.

use std::sync::Arc;

/// The type a chain gives to the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Text.
    Text,
    /// Text that is a day.
    Date,
    /// Text that is a moment.
    Moment,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Bool,
    /// `{amount, currency}`.
    Money,
    /// A list of texts.
    Texts,
    /// A list of `{name, value}`.
    Pairs,
    /// An object of texts.
    Map,
    /// `{value, unit}`.
    Quantity,
    /// A file's members, these.
    File(&'static [&'static str]),
    /// A list of files with these members.
    Files(&'static [&'static str]),
    /// An object with one member (`as`).
    Object(Arc<Named>),
    /// A list of objects with one member each.
    Objects(Arc<Named>),
}

/// A member, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) member: String,
    pub(crate) of: Type,
}

impl Type {
    /// Whether it is text, of whatever form.
    pub(crate) const fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Date | Self::Moment)
    }

    /// The type's name in a message.
    pub(crate) const fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("文本", "text"),
            Self::Date => ("日期", "a day"),
            Self::Moment => ("时刻", "a moment"),
            Self::Integer => ("整数", "a whole number"),
            Self::Number => ("数字", "a number"),
            Self::Bool => ("真假值", "true or false"),
            Self::Money => ("金额", "money"),
            Self::Texts => ("文本列表", "a list of texts"),
            Self::Pairs => ("名值列表", "a list of name and value"),
            Self::Map => ("文本对象", "an object of texts"),
            Self::Quantity => ("数量", "a quantity"),
            Self::File(_) => ("附件", "an attachment"),
            Self::Files(_) => ("附件列表", "a list of attachments"),
            Self::Object(_) => ("对象", "an object"),
            Self::Objects(_) => ("对象列表", "a list of objects"),
        }
    }

    /// Whether it is an object, into which other rows may put more.
    pub(crate) const fn is_object(&self) -> bool {
        matches!(self, Self::Money | Self::Map | Self::Quantity | Self::File(_) | Self::Object(_))
    }

    /// Whether it is a list, of which other rows may name an item.
    pub(crate) const fn is_list(&self) -> bool {
        matches!(self, Self::Texts | Self::Pairs | Self::Files(_) | Self::Objects(_))
    }

    /// The members of an object that it fills, where there may be others that it does not.
    pub(crate) fn members(&self) -> Option<Vec<&str>> {
        match self {
            Self::Quantity => Some(vec!["value", "unit"]),
            Self::File(members) | Self::Files(members) => Some(members.to_vec()),
            Self::Object(named) | Self::Objects(named) => Some(vec![&named.member]),
            _ => None,
        }
    }
}
