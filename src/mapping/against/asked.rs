//! What a message's `when` asks, against the agency's schema.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::against::{Against, Form};
use crate::mapping::compile::Map;
use crate::mapping::fault::Spot;
use crate::mapping::path::wire::{Axis, WirePath};

/// Checks the places that a message's `when` wants something of: what the schema does not know is in none of its
/// documents, so that none would be this message.
pub(crate) fn asked<'p>(
    map: &Map,
    form: Form<'_>,
    paths: impl Iterator<Item = &'p WirePath>,
    spot: &Spot,
    faults: &mut Vec<Problem>,
) {
    let Form { shape, file, xml, of: top } = form;
    let mut ignored = Vec::new();
    let mut against = Against { map, shape, file, xml, seen: HashSet::new(), faults, warnings: &mut ignored };
    for path in paths {
        let mut of = top;
        for segment in path.segments.iter().filter(|segment| xml || !segment.xml_only) {
            let (name, attribute) = match segment.axis {
                Axis::Child(name) => (name, false),
                Axis::Attribute(name) => (name, true),
                Axis::Any => break,
            };
            let Some(child) = against.child(of, name, attribute) else {
                if !shape.of(of).admits(map.names.expanded(name).0) {
                    against.unknown(spot, of, name, attribute);
                }
                break;
            };
            if segment.inner.is_some() {
                break;
            }
            of = against.typed(segment).unwrap_or_else(|| shape.items(child.of));
        }
    }
}
