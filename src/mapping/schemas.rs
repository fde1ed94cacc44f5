//! The agency's schemas of a profile: loaded once, asked by every message that names them.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeTable;

use crate::domain::problem::Problem;
use crate::mapping::against::{self, Form};
use crate::mapping::compile::Map;
use crate::mapping::encode::style;
use crate::mapping::fault::{suggestion, suggestion_or_list};
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::{Format, Manifest, Order};
use crate::mapping::order::{self, Rank};
use crate::mapping::profile::Profile;
use crate::mapping::recognise::Message;
use crate::mapping::shape_file::{self, SHAPE};
use crate::mapping::toml_view::View;
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use crate::wire::schema::{Schema, Shape, TypeId};
use crate::wire::tree::{NodeId, Tree};

/// A message's schema.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) schema: Arc<Schema>,
    /// The format it speaks of.
    pub(crate) format: Format,
    /// The type of the message's top node, where the schema names its root.
    pub(crate) of: Option<TypeId>,
}

const CATALOGUE: &str = "catalog.toml";

/// Loads the schemas that the messages name, and checks the map against each.
pub(crate) fn bind(
    files: &ProfileFiles,
    manifest: &Manifest,
    map: &Map,
    messages: &mut [Message],
    faults: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) {
    let catalogue = catalogue(files, faults);
    let mut loaded: BTreeMap<String, Arc<Schema>> = BTreeMap::new();
    for message in messages {
        let Some((file, spot)) = message.entry.schema.clone() else { continue };
        let is_xsd = std::path::Path::new(&file).extension().is_some_and(|e| e.eq_ignore_ascii_case("xsd"));
        let format = if is_xsd { Format::Xml } else { Format::Json };
        if !files.0.contains_key(&file) {
            let ending = |name: &&str| name.rsplit('.').next() == file.rsplit('.').next();
            let (zh, en) = suggestion_or_list(&file, files.0.keys().map(String::as_str).filter(ending));
            faults.push(spot.fault(
                "file-missing",
                format!("配置缺少文件“{file}”{zh}"),
                format!("the profile has no file \"{file}\"{en}"),
            ));
            continue;
        }
        if !loaded.contains_key(&file) {
            let schema = match format {
                Format::Xml => Schema::xsd(&file, &files.0, &catalogue),
                _ => Schema::json(&file, &files.0),
            };
            match schema {
                Ok(schema) => {
                    loaded.insert(file.clone(), Arc::new(schema));
                }
                Err(wrong) => {
                    faults.extend(wrong);
                    return;
                }
            }
        }
        let schema = loaded[&file].clone();
        let of = root(&schema, map, message, format);
        if let Some(of) = of {
            let file = |index| schema.file(index).map(str::to_owned);
            let form = Form { shape: schema.shape(), file: &file, xml: format == Format::Xml, of };
            against::check(map, form, message.block, faults, warnings);
            if let Some((_, spot)) = &message.entry.when {
                against::asked(map, form, message.wanted(), spot, faults);
            }
        } else if format == Format::Xml {
            let root = message.root(format).unwrap_or_default();
            let (zh, en) = other_root(schema.shape(), map, root);
            faults.push(spot.fault(
                "unknown-path",
                format!("架构没有根元素“{root}”{zh}"),
                format!("the schema has no root element \"{root}\"{en}"),
            ));
        }
        message.schema = Some(Bound { schema, format, of });
    }
    let unordered = manifest.order == Order::Schema && manifest.messages.iter().all(|m| m.schema.is_none());
    if unordered {
        faults.push(crate::mapping::fault::Spot::top(crate::mapping::manifest::MANIFEST).fault(
            "order",
            "order = \"schema\"，但没有报文指定 schema",
            "order = \"schema\", but no message has a schema",
        ));
    }
}

/// Reads the shape of every XML message, where order comes from there, and checks the map against it.
pub(crate) fn shapes(
    files: &ProfileFiles,
    manifest: &Manifest,
    map: &Map,
    messages: &mut [Message],
    faults: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) {
    for message in messages {
        if manifest.order != Order::Shape {
            if let Some((_, spot)) = &message.entry.shape {
                faults.push(spot.fault(
                    "order",
                    "shape 只与 order = \"shape\" 同用",
                    "\"shape\" goes with order = \"shape\"",
                ));
            }
            continue;
        }
        if !message.entry.wire.contains(&Format::Xml) {
            continue;
        }
        let (path, spot) =
            message.entry.shape.clone().unwrap_or_else(|| (SHAPE.to_owned(), message.entry.spot.clone()));
        if !files.0.contains_key(&path) {
            let (zh, en) = suggestion(&path, files.0.keys().map(String::as_str));
            faults.push(spot.fault(
                "file-missing",
                format!("配置缺少文件“{path}”{zh}"),
                format!("the profile has no file \"{path}\"{en}"),
            ));
            continue;
        }
        let shape = match shape_file::read(files, &path) {
            Ok(shape) => shape,
            Err(wrong) => {
                faults.extend(wrong);
                continue;
            }
        };
        let name = message.root(Format::Xml).unwrap_or_default();
        let Some(of) = along(&shape, map, name) else {
            let known = shape.roots.first().map_or("", |(name, _)| name.local.as_str());
            faults.push(spot.fault(
                "unknown-path",
                format!("{path} 的根元素是“{known}”，而不是“{name}”；另写一个并以 shape = \"…\" 指明"),
                format!(
                    "the root of {path} is \"{known}\", not \"{name}\"; write a file of its own and name it by shape = \"…\""
                ),
            ));
            continue;
        };
        let file = |_| Some(path.clone());
        let form = Form { shape: &shape, file: &file, xml: true, of };
        against::check(map, form, message.block, faults, warnings);
        if let Some((_, spot)) = &message.entry.when {
            against::asked(map, form, message.wanted(), spot, faults);
        }
        message.shape = Some((shape, of));
    }
}

