//! A schema, and what the samples show beside it → fields.
//!
//! Where a sample goes, the fields go as deep; elsewhere [`DEPTH`] levels, never into a type that stands around itself.

use crate::domain::problem::Problem;
use crate::mapping::draft::Source;
use crate::mapping::draft::hints::Hints;
use crate::mapping::draft::outline::Field;
use crate::mapping::draft::sample::merge;
use crate::mapping::manifest::Format;
use crate::wire::limits::Limits;
use crate::wire::schema::{Child, Schema, TypeId};
use crate::wire::{json, xml};

/// How far the fields go below the message where no sample shows them. 5: message, record, part, part of it, leaf.
const DEPTH: usize = 5;

/// Fields in all that no sample shows: 1,500, twice what the largest real schema needs; schemas whose types refer to
/// one another in every way would have millions.
const MOST: usize = 1_500;

/// The fields of the documents of a schema.
pub(super) fn read(
    source: &Source,
    main: &str,
    format: Format,
    seen: Option<&Field>,
) -> Result<Field, Vec<Problem>> {
    let xml = format == Format::Xml;
    let schema = if xml {
        Schema::xsd(main, &source.schemas, &source.catalogue)
    } else {
        Schema::json(main, &source.schemas)
    };
    let schema = schema.map_err(|mut problems| {
        let mut told = std::collections::BTreeSet::new();
        problems.retain(|problem| told.insert(problem.en.clone()));
        problems.push(Problem::new(
            "draft-schema",
            "架构不能用：修正之，或不用 --schema 而只由样例起草",
            "the schema cannot be used: mend it, or draft from samples alone, without --schema",
        ));
        problems
    })?;
    let limits = Limits { bytes: usize::MAX, nodes: usize::MAX, ..Limits::default() };
    let trees = source.schemas.iter().filter_map(|(name, bytes)| {
        let tree = if xml {
            xml::read(bytes, None, &limits).map(|(tree, _)| tree)
        } else {
            json::read(bytes, &limits)
        };
        tree.ok().map(|tree| (name.clone(), tree))
    });
    let mut reader = Reader { schema: &schema, hints: Hints::new(trees.collect(), xml), xml, budget: MOST };
    let shape = schema.shape();
    let mut top = Field { required: true, seen: seen.is_some(), ..Field::default() };
    let of = if xml {
        let (name, of) = root(source, &schema, seen)?;
        (top.namespace, top.name) = name;
        of
    } else {
        let (_, root) = shape.roots.first().ok_or_else(Vec::new)?;
        let found = source.root.as_deref().and_then(|name| shape.child(*root, "", name));
        found.map_or(*root, |child| child.of)
    };
    let item = shape.of(of).children.iter().find(|child| child.name.is_empty());
    let of = match item {
        Some(item) if shape.of(of).array => {
            top.repeats = true;
            item.of
        }
        _ => of,
    };
    reader.fill(&mut top, of, seen, 0, &mut Vec::new());
    Ok(top)
}

/// The root element of the message: as it is named, as the sample has it, or the only one that is in no other.
fn root(
    source: &Source,
    schema: &Schema,
    seen: Option<&Field>,
) -> Result<((String, String), TypeId), Vec<Problem>> {
    let shape = schema.shape();
    let local = |name: &str| name.rsplit(':').next().unwrap_or(name).to_owned();
    let wanted = source.root.as_deref().map(local).or_else(|| seen.map(|seen| seen.name.clone()));
    let all: Vec<&str> = shape.roots.iter().map(|(name, _)| name.local.as_str()).collect();
    let nested = |name: &str| shape.types.iter().any(|of| of.children.iter().any(|child| child.name == name));
    let found = if let Some(wanted) = &wanted {
        shape.roots.iter().find(|(name, _)| name.local == *wanted)
    } else {
        let mut outer = shape.roots.iter().filter(|(name, _)| shape.roots.len() == 1 || !nested(&name.local));
        outer.next().filter(|_| outer.next().is_none())
    };
    found.map(|(name, of)| ((name.namespace.clone(), name.local.clone()), *of)).ok_or_else(|| {
        let list = all.join(", ");
        let wanted = wanted.unwrap_or_default();
        vec![Problem::new(
            "draft-root",
            format!("架构的根元素中没有“{wanted}”或不止一个：以 --root 指定 {list} 之一"),
            format!("which root element (\"{wanted}\" is none, or there are several)? say --root and one of {list}"),
        )]
    })
}

struct Reader<'a> {
    schema: &'a Schema,
    hints: Hints,
    xml: bool,
    budget: usize,
}

impl Reader<'_> {
    fn fill(
        &mut self,
        into: &mut Field,
        of: TypeId,
        seen: Option<&Field>,
        depth: usize,
        stack: &mut Vec<TypeId>,
    ) {
        let shape = self.schema.shape();
        let kind = shape.of(of);
        into.leaf = kind.leaf && (self.xml || kind.children.is_empty()) && !kind.array;
        into.opaque |= kind.array && kind.children.iter().any(|child| child.name.is_empty());
        let labels = std::mem::take(&mut into.codes);
        into.codes = kind
            .enumeration
            .iter()
            .filter(|code| !code.is_empty())
            .map(|code| {
                let label = labels.iter().find(|(known, _)| known == code).map(|(_, label)| label.clone());
                (code.clone(), label.unwrap_or_default())
            })
            .collect();
        if let Some(seen) = seen {
            into.seen = true;
            into.values.clone_from(&seen.values);
            into.blanks = seen.blanks;
            // To the schema it is a text; what stands in the text only the sample shows.
            into.inner = seen.inner;
            into.leaf &= !seen.inner;
        }
        stack.push(of);
        for (child, attribute) in
            kind.attributes.iter().map(|c| (c, true)).chain(kind.children.iter().map(|c| (c, false)))
        {
            if child.name.is_empty() {
                continue;
            }
            let shown = seen.and_then(|seen| {
                seen.child(if self.xml { &child.namespace } else { "" }, &child.name, attribute)
            });
            let round = stack.contains(&child.of);
            let far = round || self.budget == 0 || depth >= DEPTH;
            if shown.is_none() && !child.required && far {
                continue;
            }
            self.budget = self.budget.saturating_sub(usize::from(shown.is_none()));
            let mut made = self.named(child, attribute);
            if round && shown.is_none() {
                made.opaque = true;
            } else {
                self.fill(&mut made, child.of, shown, depth + 1, stack);
            }
            into.children.push(made);
        }
        stack.pop();
        // What a sample shows where the schema leaves it open.
        for extra in seen.iter().flat_map(|seen| &seen.children) {
            if into.child(&extra.namespace, &extra.name, extra.attribute).is_none() {
                let mut extra = extra.clone();
                extra.required = false;
                into.children.push(extra);
            }
        }
        if let Some(seen) = seen
            && !into.is_group()
            && into.children.is_empty()
            && kind.open
        {
            merge(into, seen);
        }
        if into.children.is_empty() && kind.open && seen.is_none_or(|seen| seen.opaque) && !kind.leaf {
            into.opaque = true;
        }
    }

    fn named(&self, child: &Child, attribute: bool) -> Field {
        let mut made = Field {
            namespace: if self.xml { child.namespace.clone() } else { String::new() },
            name: child.name.clone(),
            attribute,
            required: child.required,
            repeats: child.repeats,
            ..Field::default()
        };
        let file = self.schema.file(child.file).unwrap_or_default();
        self.hints.tell(file, child.line, &mut made);
        made
    }
}
