//! What a chain of steps gives to the record, to be held against the canonical schema.

/// The type a chain gives to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Type {
    /// The type's name in a message.
    pub(crate) const fn name(self) -> (&'static str, &'static str) {
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
        }
    }

    /// The members of an object that it fills, where there may be others that it does not.
    pub(crate) const fn members(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Quantity => Some(&["value", "unit"]),
            Self::File(members) => Some(members),
            _ => None,
        }
    }
}
