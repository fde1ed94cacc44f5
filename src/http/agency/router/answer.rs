//! What the client reads, and how a failed call is told.
//!
//! An answer is the profile's: it spells the fields, names the root and knows the bare form. What is written here
//! is the `error_response`, which is no message of anybody's profile, since it may come before the agency's method is
//! known.

use serde_json::{Value, json};

use crate::http::agency::router::fault::Fault;
use crate::http::problem::escape_xml;
use crate::mapping::Format;

/// What the client reads. XML is the documented default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wish {
    #[default]
    Xml,
    /// Wrapped in `<method>_response`.
    Json,
    /// With `simplify`: the answer object comes bare.
    Bare,
}

impl Wish {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml;charset=utf-8",
            Self::Json | Self::Bare => "application/json;charset=utf-8",
        }
    }

    pub(super) const fn format(self) -> Format {
        match self {
            Self::Xml => Format::Xml,
            Self::Json | Self::Bare => Format::Json,
        }
    }

    /// The profile's message that answers in this form.
    pub(super) fn message(self, answer: &str) -> String {
        match self {
            Self::Xml | Self::Json => answer.to_owned(),
            Self::Bare => format!("{answer}-bare"),
        }
    }

    /// A call that failed. It is wrapped always: a bare one could be taken for an answer.
    pub(super) fn fault(self, fault: &Fault, request_id: &str) -> Vec<u8> {
        let fields = json!({
            "code": fault.code.number(),
            "msg": fault.code.text(),
            "sub_code": fault.sub_code,
            "sub_msg": fault.sub_msg,
            "request_id": request_id,
        });
        if self.format() == Format::Json {
            return json!({ "error_response": fields }).to_string().into_bytes();
        }
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<error_response>");
        for (name, value) in fields.as_object().into_iter().flatten() {
            text.extend(["<", name, ">"]);
            match value {
                Value::String(value) => escape_xml(&mut text, value),
                other => text += &other.to_string(),
            }
            text.extend(["</", name, ">"]);
        }
        text += "</error_response>";
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::agency::router::fault::Code;

    #[test]
    fn a_failed_call_is_an_error_response_in_every_form() {
        let fault = Fault::new(Code::InvalidSignature, "isv.invalid-signature", "<sign>");
        let text = |wish: Wish| String::from_utf8(wish.fault(&fault, "r1")).unwrap();
        let json = r#"{"error_response":{"code":25,"msg":"Invalid signature","request_id":"r1","sub_code":"isv.invalid-signature","sub_msg":"<sign>"}}"#;
        assert_eq!(text(Wish::Json), json);
        assert_eq!(text(Wish::Bare), json);
        assert_eq!(
            text(Wish::Xml),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<error_response><code>25</code><msg>Invalid signature</msg>\
             <request_id>r1</request_id><sub_code>isv.invalid-signature</sub_code><sub_msg>&lt;sign&gt;</sub_msg>\
             </error_response>"
        );
    }
}
