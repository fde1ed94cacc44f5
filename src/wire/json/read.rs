//! JSON text → tree, over jiter's tokenizer.
//!
//! Promise: one pass, bounded by [`Limits`]; the first fault is told with its place and path. Stricter than
//! RFC 8259 asks, where it lets readers differ (sections 4, 6, 8, 9): duplicate names, lone surrogates, numbers no
//! double can hold and U+0000 (which neither XML nor a database column can carry) are refused. A byte order mark is
//! dropped. Numbers are kept as written.

use std::collections::HashMap;
use std::sync::Arc;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use crate::domain::problem::Problem;
use crate::wire::encoding::{self, Encoding};
use crate::wire::limits::{Limits, exceeded};
use crate::wire::origin::Origins;
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree, Vocabulary};

/// Characters of a number literal. 64: a 27-digit registration number with sign, fraction and exponent fits twice.
const NUMBER: usize = 64;

/// Reads a JSON document.
///
/// # Errors
///
/// The first fault found.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Tree, Vec<Problem>> {
    read_knowing(bytes, limits, &Arc::default())
}

/// Reads a JSON document into a tree that knows these names.
///
/// # Errors
///
/// The first fault found.
pub fn read_knowing(
    bytes: &[u8],
    limits: &Limits,
    vocabulary: &Arc<Vocabulary>,
) -> Result<Tree, Vec<Problem>> {
    limits.admit(bytes).map_err(|problem| vec![problem])?;
    let text = encoding::decode(bytes, Encoding::Utf8).map_err(|problem| vec![problem])?;
    read_text(text, Origins::default(), limits, vocabulary)
}

/// Reads a decoded document; `origins` tells where its pieces came from.
///
/// # Errors
///
/// The first fault found.
pub fn read_text(
    text: String,
    origins: Origins,
    limits: &Limits,
    vocabulary: &Arc<Vocabulary>,
) -> Result<Tree, Vec<Problem>> {
    let mut reader = Reader {
        text: &text,
        origins: &origins,
        jiter: Jiter::new(text.as_bytes()),
        tree: Tree::knowing(vocabulary),
        seen: HashMap::new(),
        limits,
    };
    match reader.document() {
        Ok(()) => {
            let tree = reader.tree;
            Ok(tree.with_source(text).with_origins(origins))
        }
        Err(problem) => Err(vec![*problem]),
    }
}

/// Boxed: the fault is the rare way out of functions that run for every value.
type Outcome<T> = Result<T, Box<Problem>>;

struct Reader<'t> {
    text: &'t str,
    origins: &'t Origins,
    jiter: Jiter<'t>,
    tree: Tree,
    /// Where an object's member of a name stood first.
    seen: HashMap<(NodeId, Sym), usize>,
    limits: &'t Limits,
}