/// What the root may have been meant to be: the same name in another namespace, else the schema's own.
fn other_root(shape: &Shape, map: &Map, root: &str) -> (String, String) {
    let first = root.split('/').next().unwrap_or_default();
    let (namespace, local) = map.names.expand(first, false);
    let twin = shape.roots.iter().find(|(name, _)| name.local == local && name.namespace != namespace);
    if let Some((name, _)) = twin {
        let theirs = &name.namespace;
        return (
            format!("：[ns] 给出的名称空间为“{namespace}”，而架构为“{theirs}”"),
            format!(": [ns] gives it the name space \"{namespace}\", the schema has \"{theirs}\""),
        );
    }
    suggestion_or_list(&local, shape.roots.iter().map(|(name, _)| name.local.as_str()))
}

/// The type that a root `a/b` leads to in XML.
fn along(shape: &Shape, map: &Map, path: &str) -> Option<TypeId> {
    let mut names = path.split('/').map(|name| map.names.expand(name, false));
    let (namespace, local) = names.next()?;
    let root = shape.root(&namespace, &local)?;
    names.try_fold(root, |of, (namespace, local)| shape.child(of, &namespace, &local).map(|child| child.of))
}

fn root(schema: &Schema, map: &Map, message: &Message, format: Format) -> Option<TypeId> {
    let shape = schema.shape();
    let name = message.root(format);
    if format == Format::Xml {
        return along(shape, map, name?);
    }
    let (_, of) = shape.roots.first()?;
    // A list is its items.
    let mut names = name.into_iter().flat_map(|name| name.split('/')).filter(|name| *name != "[]");
    let below = |of, name| shape.child(of, "", name).map(|child| shape.items(child.of));
    names.try_fold(shape.items(*of), below)
}

/// `catalog.toml`: `"URL" = "file"`.
fn catalogue(files: &ProfileFiles, faults: &mut Vec<Problem>) -> BTreeMap<String, String> {
    if !files.0.contains_key(CATALOGUE) {
        return BTreeMap::new();
    }
    let text = match files.text(CATALOGUE) {
        Ok(text) => text,
        Err(fault) => {
            faults.push(fault);
            return BTreeMap::new();
        }
    };
    let view = View { file: CATALOGUE, text };
    let table: DeTable<'_> = match view.parse() {
        Ok(table) => table,
        Err(wrong) => {
            faults.extend(wrong);
            return BTreeMap::new();
        }
    };
    let mut found = BTreeMap::new();
    for (url, file) in &table {
        match file.get_ref().as_str() {
            Some(file) => {
                found.insert(url.get_ref().to_string(), file.to_owned());
            }
            None => faults.push(view.wrong_type(file, url.get_ref(), "文件名", "a file name")),
        }
    }
    found
}

impl Profile {
    /// What the schema says of a document as it came.
    pub(crate) fn validate(message: &Message, tree: &Tree, format: Format) -> Vec<Problem> {
        match &message.schema {
            Some(bound) if bound.format == format => bound.schema.validate(tree.source().as_bytes(), tree),
            _ => Vec::new(),
        }
    }

    /// What the schema says of a document before it leaves: judged as its receiver will see it, but in UTF-8.
    pub(crate) fn validate_written(&self, message: &Message, tree: &Tree, format: Format) -> Vec<Problem> {
        let Some(bound) = message.schema.as_ref().filter(|bound| bound.format == format) else {
            return Vec::new();
        };
        if format == Format::Json {
            return bound.schema.validate(&[], tree);
        }
        if bound.schema.surely_holds(tree) {
            return Vec::new();
        }
        let style = style(&self.manifest, Encoding::Utf8);
        let bytes = match crate::wire::xml::write(tree, &style) {
            Ok(bytes) => bytes,
            Err(problem) => return vec![problem],
        };
        // What we write is not a stranger's: only its size in memory bounds it.
        let limits = Limits { bytes: usize::MAX, nodes: usize::MAX, ..Limits::default() };
        match crate::wire::xml::read(&bytes, None, &limits) {
            Ok((tree, _)) => bound.schema.validate(tree.source().as_bytes(), &tree),
            Err(problems) => problems,
        }
    }

    /// Puts a document into the schema's order, where that is where order comes from.
    pub(crate) fn arrange(&self, message: &Message, tree: &mut Tree, top: NodeId, format: Format) {
        if let Some(Rank { shape, top, of }) = self.rank(message, top, format) {
            order::arrange(tree, shape, top, of);
        }
    }

    /// The order of what stands below `top`, where it comes from a schema or a shape.
    pub(crate) fn rank<'m>(&self, message: &'m Message, top: NodeId, format: Format) -> Option<Rank<'m>> {
        match (self.manifest.order, &message.schema, &message.shape) {
            _ if format != Format::Xml => None,
            (Order::Schema, Some(Bound { schema, of: Some(of), .. }), _) => {
                Some(Rank { shape: schema.shape(), top, of: *of })
            }
            (Order::Shape, _, Some((shape, of))) => Some(Rank { shape, top, of: *of }),
            _ => None,
        }
    }
}
