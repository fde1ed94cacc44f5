//! The places of a record, as targets for fields: every leaf of the canonical schema with its path, type and meanings.

use serde_json::Value;

use crate::mapping::draft::lexicon::{Meanings, meanings};
use crate::mapping::typing::OURS;

/// How far below the record targets go: record, part, its part, leaf.
const DEPTH: usize = 4;

/// Targets of one record: 900, three times what the largest has without going deeper.
const MOST: usize = 900;

/// What a record place holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Text,
    /// So many digits.
    Digits(usize),
    Decimal,
    Integer,
    Bool,
    Day,
    Moment,
    Money,
    /// One of a closed list: word and label.
    Words(Vec<(String, String)>),
    /// A list of texts.
    Texts,
}

/// A leaf of the record.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) path: String,
    /// What its name means, one for each name it has.
    pub(super) own: Vec<Meanings>,
    /// What the names around it mean.
    pub(super) around: Meanings,
    pub(super) of: Of,
    /// Members that must stand beside it or around it, by their paths.
    pub(super) wants: Vec<String>,
}

/// A list of objects of the record.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    pub(super) path: String,
    pub(super) own: Vec<Meanings>,
    pub(super) around: Meanings,
    pub(super) item: Node<'a>,
}

/// A place in a canonical schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    root: &'a Value,
    at: &'a Value,
}

/// The places below a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets<'a> {
    pub(super) leaves: Vec<Target>,
    pub(super) groups: Vec<Group<'a>>,
}

impl<'a> Node<'a> {
    pub(super) const fn new(root: &'a Value) -> Self {
        Self { root, at: root }
    }

    /// The members that it requires of a map.
    pub(super) fn required(&self) -> Vec<&'a str> {
        let all = self.at.get("required").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).filter(|name| !OURS.contains(name) || *name == "kind").collect()
    }

    /// The words that a member may be.
    pub(super) fn words_of(&self, member: &str) -> Vec<(String, String)> {
        self.member(member).map_or_else(Vec::new, |node| node.words())
    }

    fn member(&self, name: &str) -> Option<Self> {
        let at = self.at.get("properties")?.get(name)?;
        Some(self.resolved(at))
    }

    fn resolved(&self, mut at: &'a Value) -> Self {
        // A nullable one is `anyOf` of itself and null.
        for _ in 0..8 {
            if let Some(target) =
                at.get("$ref").and_then(Value::as_str).and_then(|r| self.root.pointer(&r[1..]))
            {
                at = target;
            } else if let Some(first) = at.get("anyOf").and_then(|all| all.get(0)) {
                at = first;
            } else {
                break;
            }
        }
        Self { root: self.root, at }
    }

    fn words(&self) -> Vec<(String, String)> {
        let list = |key: &str| {
            let all = self.at.get(key).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let labels = list("x-labels-zh");
        let words = list("enum").into_iter().enumerate();
        words.map(|(at, word)| (word, labels.get(at).cloned().unwrap_or_default())).collect()
    }

    fn is(&self, word: &str) -> bool {
        match self.at.get("type") {
            Some(Value::String(one)) => one == word,
            Some(Value::Array(many)) => many.iter().any(|one| one == word),
            _ => false,
        }
    }

    fn leaf(&self) -> Option<Of> {
        let text = |key: &str| self.at.get(key).and_then(Value::as_str).unwrap_or_default();
        if self.is("object") && self.member("amount").is_some() && self.member("currency").is_some() {
            return Some(Of::Money);
        }
        if self.is("boolean") {
            return Some(Of::Bool);
        }
        if self.is("integer") || self.is("number") {
            return Some(Of::Integer);
        }
        if self.is("array") {
            let items = self.resolved(self.at.get("items")?);
            return (items.is("string") && items.words().is_empty()).then_some(Of::Texts);
        }
        if !self.is("string") || self.at.get("const").is_some() {
            return None;
        }
        let words = self.words();
        if !words.is_empty() {
            return Some(Of::Words(words));
        }
        Some(match (text("format"), text("pattern")) {
            ("date-time", _) => Of::Moment,
            ("date", _) => Of::Day,
            (_, "^[0-9]{6}$") => Of::Digits(6),
            (_, pattern) if pattern.starts_with("^-?[0-9]+") => Of::Decimal,
            _ => Of::Text,
        })
    }

    /// Every place below this node.
    pub(super) fn targets(&self, kind: &str) -> Targets<'a> {
        let mut found = Targets::default();
        let top = meanings(&kind.replace('-', " "));
        self.walk(
            &Around { path: String::new(), means: Meanings::new(), wants: Vec::new() },
            &mut found,
            &mut Vec::new(),
            &top,
        );
        found
    }

    fn walk(&self, around: &Around, found: &mut Targets<'a>, stack: &mut Vec<*const Value>, top: &Meanings) {
        let Some(members) = self.at.get("properties").and_then(Value::as_object) else { return };
        let here = std::ptr::from_ref(self.at);
        if stack.len() >= DEPTH || stack.contains(&here) || found.leaves.len() >= MOST {
            return;
        }
        stack.push(here);
        for (name, said) in members {
            if (stack.len() == 1 && OURS.contains(&name.as_str()))
                || name == "extensions"
                || name == "warnings"
            {
                continue;
            }
            let node = self.resolved(said);
            let path = if around.path.is_empty() { name.clone() } else { format!("{}.{name}", around.path) };
            let own = names(name, said, node.at, top);
            if let Some(of) = node.leaf() {
                let own = aliases(&path, own);
                let target = |path: String, own| Target {
                    path,
                    own,
                    around: around.means.clone(),
                    of: of.clone(),
                    wants: around.wants.clone(),
                };
                // A number and its unit are two leaves; money is one.
                found.leaves.push(target(path, own));
                continue;
            }
            let mut means = around.means.clone();
            means.extend(own.iter().take(2).flatten().cloned());
            if node.is("object") {
                // A party is a person where people complain or buy, else a company.
                let required = node.required();
                let closed = required.iter().find(|member| !node.words_of(member).is_empty());
                let chosen = closed.and_then(|member| {
                    let words = node.words_of(member);
                    let people =
                        name == "person" || own.iter().flatten().any(|word| PEOPLE.contains(&word.as_str()));
                    let wanted = if people { "person" } else { "company" };
                    let word = words.iter().find(|(word, _)| word == wanted).or_else(|| words.first())?;
                    Some(format!("[{member}='{}']", word.0))
                });
                let path = format!("{path}{}", chosen.unwrap_or_default());
                let plain = required.iter().filter(|member| Some(*member) != closed);
                let wants = plain.map(|member| format!("{path}.{member}")).collect();
                node.walk(&Around { path, means, wants }, found, stack, top);
            } else if let Some(items) = node.at.get("items").filter(|_| node.is("array")) {
                let item = self.resolved(items);
                if name == "ids" {
                    item.ids(&path, around, found);
                    continue;
                }
                let own = aliases(&path, own);
                found.groups.push(Group { path: path.clone(), own, around: around.means.clone(), item });
                let required = item.required();
                let closed = required.iter().find(|member| !item.words_of(member).is_empty());
                let chosen = closed.and_then(|member| {
                    let words = item.words_of(member);
                    let word = words.iter().find(|(word, _)| word == "other").or_else(|| words.first())?;
                    Some(format!("[{member}='{}']", word.0))
                });
                let path = format!("{path}{}", chosen.unwrap_or_else(|| "[1]".to_owned()));
                let plain = required.iter().filter(|member| Some(*member) != closed);
                let wants = plain.map(|member| format!("{path}.{member}")).collect();
                item.walk(&Around { path, means, wants }, found, stack, top);
            }
        }
        stack.pop();
    }

    /// Numbers under which a party is registered: one target for each register.
    fn ids(&self, path: &str, around: &Around, found: &mut Targets<'a>) {
        let person = path.contains("[kind='person']");
        for (word, label) in self.words_of("scheme") {
            if person && ORGANISATIONS.contains(&word.as_str()) {
                continue;
            }
            let mut own = vec![meanings(&word), meanings(&format!("{word} number")), meanings(&label)];
            own.push(meanings(&format!("{label}号")));
            found.leaves.push(Target {
                path: format!("{path}[scheme='{word}'].value"),
                own,
                around: around.means.clone(),
                of: Of::Text,
                wants: around.wants.clone(),
            });
        }
    }
}

