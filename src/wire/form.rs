//! `application/x-www-form-urlencoded` → tree.
//!
//! Promise: strict where the WHATWG URL Standard (section 5.1) is forgiving: an escape that is none, bytes that are
//! not UTF-8 and a name given twice are refused with their place. `a[b]=v` nests as the member `b` of `a`; `a[]=v`
//! adds an item to the list `a`.

use std::collections::HashMap;

use crate::domain::problem::Problem;
use crate::wire::limits::{Limits, exceeded};
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree, line_column};

/// Reads a form body.
///
/// # Errors
///
/// The first fault found.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Tree, Vec<Problem>> {
    let read = || {
        limits.admit(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let prefix = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            at(prefix, prefix.len(), not_utf8(&format!("{:02X}", bytes[error.valid_up_to()])))
        })?;
        fields(text, limits).map(|tree| tree.with_source(text.to_owned()))
    };
    read().map_err(|problem| vec![problem])
}

fn fields(text: &str, limits: &Limits) -> Result<Tree, Problem> {
    let mut tree = Tree::new();
    let name = tree.intern("", "");
    let root = tree.add(None, NodeKind::Object, name, "", 0);
    let mut members = HashMap::new();
    let mut offset = 0;
    for field in text.split('&') {
        let here = offset;
        offset += field.len() + 1;
        if field.is_empty() {
            continue;
        }
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let value_at = (here + name.len() + 1).min(text.len());
        let name = unescape(name).map_err(|problem| at(text, here, problem))?;
        let value = unescape(value).map_err(|problem| at(text, value_at, problem.with_path(cut(&name))))?;
        if value.len() > limits.text {
            let problem = exceeded("text", "文本字节数", "a text's size in bytes", limits.text);
            return Err(at(text, value_at, problem.with_path(cut(&name))));
        }
        put(&mut tree, &mut members, root, &name, &value, here, limits)
            .map_err(|problem| at(text, here, problem.with_path(cut(&name)).with_found(&name)))?;
    }
    Ok(tree)
}

fn cut(name: &str) -> String {
    crate::domain::problem::cut(name)
}

/// Adds `a[b][c]=value` below `root`.
fn put(
    tree: &mut Tree,
    members: &mut HashMap<(NodeId, Sym), NodeId>,
    root: NodeId,
    name: &str,
    value: &str,
    here: usize,
    limits: &Limits,
) -> Result<(), Problem> {
    let steps = steps(name).ok_or_else(|| {
        Problem::new(
            "form-name",
            format!("字段名“{}”的方括号不成对或为空", cut(name)),
            format!("the brackets of the name \u{201c}{}\u{201d} do not match or are empty", cut(name)),
        )
        .with_expected("a, a[b], a[b][c], a[]")
    })?;
    if steps.len() >= limits.depth {
        return Err(exceeded("depth", "嵌套层数", "the nesting depth", limits.depth));
    }
    let mut parent = root;
    let (steps, item) = match steps.split_last() {
        Some((&"", above)) => (above, true),
        _ => (&steps[..], false),
    };
    for (index, step) in steps.iter().enumerate() {
        if step.len() > limits.name {
            return Err(exceeded("name", "名称字节数", "a name's size in bytes", limits.name));
        }
        if tree.len() >= limits.nodes {
            return Err(exceeded("nodes", "值的个数", "the number of values", limits.nodes));
        }
        let sym = tree.intern("", step);
        let last = index + 1 == steps.len();
        parent = match members.get(&(parent, sym)) {
            Some(there) if !last && tree.kind(*there) == NodeKind::Object => *there,
            Some(there) if last && item && tree.kind(*there) == NodeKind::Array => *there,
            Some(_) => {
                return Err(Problem::new(
                    "form-duplicate",
                    format!("字段“{}”出现两次", cut(name)),
                    format!("the field \u{201c}{}\u{201d} stands twice", cut(name)),
                ));
            }
            None => {
                let (kind, text) = match (last, item) {
                    (true, false) => (NodeKind::String, value),
                    (true, true) => (NodeKind::Array, ""),
                    (false, _) => (NodeKind::Object, ""),
                };
                let node = tree.add(Some(parent), kind, sym, text, here);
                members.insert((parent, sym), node);
                node
            }
        };
    }
    if item {
        if tree.len() >= limits.nodes {
            return Err(exceeded("nodes", "值的个数", "the number of values", limits.nodes));
        }
        let name = tree.name(parent);
        tree.add(Some(parent), NodeKind::String, name, value, here);
    }
    Ok(())
}