impl Reader<'_> {
    fn document(&mut self) -> Outcome<()> {
        let root = self.tree.intern("", "");
        let peek = self.peek(None)?;
        self.value(None, root, peek, 1)?;
        self.jiter.finish().map_err(|error| self.syntax(&error, None))
    }

    fn peek(&mut self, node: Option<NodeId>) -> Outcome<Peek> {
        self.jiter.peek().map_err(|error| self.syntax(&error, node))
    }

    fn value(&mut self, parent: Option<NodeId>, name: Sym, peek: Peek, depth: usize) -> Outcome<()> {
        let at = self.jiter.current_index();
        if self.tree.len() >= self.limits.nodes {
            return Err(self.limit(
                at,
                parent,
                "nodes",
                "值的个数",
                "the number of values",
                self.limits.nodes,
            ));
        }
        if depth > self.limits.depth {
            return Err(self.limit(at, parent, "depth", "嵌套层数", "the nesting depth", self.limits.depth));
        }
        match peek {
            Peek::Object => self.object(parent, name, at, depth),
            Peek::Array => self.array(parent, name, at, depth),
            Peek::String => self.string(parent, name, at),
            Peek::True | Peek::False => {
                let value = self.jiter.known_bool(peek).map_err(|error| self.syntax(&error, parent))?;
                self.tree.add(parent, NodeKind::Bool, name, if value { "true" } else { "false" }, at);
                Ok(())
            }
            Peek::Null => {
                self.jiter.known_null().map_err(|error| self.syntax(&error, parent))?;
                self.tree.add(parent, NodeKind::Null, name, "", at);
                Ok(())
            }
            _ => self.number(parent, name, peek, at),
        }
    }

    fn object(&mut self, parent: Option<NodeId>, name: Sym, at: usize, depth: usize) -> Outcome<()> {
        let node = self.tree.add(parent, NodeKind::Object, name, "", at);
        let mut first = true;
        loop {
            // Only white space, a brace or a comma stand before the name, if it is JSON at all.
            let from = self.jiter.current_index();
            let before = if first { self.jiter.known_object() } else { self.jiter.next_key() };
            let key = match before {
                Ok(Some(key)) => key,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.syntax(&error, Some(node))),
            };
            first = false;
            let key_at = from + self.text[from..].find('"').unwrap_or(0);
            if key.len() > self.limits.name {
                return Err(self.limit(
                    key_at,
                    Some(node),
                    "name",
                    "名称字节数",
                    "a name's size in bytes",
                    self.limits.name,
                ));
            }
            if key.contains('\0') {
                return Err(self.nul(key_at, Some(node)));
            }
            let member = self.tree.intern("", key);
            if let Some(earlier) = self.seen.insert((node, member), key_at) {
                return Err(self.twice(node, member, earlier, key_at));
            }
            let peek = self.peek(Some(node))?;
            self.value(Some(node), member, peek, depth + 1)?;
        }
    }

    fn array(&mut self, parent: Option<NodeId>, name: Sym, at: usize, depth: usize) -> Outcome<()> {
        let node = self.tree.add(parent, NodeKind::Array, name, "", at);
        let mut next = self.jiter.known_array();
        loop {
            match next {
                Ok(Some(peek)) => self.value(Some(node), name, peek, depth + 1)?,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.syntax(&error, Some(node))),
            }
            next = self.jiter.array_step();
        }
    }

    fn string(&mut self, parent: Option<NodeId>, name: Sym, at: usize) -> Outcome<()> {
        let text = match self.jiter.known_str() {
            Ok(text) => text,
            Err(error) => return Err(self.syntax(&error, parent)),
        };
        if text.len() > self.limits.text {
            return Err(self.limit(
                at,
                parent,
                "text",
                "文本字节数",
                "a text's size in bytes",
                self.limits.text,
            ));
        }
        if text.contains('\0') {
            return Err(self.nul(at, parent));
        }
        self.tree.add(parent, NodeKind::String, name, text, at);
        Ok(())
    }

    fn number(&mut self, parent: Option<NodeId>, name: Sym, peek: Peek, at: usize) -> Outcome<()> {
        let literal = match self.jiter.known_number_bytes(peek) {
            Ok(literal) => std::str::from_utf8(literal).unwrap_or_default(),
            Err(error) => return Err(self.syntax(&error, parent)),
        };
        if literal.len() > NUMBER {
            return Err(self.limit(at, parent, "number", "数字字面量的字符数", "a number's length", NUMBER));
        }
        // An exponent may pass what a double holds; everything after us would differ about what it then is.
        if !literal.parse::<f64>().is_ok_and(f64::is_finite) {
            let literal = literal.to_owned();
            let problem = Problem::new("json-number", "数字超出可表示的范围", "the number is out of range");
            return Err(self.at(problem.with_found(&literal), at, parent));
        }
        self.tree.add(parent, NodeKind::Number, name, literal, at);
        Ok(())
    }

    fn at(&self, problem: Problem, at: usize, node: Option<NodeId>) -> Box<Problem> {
        let (line, column) = self.origins.place(self.text, at);
        let path = node.map(|node| self.tree.path(node)).unwrap_or_default();
        Box::new(problem.with_place(line, column).with_path(path))
    }

    fn limit(
        &self,
        at: usize,
        node: Option<NodeId>,
        rule: &str,
        zh: &str,
        en: &str,
        most: usize,
    ) -> Box<Problem> {
        self.at(exceeded(rule, zh, en, most), at, node)
    }

    fn nul(&self, at: usize, node: Option<NodeId>) -> Box<Problem> {
        let problem =
            Problem::new("json-nul", "字符串中含有空字符 U+0000", "a string holds the null character U+0000");
        self.at(problem.with_found("\\u0000").with_expected("U+0001 …"), at, node)
    }

    fn twice(&self, node: NodeId, member: Sym, earlier: usize, at: usize) -> Box<Problem> {
        let name = self.tree.expanded(member).1;
        let (line, column) = self.origins.place(self.text, earlier);
        let problem = Problem::new(
            "json-duplicate",
            format!("同一对象中名称“{name}”出现两次,第一次在第 {line} 行第 {column} 列"),
            format!("the name \u{201c}{name}\u{201d} stands twice in one object, first at {line}:{column}"),
        );
        let mut problem = self.at(problem.with_found(name).with_expected("each name once"), at, Some(node));
        problem.path =
            if problem.path.is_empty() { name.to_owned() } else { format!("{}/{name}", problem.path) };
        problem
    }

    fn syntax(&self, error: &JiterError, node: Option<NodeId>) -> Box<Problem> {
        let (zh, en, expected) = match &error.error_type {
            JiterErrorType::JsonError(kind) => wording(kind),
            JiterErrorType::WrongType { .. } => {
                ("此处应为一个 JSON 值", "a JSON value must stand here", "value")
            }
        };
        let at = error.index.min(self.text.len());
        let mut problem = Problem::new("json-syntax", zh, en).with_expected(expected);
        let rest = self.text.get(at..).unwrap_or_default();
        problem = match rest.split_whitespace().next() {
            Some(found) => problem.with_found(&found.chars().take(12).collect::<String>()),
            None => problem.with_found("end of document"),
        };
        self.at(problem, at, node)
    }
}

