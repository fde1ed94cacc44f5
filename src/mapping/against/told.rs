//! What is said of a name that the agency's schema does not know.

use crate::mapping::against::Against;
use crate::mapping::compile::Row;
use crate::mapping::fault::{Spot, suggestion};
use crate::mapping::path::wire::NameId;
use crate::wire::schema::TypeId;

impl Against<'_, '_> {
    /// A path that no document can have.
    pub(super) fn unknown(&mut self, spot: &Spot, of: TypeId, name: NameId, attribute: bool) {
        let kind = self.shape.of(of);
        let (_, local) = self.map.names.expanded(name);
        let known = if attribute { &kind.attributes } else { &kind.children };
        let (zh, en) = suggestion(local, known.iter().map(|child| child.name.as_str()));
        let place = known.first().map_or_else(String::new, |child| format!(" ({})", self.place(child)));
        let of = kind.name.as_deref().unwrap_or("—");
        self.faults.push(spot.fault(
            "unknown-path",
            format!("“{local}”：类型 {of} 没有此项{place}{zh}"),
            format!("\"{local}\": {of} has no such name{place}{en}"),
        ));
    }

    /// A JSON Schema lets members through that it does not name: a slip of the pen looks just like one of those.
    pub(super) fn undeclared(&mut self, row: &Row, of: TypeId, name: NameId) {
        let kind = self.shape.of(of);
        let Some(first) = kind.children.first() else { return };
        let (_, local) = self.map.names.expanded(name);
        let names = || kind.children.iter().map(|child| child.name.as_str());
        let (mut zh, mut en) = suggestion(local, names());
        if en.is_empty() && local.contains('.') {
            let path = local.replace('.', "/");
            zh = format!("；路径以 / 相连，是否应为“{path}”？");
            en = format!("; a path is joined by /: did you mean \"{path}\"?");
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
