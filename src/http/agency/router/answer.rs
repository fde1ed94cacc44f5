//! How an answer is wrapped and written.
//!
//! JSON: wrapped in `<method>_response`, or bare with `simplify`. XML: the root element is `<method>_response`. The
//! method's name loses its `taobao.` and has underscores for dots. A failed call is an `error_response` in both.

use serde_json::{Map, Value, json};

use crate::http::agency::router::Fields;
use crate::http::agency::router::fault::Fault;
use crate::http::problem::escape_xml;

/// In XML the items of a list bear the name of their type, as the interface's metadata gives it.
const ITEMS: [(&str, &str); 1] = [("list", "dispose_result_vo")];

/// What the client reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    json: bool,
    bare: bool,
    root: String,
}

/// Before anything is known of a call: the documented default.
impl Default for Wish {
    fn default() -> Self {
        Self::xml("")
    }
}

impl Wish {
    pub(super) fn xml(method: &str) -> Self {
        Self { json: false, bare: false, root: root(method) }
    }

    pub(super) fn json(method: &str, bare: bool) -> Self {
        Self { json: true, bare, root: root(method) }
    }

    pub(super) const fn content_type(&self) -> &'static str {
        if self.json { "application/json;charset=utf-8" } else { "text/xml;charset=utf-8" }
    }

    /// An answer of the method.
    pub(super) fn answer(&self, fields: &Fields, request_id: &str) -> Vec<u8> {
        let mut fields = fields.clone();
        fields.insert("request_id".to_owned(), json!(request_id));
        if self.json && self.bare {
            return Value::Object(fields).to_string().into_bytes();
        }
        self.wrapped(&self.root, fields)
    }

    /// A call that failed. It is wrapped always: a bare one could be taken for an answer.
    pub(super) fn fault(&self, fault: &Fault, request_id: &str) -> Vec<u8> {
        let mut fields = Map::new();
        fields.insert("code".to_owned(), json!(fault.code.number()));
        fields.insert("msg".to_owned(), json!(fault.code.text()));
        fields.insert("sub_code".to_owned(), json!(fault.sub_code));
        fields.insert("sub_msg".to_owned(), json!(fault.sub_msg));
        fields.insert("request_id".to_owned(), json!(request_id));
        self.wrapped("error_response", fields)
    }

    fn wrapped(&self, root: &str, fields: Fields) -> Vec<u8> {
        if self.json {
            return json!({ root: fields }).to_string().into_bytes();
        }
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\" ?>");
        element(&mut text, root, &Value::Object(fields));
        text.into_bytes()
    }
}

/// A name that an element may bear whatever method was asked for.
fn root(method: &str) -> String {
    let short = method.strip_prefix("taobao.").unwrap_or(method);
    format!("{}_response", short.replace('.', "_"))
}

fn element(text: &mut String, name: &str, value: &Value) {
    text.push('<');
    text.push_str(name);
    if value.is_array() {
        text.push_str(" list=\"true\"");
    }
    text.push('>');
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                element(text, name, value);
            }
        }
        Value::Array(items) => {
            let item = ITEMS.iter().find(|(list, _)| *list == name).map_or("item", |(_, item)| *item);
            for value in items {
                element(text, item, value);
            }
        }
        Value::String(value) => escape_xml(text, value),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::agency::router::fault::Code;

    const SUBMIT: &str = "taobao.sungari.dispose.submit";

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    fn fields() -> Fields {
        let value = json!({"resule_code": 1, "data": "0190", "message": "已接收 <&>"});
        value.as_object().unwrap().clone()
    }

    #[test]
    fn json_comes_wrapped_or_bare() {
        assert_eq!(
            text(Wish::json(SUBMIT, false).answer(&fields(), "r1")),
            r#"{"sungari_dispose_submit_response":{"data":"0190","message":"已接收 <&>","request_id":"r1","resule_code":1}}"#
        );
        assert_eq!(
            text(Wish::json(SUBMIT, true).answer(&fields(), "r1")),
            r#"{"data":"0190","message":"已接收 <&>","request_id":"r1","resule_code":1}"#
        );
    }

    #[test]
    fn xml_has_the_methods_root_and_typed_items() {
        assert_eq!(
            text(Wish::xml(SUBMIT).answer(&fields(), "r1")),
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?><sungari_dispose_submit_response><data>0190</data>\
             <message>已接收 &lt;&amp;&gt;</message><request_id>r1</request_id><resule_code>1</resule_code>\
             </sungari_dispose_submit_response>"
        );
        let value = json!({"result": {"list": [{"id": "a"}, {"id": "b"}], "result_code": 1}});
        let query = Wish::xml("taobao.sungari.dispose.query").answer(value.as_object().unwrap(), "r");
        assert!(text(query).contains(
            "<list list=\"true\"><dispose_result_vo><id>a</id></dispose_result_vo>\
                 <dispose_result_vo><id>b</id></dispose_result_vo></list>"
        ));
    }

    #[test]
    fn a_failed_call_is_an_error_response_in_both() {
        let fault = Fault::new(Code::InvalidSignature, "isv.invalid-signature", "sign");
        assert_eq!(
            text(Wish::json(SUBMIT, true).fault(&fault, "r1")),
            r#"{"error_response":{"code":25,"msg":"Invalid signature","request_id":"r1","sub_code":"isv.invalid-signature","sub_msg":"sign"}}"#
        );
        assert_eq!(
            text(Wish::default().fault(&fault, "r1")),
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?><error_response><code>25</code><msg>Invalid signature</msg>\
             <request_id>r1</request_id><sub_code>isv.invalid-signature</sub_code><sub_msg>sign</sub_msg>\
             </error_response>"
        );
    }
}
