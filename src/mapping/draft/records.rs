//! Where the records of a message are: the element that holds what the message is about, with an envelope around it.

use crate::domain::problem::Problem;
use crate::mapping::draft::lexicon::meanings;
use crate::mapping::draft::outline::{Field, Outline, written};

/// Leaves that may stand around the records besides those that are known as an envelope's. 5: a number, a version, a
/// time, a count, a language.
const FEW: usize = 5;

/// Names of what stands around records.
const ENVELOPE: &[&str] = &[
    "header",
    "head",
    "envelope",
    "meta",
    "page",
    "pagination",
    "security",
    "sign",
    "signature",
    "control",
    "transfer",
    "basetransfer",
    "limit",
    "offset",
    "skip",
    "version",
    "count",
    "sender",
    "receiver",
    "message",
    "guid",
    "xmlns",
    "code",
    "msg",
    "success",
    "errmsg",
    "errcode",
    "schema",
    "result_code",
    "disclaimer",
    "terms",
];

/// Leads to the records.
#[derive(Debug)]
pub(super) struct Records<'a> {
    /// From below the top to the record's own field; empty: the top itself.
    pub(super) way: Vec<&'a Field>,
    /// The record's field.
    pub(super) field: &'a Field,
}

/// The records of an outline, by the path that is given, or as they look.
pub(super) fn find<'a>(outline: &'a Outline, path: Option<&str>) -> Result<Records<'a>, Vec<Problem>> {
    let mut way = Vec::new();
    let mut here = &outline.top;
    if let Some(path) = path.filter(|path| *path != ".") {
        for name in path.split('/') {
            let local = name.rsplit(':').next().unwrap_or(name).trim_end_matches("!json");
            let found = here.children.iter().find(|child| !child.attribute && child.name == local);
            let Some(found) = found else {
                let known =
                    here.children.iter().filter(|child| child.is_group()).map(|child| child.name.as_str());
                let known = known.collect::<Vec<_>>().join(", ");
                let place = if here.name.is_empty() { "." } else { &here.name };
                return Err(vec![Problem::new(
                    "draft-records",
                    format!("--records {path}：“{place}”下没有“{name}”；有 {known}"),
                    format!("--records {path}: there is no \"{name}\" in \"{place}\"; there are {known}"),
                )]);
            };
            way.push(found);
            here = found;
        }
        return Ok(Records { way, field: here });
    }
    if path.is_some() || here.repeats {
        return Ok(Records { way, field: here });
    }
    if let Some(found) = long_list(here) {
        return Ok(found);
    }
    loop {
        let groups = here.children.iter().filter(|child| child.is_group() && !child.opaque);
        let best = groups.min_by_key(|child| left(here, child));
        let Some(best) = best else { break };
        let few = FEW.max((best.leaves() * 15 / 100).min(8));
        if left(here, best) > few
            || best.leaves() < 3
            || envelope(best)
            || (numbered(here) && !numbered(best))
        {
            break;
        }
        way.push(best);
        here = best;
        if best.repeats {
            break;
        }
    }
    Ok(Records { way, field: here })
}

/// The one list of a document in which more stands than in all around it together, below a top that has no number of
/// its own: what a search answers with, `{"took": 3, "hits": {"total": 2, "hits": [{…}]}}`.
fn long_list(top: &Field) -> Option<Records<'_>> {
    let mut lists: Vec<Vec<&Field>> = Vec::new();
    let mut open: Vec<Vec<&Field>> = vec![Vec::new()];
    while let Some(way) = open.pop() {
        let here = way.last().copied().unwrap_or(top);
        if numbered(here) {
            return None;
        }
        for child in here.children.iter().filter(|child| child.is_group() && !child.opaque) {
            let further: Vec<&Field> = way.iter().copied().chain([child]).collect();
            if child.repeats {
                lists.push(further);
            } else if further.len() < 3 {
                open.push(further);
            }
        }
    }
    let [way] = lists.as_slice() else { return None };
    let field = *way.last()?;
    let deep = field.children.iter().any(numbered) || numbered(field);
    let most = field.leaves() >= 3 && field.leaves() * 2 > top.leaves();
    (deep && most && !envelope(field)).then(|| Records { way: way.clone(), field })
}

/// What to say of records that are taken to stand once, where something numbered repeats within them.
pub(super) fn doubt(outline: &Outline, found: &Records<'_>) -> Option<String> {
    if found.field.repeats {
        return None;
    }
    let mut way: Vec<&Field> = found.way.clone();
    let inner = repeated(found.field, &mut way)?;
    let path = |way: &[&Field]| {
        let names: Vec<String> = way.iter().map(|field| written(&outline.prefixes, field)).collect();
        if names.is_empty() { ".".to_owned() } else { names.join("/") }
    };
    way.push(inner);
    Some(format!(
        "the message is taken for one record ({}); if each \"{}\" is one, draft again with --records {}",
        path(&found.way),
        inner.name,
        path(&way)
    ))
}

/// The largest part that repeats and is numbered, below single parts; `way` becomes what leads there.
fn repeated<'a>(field: &'a Field, way: &mut Vec<&'a Field>) -> Option<&'a Field> {
    fn walk<'a>(field: &'a Field, way: &[&'a Field], best: &mut Option<(Vec<&'a Field>, &'a Field)>) {
        for child in field.children.iter().filter(|child| child.is_group() && !child.opaque) {
            if !child.repeats {
                let way: Vec<&Field> = way.iter().copied().chain([child]).collect();
                walk(child, &way, best);
            } else if child.leaves() >= 3
                && best.as_ref().is_none_or(|(_, known)| known.leaves() < child.leaves())
            {
                *best = Some((way.to_vec(), child));
            }
        }
    }
    let mut best = None;
    walk(field, way, &mut best);
    let (found, inner) = best?;
    *way = found;
    Some(inner)
}

/// Leaves that would be left around the records.
fn left(around: &Field, records: &Field) -> usize {
    let others = around.children.iter().filter(|child| !std::ptr::eq(*child, records) && !child.attribute);
    others.filter(|child| !envelope(child)).map(Field::leaves).sum()
}

/// Whether it has a number of its own: what is numbered is the record, rather than a part of it.
fn numbered(field: &Field) -> bool {
    let own = |child: &&Field| child.leaf && !child.attribute && !envelope(child);
    field.children.iter().filter(own).any(|child| meanings(&child.name).contains("number"))
}

fn envelope(field: &Field) -> bool {
    let lower = field.name.to_lowercase();
    ENVELOPE.contains(&lower.as_str())
        || meanings(&field.name).iter().all(|word| ENVELOPE.contains(&word.as_str()))
}
