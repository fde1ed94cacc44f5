//! JSON Schema, drafts 4 to 2020-12: compiled once, then asked for each document.
//!
//! Promise: nothing is fetched: a reference to what is not among the given files keeps the schema from loading.
//! Expressions run in the linear-time engine and are checked to compile within its limit. Each problem carries the
//! place and path of the value it is about, and the schema's location that says so.

mod words;

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{PatternOptions, Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;

use super::across::Across;
use super::json_shape;
use super::pattern::{check_json, settle as settle_pattern};
use super::shape::Shape;
use crate::domain::problem::{Problem, cut};
use crate::wire::json;
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use words::wording;

/// Problems told of one document. 100: more are not read, and each costs its path.
const MOST: usize = 100;

/// Where the given files are said to be; the address leads nowhere.
const BASE: &str = "json-schema:///";

/// A compiled JSON Schema.
#[derive(Debug)]
pub struct Json {
    validator: Validator,
    shape: Shape,
    main: String,
    files: Vec<String>,
    across: Across,
}

/// The drafts that a schema may name in `$schema`.
const DRAFTS: [&str; 5] = [
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
];

fn unknown_draft(main: &str, draft: &str) -> Problem {
    let known = DRAFTS.join(", ");
    let (zh, en) = (
        format!("不认识的 $schema“{}”，应为 {known}", cut(draft)),
        format!("the $schema \"{}\" is not known; known are {known}", cut(draft)),
    );
    Problem::new("schema-draft", zh, en)
        .with_place(1, 1)
        .with_path(main)
        .with_found(draft)
        .with_expected(known)
}

struct Given(BTreeMap<String, Value>);

impl Retrieve for Given {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let uri = uri.as_str().trim_end_matches('#');
        match self.0.get(uri) {
            Some(value) => Ok(value.clone()),
            None => Err(format!("{uri} is not among the given files").into()),
        }
    }
}

