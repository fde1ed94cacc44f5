//! What is said of a name that the agency's schema does not know.

use crate::mapping::against::Against;
use crate::mapping::compile::Row;
use crate::mapping::fault::{Spot, near, suggestion};
use crate::mapping::path::wire::NameId;
use crate::wire::schema::{Child, TypeId, namespaces};

impl Against<'_, '_> {
    /// A path that no document can have.
    pub(super) fn unknown(&mut self, spot: &Spot, of: TypeId, name: NameId, attribute: bool) {
        let kind = self.shape.of(of);
        let (_, local) = self.map.names.expanded(name);
        let known = if attribute { &kind.attributes } else { &kind.children };
        let (namespace, _) = self.map.names.expanded(name);
        let twin = known.iter().find(|child| child.name == local && child.namespace != namespace);
        let (zh, en) = match twin.filter(|_| self.xml) {
            Some(twin) => self.prefixed(name, twin, attribute),
            None => suggestion(local, known.iter().map(|child| child.name.as_str())),
        };
        let place = known.first().map_or_else(String::new, |child| format!(" ({})", self.place(child)));
        let of = kind.name.as_deref().unwrap_or("—");
        self.faults.push(spot.fault(
            "unknown-path",
            format!("“{local}”：类型 {of} 没有此项{place}{zh}"),
            format!("\"{local}\": {of} has no such name{place}{en}"),
        ));
    }

    /// The name is right and its name space is another: both, and how the map writes the right one.
    fn prefixed(&self, name: NameId, twin: &Child, attribute: bool) -> (String, String) {
        let (found, _) = self.map.names.expanded(name);
        let (zh, en) = namespaces(found, &twin.namespace);
        let (written, expected) = (self.written(twin, attribute), &twin.namespace);
        let names = &self.map.names;
        let said = if expected.is_empty() {
            attribute || names.expand("a", false).0.is_empty()
        } else {
            let bound =
                |(prefix, uri): &(String, String)| uri == expected && !(attribute && prefix.is_empty());
            names.prefixes().iter().any(bound)
        };
        let (more_zh, more_en) = if said {
            (format!("；应写作“{written}”"), format!("; write it \"{written}\""))
        } else if expected.is_empty() {
            (
                "；请在 [ns] 中以前缀取代 \"\"，不带前缀的名称即无名称空间".to_owned(),
                "; give the name space of \"\" in [ns] a prefix, and a bare name has none".to_owned(),
            )
        } else {
            ("；请在 [ns] 中为它定一前缀".to_owned(), "; give it a prefix in [ns]".to_owned())
        };
        (zh + &more_zh, en + &more_en)
    }

    /// A JSON Schema lets members through that it does not name: a slip of the pen looks just like one of those.
    pub(super) fn undeclared(&mut self, row: &Row, of: TypeId, name: NameId) {
        let kind = self.shape.of(of);
        let Some(first) = kind.children.first() else { return };
        let (_, local) = self.map.names.expanded(name);
        let names = || kind.children.iter().map(|child| child.name.as_str());
        let (mut zh, mut en) = near(local, names());
        if en.is_empty() && local.contains('.') {
            let path = local.replace('.', "/");
            zh = format!("；路径以 / 相连，是否应为“{path}”？");
            en = format!("; a path is joined by /: did you mean \"{path}\"?");
        }
        if en.is_empty() {
            (zh, en) = suggestion(local, names());
        }
        let place = self.place(first);
        self.warnings.push(row.spots.wire.fault(
            "undeclared-path",
            format!("“{}”：架构没有声明“{local}”（{place}），但允许{zh}", row.wire.text),
            format!(
                "\"{}\": the schema declares no \"{local}\" ({place}), though it lets it through{en}",
                row.wire.text
            ),
        ));
    }
}