/// `a[b][c]` → a, b, c; `None` if the brackets are not so.
fn steps(name: &str) -> Option<Vec<&str>> {
    let Some(open) = name.find('[') else { return (!name.contains(']')).then(|| vec![name]) };
    let mut steps = vec![&name[..open]];
    let mut rest = &name[open..];
    while !rest.is_empty() {
        let end = rest.find(']')?;
        let step = rest.strip_prefix('[')?.get(..end - 1)?;
        if step.contains('[') {
            return None;
        }
        steps.push(step);
        rest = &rest[end + 1..];
    }
    // Only the last brackets may be empty: they say that it is one of several.
    let (_, above) = steps.split_last()?;
    (!above.iter().any(|step| step.is_empty()) && (steps.len() > 1 || !steps[0].is_empty())).then_some(steps)
}

fn unescape(text: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let raw = text.as_bytes();
    let mut index = 0;
    while let Some(byte) = raw.get(index) {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |at: usize| raw.get(at).and_then(|d| char::from(*d).to_digit(16));
                let (Some(high), Some(low)) = (digit(index + 1), digit(index + 2)) else {
                    let found: String = text[index..].chars().take(3).collect();
                    let problem = Problem::new(
                        "form-escape",
                        "百分号之后应为两位十六进制数",
                        "two hexadecimal digits must follow a per cent sign",
                    );
                    return Err(problem.with_found(&found).with_expected("%XX"));
                };
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                index += 2;
            }
            byte => bytes.push(*byte),
        }
        index += 1;
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        not_utf8(&format!("%{:02X}", error.as_bytes()[at]))
    })?;
    if text.contains('\0') {
        return Err(Problem::new(
            "form-nul",
            "字段中含有空字符 U+0000",
            "a field holds the null character U+0000",
        ));
    }
    Ok(text)
}

fn not_utf8(found: &str) -> Problem {
    Problem::new(
        "encoding-malformed",
        format!("表单内容不是合法的 UTF-8:{found}"),
        format!("the form is not UTF-8: {found}"),
    )
    .with_found(found)
    .with_expected("UTF-8")
}

fn at(text: &str, offset: usize, problem: Problem) -> Problem {
    let (line, column) = line_column(text, offset);
    problem.with_place(line, column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::to_value;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn fields_nest_and_unescape() {
        let tree =
            read("a=1&b%5Bc%5D=%E6%8A%95+%2B&b[d][e]=x=y&&空=".as_bytes(), &Limits::default()).unwrap();
        let value = to_value(&tree, tree.root().unwrap());
        assert_eq!(value, json!({"a": "1", "b": {"c": "投 +", "d": {"e": "x=y"}}, "空": ""}));
    }

    #[test]
    fn empty_brackets_make_a_list() {
        let tree = read(b"a[b][]=1&c=2&a[b][]=3&d[]=", &Limits::default()).unwrap();
        let value = to_value(&tree, tree.root().unwrap());
        assert_eq!(value, json!({"a": {"b": ["1", "3"]}, "c": "2", "d": [""]}));
    }

    #[test]
    fn ambiguous_forms_are_refused_with_their_place() {
        for (text, code, column) in [
            ("a=1&a=2", "form-duplicate", 5),
            ("a=1&a[b]=2", "form-duplicate", 5),
            ("a[b]=1&a=2", "form-duplicate", 8),
            ("a[][b]=1", "form-name", 1),
            ("[]=1", "form-name", 1),
            ("a[]=1&a=2", "form-duplicate", 7),
            ("a=1&a[]=2", "form-duplicate", 5),
            ("a[]=1&a[b]=2", "form-duplicate", 7),
            ("a[b=1", "form-name", 1),
            ("a]=1", "form-name", 1),
            ("x=1&a[b]c=1", "form-name", 5),
            ("a=%4", "form-escape", 3),
            ("a=%ZZ", "form-escape", 3),
            ("a=1&b=%FF", "encoding-malformed", 7),
            ("a=%00", "form-nul", 3),
        ] {
            let problems = read(text.as_bytes(), &Limits::default()).expect_err(text);
            assert_eq!((problems[0].code.as_ref(), problems[0].column), (code, Some(column)), "{text}");
        }
        let deep = format!("a{}=1", "[b]".repeat(100));
        assert_eq!(
            read(deep.as_bytes(), &Limits::default()).unwrap_err()[0].rule.as_deref(),
            Some("limit:depth")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in "[a-c=&%+\\[\\]0-9\\PC]{0,60}") {
            let _ = read(bytes.as_bytes(), &Limits::default());
        }

        #[test]
        fn escaped_fields_come_back(name in "[^\\[\\]\\x00]{1,8}", value in "[^\\x00]{0,12}") {
            let body: String = form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let tree = read(body.as_bytes(), &Limits::default()).unwrap();
            prop_assert_eq!(to_value(&tree, tree.root().unwrap()), json!({name: value}));
        }
    }
}