impl Json {
    pub(super) fn compile(main: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut given = BTreeMap::new();
        let mut trees = Vec::new();
        for (file, bytes) in files.iter().filter(|(file, _)| *file == main || is_json(file)) {
            match json::read(bytes, &Limits::default()) {
                Ok(tree) => {
                    let value = admit(file, &tree, &mut problems);
                    let id = value.get("$id").or_else(|| value.get("id")).and_then(Value::as_str);
                    if let Some(id) = id {
                        given.insert(id.trim_end_matches('#').to_owned(), value.clone());
                    }
                    given.insert(format!("{BASE}{file}"), value);
                    trees.push((file.clone(), tree));
                }
                // A file that is not a schema at all (a sample, say) is none of this schema's business.
                Err(found) if file == main => problems.extend(found.into_iter().map(|mut problem| {
                    problem.rule = Some(format!("{file}:{}", problem.line.unwrap_or(1)));
                    problem
                })),
                Err(_) => {}
            }
        }
        let Some(schema) = given.get(&format!("{BASE}{main}")).cloned() else {
            if problems.is_empty() {
                let (zh, en) =
                    (format!("缺少模式文件“{main}”"), format!("the schema file {main} is missing"));
                problems.push(Problem::new("schema-missing", zh, en).with_found(main));
            }
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        if let Some(draft) = schema.get("$schema").and_then(Value::as_str)
            && !DRAFTS.contains(&draft.trim_end_matches('#'))
            && !given.contains_key(draft.trim_end_matches('#'))
        {
            return Err(vec![unknown_draft(main, draft)]);
        }
        let shape = json_shape::shape(main, &trees);
        let across = Across::of_json(&schema);
        let validator = jsonschema::options()
            .with_base_uri(format!("{BASE}{main}"))
            .with_retriever(Given(given))
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(&schema)
            .map_err(|error| vec![uncompiled(main, &trees, &error)])?;
        let files = trees.into_iter().map(|(file, _)| file).collect();
        Ok(Self { validator, shape, main: main.to_owned(), files, across })
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn across(&self) -> &Across {
        &self.across
    }

    pub(super) fn file(&self, index: usize) -> Option<&str> {
        self.files.get(index).map(String::as_str)
    }

    /// Judges a document.
    pub(super) fn validate(&self, tree: &Tree) -> Vec<Problem> {
        let Some(root) = tree.root() else {
            return vec![Problem::new("document-empty", "文档是空的", "the document is empty")];
        };
        let value = json::to_value(tree, root);
        if self.validator.is_valid(&value) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(&value).take(MOST) {
            self.tell(&error, tree, root, &mut problems);
        }
        problems
    }

    fn tell(&self, error: &ValidationError<'_>, tree: &Tree, root: NodeId, out: &mut Vec<Problem>) {
        let node = locate(tree, root, error.instance_path());
        let rule = format!("{}#{}", self.main, error.schema_path());
        // One problem for each name, so that each has its place.
        if let Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } =
            error.kind()
        {
            for name in unexpected {
                let member = tree.children(node).find(|child| tree.local(*child) == name).unwrap_or(node);
                let (zh, en) = (
                    format!("此处不允许成员“{name}”"),
                    format!("the member \u{201c}{name}\u{201d} is not allowed here"),
                );
                out.push(at(
                    tree,
                    member,
                    Problem::new("json-unknown", zh, en).with_found(name).with_rule(rule.as_str()),
                ));
            }
            return;
        }
        let shown = cut(&found(tree, node));
        let (code, zh, en, expected) = wording(error, &shown);
        let mut problem = Problem::new(code, zh, en).with_rule(rule);
        if code != "json-missing" {
            problem = problem.with_found(&found(tree, node));
        }
        if let Some(expected) = expected {
            problem = problem.with_expected(expected);
        }
        out.push(at(tree, node, problem));
    }
}

fn is_json(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// The schema's value with checked expressions.
fn admit(file: &str, tree: &Tree, problems: &mut Vec<Problem>) -> Value {
    let Some(root) = tree.root() else { return Value::Null };
    let mut value = json::to_value(tree, root);
    check(file, tree, root, &mut value, false, problems);
    value
}

/// Checks and rewrites the expressions below a schema node. `names`: the members are names of properties.
fn check(file: &str, tree: &Tree, node: NodeId, value: &mut Value, names: bool, problems: &mut Vec<Problem>) {
    let refuse = |node: NodeId, pattern: &str, problems: &mut Vec<Problem>| {
        if let Err((zh, en)) = check_json(&settle_pattern(pattern)) {
            let problem = Problem::new("schema-pattern", zh, en).with_found(pattern);
            let line = tree.place(node).0;
            problems.push(at(tree, node, problem).with_rule(format!("{file}:{line}")));
        }
    };
    match value {
        Value::Object(members) => {
            for child in tree.children(node) {
                let key = tree.local(child);
                let Some(inner) = members.get_mut(key) else { continue };
                if !names
                    && key == "pattern"
                    && let Value::String(pattern) = inner
                {
                    refuse(child, pattern, problems);
                    *pattern = settle_pattern(pattern);
                    continue;
                }
                if !names && key == "patternProperties" {
                    tree.children(child).for_each(|pattern| refuse(pattern, tree.local(pattern), problems));
                }
                if !names && matches!(key, "enum" | "const" | "default" | "examples" | "example") {
                    continue;
                }
                let holds_names = matches!(
                    key,
                    "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas"
                );
                check(file, tree, child, inner, holds_names && !names, problems);
            }
        }
        Value::Array(items) => {
            for (child, item) in tree.children(node).zip(items) {
                check(file, tree, child, item, false, problems);
            }
        }
        _ => {}
    }
}

/// A schema that does not compile, at its place in its file. `trees` are the files of the profile that are JSON.
fn uncompiled(main: &str, trees: &[(String, Tree)], error: &ValidationError<'_>) -> Problem {
    if let Some(missing) = no_such_file(main, trees, error) {
        return missing;
    }
    let code = if matches!(error.kind(), Kind::Referencing(_)) { "schema-missing" } else { "schema-invalid" };
    let path = error.instance_path().to_string();
    let place = trees.iter().find(|(file, _)| file == main).and_then(|(_, tree)| {
        let node = locate(tree, tree.root()?, error.instance_path());
        Some(tree.place(node))
    });
    let types = matches!(path.rsplit('/').next(), Some("type"));
    let (zh, en) = if types {
        (
            "；type 可为 string number integer boolean object array null",
            "; a type is one of string number integer boolean object array null",
        )
    } else {
        ("", "")
    };
    let problem = Problem::new(
        code,
        format!("模式不合法：{error}{zh}"),
        format!("the schema is not valid: {error}{en}"),
    )
    .with_rule(format!("{main}#{path}"))
    .with_path(main);
    match place {
        Some((line, column)) => problem.with_place(line, column),
        None => problem,
    }
}

/// A `$ref` to a file that is not among the profile's.
fn no_such_file(main: &str, trees: &[(String, Tree)], error: &ValidationError<'_>) -> Option<Problem> {
    if !matches!(error.kind(), Kind::Referencing(_)) {
        return None;
    }
    let (_, tree) = trees.iter().find(|(file, _)| file == main)?;
    let shown = error.to_string();
    let mut open = vec![tree.root()?];
    while let Some(node) = open.pop() {
        open.extend(tree.children(node));
        let target = tree.text(node);
        let file = target.split('#').next().unwrap_or_default();
        if tree.local(node) != "$ref" || file.is_empty() || !shown.contains(file) {
            continue;
        }
        let (line, column) = tree.place(node);
        let name = file.rsplit('/').next().unwrap_or(file);
        return Some(
            Problem::new(
                "schema-missing",
                format!("“$ref”: “{target}”所指的文件不在配置文件夹中：请放入 {name}，其 $id 或文件名须与此相符（不从网络读取）"),
                format!("\"$ref\": \"{target}\" leads to a file that is not in the profile's folder: put {name} there, under this name or with this $id (nothing is fetched)"),
            )
            .with_found(target)
            .with_place(line, column)
            .with_path(main)
            .with_rule(format!("{main}:{line}")),
        );
    }
    None
}

/// The node at an instance path.
fn locate(tree: &Tree, root: NodeId, path: &Location) -> NodeId {
    let mut node = root;
    for segment in path {
        let next = match segment {
            LocationSegment::Property(name) => tree.children(node).find(|child| tree.local(*child) == name),
            LocationSegment::Index(index) => tree.children(node).nth(index),
        };
        let Some(next) = next else { break };
        node = next;
    }
    node
}

fn at(tree: &Tree, node: NodeId, problem: Problem) -> Problem {
    let (line, column) = tree.place(node);
    problem.with_place(line, column).with_path(tree.path(node))
}

fn found(tree: &Tree, node: NodeId) -> String {
    match tree.kind(node) {
        NodeKind::Object => "{…}".to_owned(),
        NodeKind::Array => "[…]".to_owned(),
        NodeKind::Null => "null".to_owned(),
        _ => tree.text(node).to_owned(),
    }
}

#[cfg(test)]
mod tests;