fn wording(kind: &JsonErrorType) -> (&'static str, &'static str, &'static str) {
    use JsonErrorType as E;
    match kind {
        E::EofWhileParsingList => ("文档在数组中间结束", "the document ends inside an array", "]"),
        E::EofWhileParsingObject => ("文档在对象中间结束", "the document ends inside an object", "}"),
        E::EofWhileParsingString => ("文档在字符串中间结束", "the document ends inside a string", "\""),
        E::EofWhileParsingValue => {
            ("文档在应有值的地方结束", "the document ends where a value must stand", "value")
        }
        E::ExpectedColon => ("名称之后应为冒号", "a colon must follow the name", ":"),
        E::ExpectedListCommaOrEnd => ("数组元素之后应为逗号或 ]", "a comma or ] must follow an item", ", ]"),
        E::ExpectedObjectCommaOrEnd => ("成员之后应为逗号或 }", "a comma or } must follow a member", ", }"),
        E::InvalidEscape | E::UnexpectedEndOfHexEscape => {
            ("转义序列不合法", "the escape is not valid", "\\uXXXX")
        }
        E::InvalidUnicodeCodePoint | E::LoneLeadingSurrogateInHexEscape => (
            "代理项不成对,不是合法的字符",
            "a surrogate stands alone, which is no character",
            "\\uD8XX\\uDCXX",
        ),
        E::ControlCharacterWhileParsingString => (
            "字符串中的控制字符必须转义",
            "a control character in a string must be escaped",
            "\\n \\t \\u00XX",
        ),
        E::InvalidNumber | E::NumberOutOfRange | E::FloatExpectingInt => (
            "数字的写法不合法",
            "the number is not well-formed",
            "-?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?",
        ),
        E::KeyMustBeAString => (
            "成员名称必须是带双引号的字符串",
            "a member's name must be a string in double quotes",
            "\"name\"",
        ),
        E::TrailingComma => ("最后一项之后不允许逗号", "no comma may follow the last item", "] }"),
        E::TrailingCharacters => {
            ("文档在值之后还有内容", "something follows the document's value", "end of document")
        }
        E::RecursionLimitExceeded => ("嵌套过深", "the nesting is too deep", "less depth"),
        _ => ("此处应为一个 JSON 值", "a JSON value must stand here", "value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::{to_value, write};
    use proptest::prelude::*;

    fn refused(text: &str) -> Problem {
        let mut problems = read(text.as_bytes(), &Limits::default()).expect_err(text);
        assert_eq!(problems.len(), 1);
        let problem = problems.remove(0);
        assert!(problem.line.is_some() && !problem.zh.is_empty(), "{problem:?}");
        problem
    }

    #[test]
    fn numbers_stay_as_written_and_items_bear_the_array_s_name() {
        let tree =
            read("\u{FEFF}{\"a\": [1.50, -0, 1E+2],\n \"b\":{\"名\":null}}".as_bytes(), &Limits::default())
                .unwrap();
        let root = tree.root().unwrap();
        let array = tree.children(root).next().unwrap();
        let literals: Vec<&str> = tree.children(array).map(|n| tree.text(n)).collect();
        assert_eq!(literals, ["1.50", "-0", "1E+2"]);
        let item = tree.children(array).nth(1).unwrap();
        assert_eq!((tree.local(item), tree.path(item).as_str()), ("a", "a[2]"));
        let b = tree.children(root).nth(1).unwrap();
        assert_eq!(tree.place(tree.children(b).next().unwrap()), (2, 11));
    }

    #[test]
    fn a_name_twice_is_told_with_both_places() {
        let problem = refused("{\"x\":{\"a\":1,\n  \"b\":2, \"\\u0061\":3}}");
        assert_eq!((problem.code.as_ref(), problem.path.as_str()), ("json-duplicate", "x/a"));
        assert_eq!((problem.line, problem.column), (Some(2), Some(10)));
        assert!(problem.en.ends_with("first at 1:7"), "{}", problem.en);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "[1 2]",
            "{\"a\" 1}",
            "1 2",
            "{} x",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "NaN",
            "Infinity",
            "-Infinity",
            "nul",
            "truex",
            "\"a",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\u{1}\"",
            "\"a\nb\"",
            "// c\n1",
            "[1]]",
            "\"\\u0000\"",
            "1e999",
        ] {
            assert!(read(text.as_bytes(), &Limits::default()).is_err(), "{text:?} was accepted");
        }
        assert_eq!(refused("\"\\ud800\"").code, "json-syntax");
        let invalid = read(b"{\"a\":\"\xFF\"}", &Limits::default()).unwrap_err();
        assert_eq!((invalid[0].code.as_ref(), invalid[0].column), ("encoding-malformed", Some(7)));
    }

    #[test]
    fn limits_stop_what_is_made_to_hurt() {
        assert_eq!(refused(&"[".repeat(100_000)).rule.as_deref(), Some("limit:depth"));
        assert_eq!(refused(&"{\"a\":".repeat(100_000)).rule.as_deref(), Some("limit:depth"));
        assert_eq!(refused(&format!("[{}1]", "1,".repeat(300_000))).rule.as_deref(), Some("limit:nodes"));
        assert_eq!(refused(&format!("{{\"{}\":1}}", "n".repeat(257))).rule.as_deref(), Some("limit:name"));
        assert_eq!(refused(&"9".repeat(100)).rule.as_deref(), Some("limit:number"));
        let members: Vec<String> = (0..100_000).map(|i| format!("\"k{i}\":{i}")).collect();
        let tree = read(format!("{{{}}}", members.join(",")).as_bytes(), &Limits::default()).unwrap();
        assert_eq!(tree.len(), 100_001);
        let long = format!("\"{}\"", "x".repeat(1_000_000));
        assert!(read(long.as_bytes(), &Limits::default()).is_ok());
    }

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,12}".prop_map(serde_json::Value::from),
            "[\\x01-\\x20\"\\\\]{0,6}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
                proptest::collection::btree_map("\\PC{0,6}", inner, 0..5)
                    .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_reads(value in document(), indent in any::<bool>()) {
            let text = serde_json::to_string(&value).unwrap();
            let tree = read(text.as_bytes(), &Limits::default()).unwrap();
            prop_assert_eq!(to_value(&tree, tree.root().unwrap()), value.clone());
            let again = write(&tree, indent);
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&again).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, &Limits::default());
        }

        #[test]
        fn mutated_documents_are_answered_as_serde_does(value in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = serde_json::to_vec(&value).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let ours = read(&bytes, &Limits::default());
            let theirs = serde_json::from_slice::<serde_json::Value>(&bytes);
            if ours.is_ok() {
                prop_assert!(theirs.is_ok(), "accepted {:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
