//! How the parts of a record are declared.
//!
//! Promise: every struct made by `part!` refuses members it does not know, writes no member that has no value,
//! and carries `extensions`, so that a map can keep beside each object what only the agency's format says.
//! `record!` adds what every record has. A field is declared by one of four words before its name:
//!
//! | word | in Rust | in JSON |
//! |---|---|---|
//! | `must` | `T` | always there |
//! | `may` | `Option<T>` | absent when there is no value; never null |
//! | `many` | `Vec<T>` | absent when empty |
//! | `preset` | `T` | always written; absent reads as its default |

macro_rules! part {
    ($(#[$doc:meta])* pub struct $name:ident { $($body:tt)* }) => {
        crate::domain::record::part::part!(@field [$(#[$doc])*] $name [] [] $($body)*);
    };
    (@field [$($doc:tt)*] $name:ident [$($done:tt)*] [$($names:ident)*]
        $(#[$about:meta])* must $field:ident: $type:ty, $($rest:tt)*) => {
        crate::domain::record::part::part!(@field [$($doc)*] $name [$($done)* $(#[$about])* pub $field: $type,] [$($names)* $field] $($rest)*);
    };
    (@field [$($doc:tt)*] $name:ident [$($done:tt)*] [$($names:ident)*]
        $(#[$about:meta])* may $field:ident: $type:ty, $($rest:tt)*) => {
        crate::domain::record::part::part!(@field [$($doc)*] $name [$($done)* $(#[$about])*
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,] [$($names)* $field] $($rest)*);
    };
    (@field [$($doc:tt)*] $name:ident [$($done:tt)*] [$($names:ident)*]
        $(#[$about:meta])* many $field:ident: $type:ty, $($rest:tt)*) => {
        crate::domain::record::part::part!(@field [$($doc)*] $name [$($done)* $(#[$about])*
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub $field: Vec<$type>,] [$($names)* $field] $($rest)*);
    };
    (@field [$($doc:tt)*] $name:ident [$($done:tt)*] [$($names:ident)*]
        $(#[$about:meta])* preset $field:ident: $type:ty, $($rest:tt)*) => {
        crate::domain::record::part::part!(@field [$($doc)*] $name [$($done)* $(#[$about])*
            #[serde(default)]
            pub $field: $type,] [$($names)* $field] $($rest)*);
    };
    (@field [$($doc:tt)*] $name:ident [$($done:tt)*] [$($names:ident)*]) => {
        $($doc)*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($done)*
            /// What the agency's format says beyond these members: named extras, and `kept`, what a map writes back.
            #[serde(default, skip_serializing_if = "crate::domain::record::extensions::Extensions::is_empty")]
            pub extensions: crate::domain::record::extensions::Extensions,
        }

        #[cfg(test)]
        impl crate::domain::record::any::Any for $name {
            fn any(from: &mut crate::domain::record::any::Source) -> Self {
                let deeper = &mut from.deeper();
                Self {
                    $($names: crate::domain::record::any::Any::any(deeper),)*
                    extensions: crate::domain::record::any::Any::any(deeper),
                }
            }
        }
    };
}

macro_rules! record {
    ($(#[$doc:meta])* pub struct $name:ident { $($body:tt)* }) => {
        crate::domain::record::part::part! {
            $(#[$doc])*
            pub struct $name {
                /// The version of this schema.
                preset schema_version: crate::domain::record::SchemaVersion,
                /// The id of the message that carried it, as its sender gave it (报文编号).
                may message_id: String,
                /// The division of the bureau that sends or receives it (GB/T 2260 行政区划代码).
                may region: crate::domain::region::Region,
                $($body)*
                /// What is doubtful in it without being wrong: a check digit, a sum that does not add up.
                many warnings: crate::domain::problem::Problem,
                /// Our id of it. This and the next four are the gateway's, never a map's.
                may id: crate::domain::id::RecordId,
                /// The agency it came from or goes to.
                may agency: crate::domain::id::AgencyId,
                /// The case it belongs to.
                may case_id: crate::domain::id::CaseId,
                /// When the gateway received it.
                may received_at: crate::domain::record::text::Moment,
                /// How it came.
                may source: crate::domain::record::source::Source,
            }
        }
    };
}

pub(in crate::domain) use {part, record};