/// Parts of a record that are people.
const PEOPLE: &[&str] = &["complainant", "buyer_consignee", "reporter"];

/// Registers in which no person stands: a company's code beside a person's name is another party's.
const ORGANISATIONS: &[&str] =
    &["uscc", "registration", "organisation", "licence", "institution", "social_organisation"];

/// Names that members have besides their own.
const ALIASES: &str = include_str!("aliases.txt");

/// Adds the names that stand in [`ALIASES`] for a path that ends so.
fn aliases(path: &str, mut own: Vec<Meanings>) -> Vec<Meanings> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    for line in ALIASES.lines().filter(|line| !line.starts_with('#')) {
        let Some((member, phrases)) = line.split_once(':') else { continue };
        let ends = plain.strip_suffix(member).is_some_and(|rest| {
            // A name alone is a member of the record itself; `order.number` is found at any depth.
            rest.is_empty() || (member.contains('.') && rest.ends_with('.'))
        });
        if ends {
            own.extend(phrases.split('|').map(meanings).filter(|set| !set.is_empty()));
        }
    }
    own.sort();
    own.dedup();
    own
}

struct Around {
    path: String,
    means: Meanings,
    wants: Vec<String>,
}

/// What a member's name means, and the hanzi in its description; also without what the kind of record says anyway.
fn names(name: &str, said: &Value, at: &Value, top: &Meanings) -> Vec<Meanings> {
    let mut found = vec![meanings(name)];
    let description =
        [said, at].into_iter().find_map(|value| value.get("description")).and_then(Value::as_str);
    for part in description.unwrap_or_default().split(['(', ')', '、', '，', ',', '。', ';', '；', ' ', '/'])
    {
        if part.chars().count() >= 2 && part.chars().all(|c| !c.is_ascii()) {
            found.push(meanings(part));
        }
    }
    for set in found.clone() {
        let less: Meanings = set.difference(top).cloned().collect();
        if less.len() < set.len() && !less.is_empty() {
            found.push(less);
        }
    }
    found.dedup();
    found
}
