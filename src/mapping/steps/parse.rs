//! The third cell: `each phone`, `code outcome number`, `ignore '无' | text 32`, `const 'x'`, `count lines`.

use std::sync::Arc;

use crate::mapping::codes::{CodeList, CodeLists};
use crate::mapping::fault::{near, suggestion_or_list};
use crate::mapping::steps::{
    Chain, Step, affix, bool, check_digit, chunk, code, date, digits, duration, fallback, file, flow, ident,
    ignore, items, langs, member, money, number, packed, place, present, quantity, sealed, text, time, trim,
};
use crate::mapping::words::{Word, words};

/// What a third cell says.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Steps on a leaf, of a list or not.
    Leaf { chain: Chain, each: bool },
    /// A block by its name, of a list or not; the name is not looked up here.
    Block { name: String, each: bool },
    /// A fixed text, written always.
    Const(String),
    /// The number of items of a list of the record.
    Count(String),
    /// The sum of values of the record, through these steps.
    Sum { path: String, chain: Chain },
    /// The item's number in its list, from this on, in so many digits.
    Running { start: usize, pad: usize },
}

/// Why a cell is not a converter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HowFault {
    pub(crate) code: &'static str,
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl HowFault {
    /// A fault.
    pub(crate) fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }
}

/// The arguments of one step.
pub(crate) type Arguments<'a> = &'a [Word];

/// A step's maker.
type Make = fn(Arguments<'_>, &CodeLists) -> Result<Box<dyn Step>, HowFault>;

/// Every step there is, by its name, with an example for the manual.
pub(crate) const STEPS: &[(&str, Make)] = &[
    ("text", text::make),
    ("chunk", chunk::make),
    ("trim", trim::make_trim),
    ("upper", trim::make_upper),
    ("lower", trim::make_lower),
    ("narrow", trim::make_narrow),
    ("before", affix::make_before),
    ("after", affix::make_after),
    ("grouped", affix::make_grouped),
    ("digits", digits::make_digits),
    ("pattern", digits::make_pattern),
    ("int", number::make_int),
    ("number", number::make_number),
    ("decimal", number::make_decimal),
    ("bool", bool::make),
    ("present", present::make),
    ("code", code::make),
    ("money", money::make),
    ("time", time::make),
    ("date", date::make),
    ("duration", duration::make),
    ("quantity", quantity::make),
    ("list", packed::make_list),
    ("pairs", packed::make_pairs),
    ("map", packed::make_map),
    ("langs", langs::make),
    ("file", file::make),
    ("sealed", sealed::make),
    ("ident", ident::make_ident),
    ("ref", ident::make_ref),
    ("place", place::make),
    ("ignore", ignore::make_ignore),
    ("nil", ignore::make_nil),
    ("default", fallback::make_default),
    ("else", fallback::make_else),
    ("uscc", check_digit::make_uscc),
    ("citizen-id", check_digit::make_citizen),
    ("as", member::make),
];

/// Steps that concern places: the first stands first, the second last.
pub(crate) const PLACES: &[&str] = &["join", "split"];

/// What a row derives from the record or the document, rather than store it.
pub(crate) const DERIVED: &[&str] = &["const", "count", "sum", "running"];

/// Words that lead to a block or a list.
const LEADING: &[&str] = &["each", "one"];

/// The words of the language, which no block may bear.
pub(crate) fn reserved_words() -> impl Iterator<Item = &'static str> {
    let steps = STEPS.iter().map(|(step, _)| *step);
    steps.chain(PLACES.iter().copied()).chain(DERIVED.iter().copied()).chain(LEADING.iter().copied())
}

/// Whether `name` is one of them.
pub(crate) fn reserved(name: &str) -> bool {
    reserved_words().any(|word| word == name)
}

/// Parses a third cell; an empty one is `text`.
pub(crate) fn how(cell: &str, lists: &CodeLists) -> Result<Parsed, HowFault> {
    let words = words(cell).ok_or_else(|| HowFault::new("how", "引号未闭合", "an open quote"))?;
    let (each, rest) = match words.split_first() {
        Some((first, rest)) if first.is("each") => (true, rest),
        Some((first, rest)) if first.is("one") => {
            let [Word::Bare(name)] = rest else {
                return Err(HowFault::new("how", "one 后应为块名", "expected the name of a block after one"));
            };
            return Ok(Parsed::Block { name: name.clone(), each: false });
        }
        _ => (false, &words[..]),
    };
    match rest {
        [word, Word::Quoted(text)] if word.is("const") && !each => return Ok(Parsed::Const(text.clone())),
        [word, path] if word.is("count") && !each => {
            return Ok(Parsed::Count(path.text().unwrap_or_default().to_owned()));
        }
        [word, path, rest @ ..] if word.is("sum") && !each => {
            let usage = || arguments("sum PATH [| steps]");
            let path = path.text().ok_or_else(usage)?.to_owned();
            return match rest.split_first() {
                None => Ok(Parsed::Sum { path, chain: Chain::default() }),
                Some((Word::Bar, steps)) => Ok(Parsed::Sum { path, chain: chain(steps, lists)? }),
                Some(_) => Err(usage()),
            };
        }
        [word, rest @ ..] if word.is("running") && !each => return running(rest),
        [Word::Bare(name)] if each && !reserved(name) => {
            return Ok(Parsed::Block { name: name.clone(), each });
        }
        _ => {}
    }
    Ok(Parsed::Leaf { chain: chain(rest, lists)?, each })
}

fn chain(words: &[Word], lists: &CodeLists) -> Result<Chain, HowFault> {
    if words.is_empty() {
        return Ok(Chain::default());
    }
    let mut parts: Vec<&[Word]> = words.split(|word| *word == Word::Bar).collect();
    affix::check_units(&parts)?;
    let named = match parts.last() {
        Some([word, rest @ ..]) if word.is("as") => {
            Some(member::member(rest).map_err(|fault| with_found(fault, "as", rest))?)
        }
        _ => None,
    };
    if named.is_some() {
        parts.pop();
    }
    let steps: Vec<_> = parts.iter().map(|part| step(part, lists)).collect::<Result<_, _>>()?;
    flow::follow(&parts, &steps)?;
    items::nested(steps, named)
}

/// `running 1 [pad n]`
fn running(words: &[Word]) -> Result<Parsed, HowFault> {
    let usage = |found: Option<&str>| choice("running 1 [pad n]", found, &["pad"]);
    let (first, rest) = words.split_first().ok_or_else(|| usage(None))?;
    let start = count_of(first).ok_or_else(|| usage(None))?;
    match rest {
        [] => Ok(Parsed::Running { start, pad: 0 }),
        // No list has more items than ten digits count.
        [word, pad] if word.is("pad") => match count_of(pad) {
            Some(pad @ 1..=10) => Ok(Parsed::Running { start, pad }),
            _ => Err(usage(None)),
        },
        [word, ..] => Err(usage(word.text())),
    }
}

fn step(part: &[Word], lists: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let Some((Word::Bare(name), arguments)) = part.split_first() else {
        return Err(HowFault::new("how", "缺少转换步骤", "a step is missing"));
    };
    if let Some((_, make)) = STEPS.iter().find(|(known, _)| known == name) {
        return make(arguments, lists).map_err(|fault| with_found(fault, name, arguments));
    }
    if LEADING.contains(&name.as_str()) {
        return Err(HowFault::new(
            "how",
            format!("{name} 只可为首词：{name} BLOCK；一格多值用 list '、' 在前，其后的步骤逐项适用"),
            format!(
                "{name} stands first: {name} BLOCK; for several values in one text list '、' comes first, and the steps behind it are of each item"
            ),
        ));
    }
    if name == "join" || name == "split" {
        return Err(HowFault::new(
            "how",
            "join 'SEP' 须为首步，split 'SEP' 须为末步",
            "join 'SEP' stands first, split 'SEP' last",
        ));
    }
    let (zh, en) = suggestion_or_list(name, STEPS.iter().map(|(known, _)| *known));
    Err(HowFault::new(
        "unknown-step",
        format!("没有步骤“{name}”{zh}"),
        format!("there is no step \"{name}\"{en}"),
    ))
}

/// Says what was found, where a fault says only what would be right; typographic quotes are the usual reason.
fn with_found(fault: HowFault, name: &str, arguments: Arguments<'_>) -> HowFault {
    if fault.code != "step-arguments" || !fault.en.starts_with("expected: ") {
        return fault;
    }
    let found = if arguments.is_empty() { name.to_owned() } else { format!("{name} {}", shown(arguments)) };
    let curly = found.contains(['‘', '’', '“', '”', '＇']);
    let (zh, en) =
        if curly { ("；引号应为直引号 '", "; quotes are straight ones: '") } else { ("", "") };
    HowFault::new(
        fault.code,
        format!("“{found}”：{}{zh}", fault.zh),
        format!("\"{found}\": {}{en}", fault.en),
    )
}

/// Words as they are written.
pub(crate) fn shown(words: &[Word]) -> String {
    let one = |word: &Word| match word {
        Word::Bare(text) => text.clone(),
        Word::Quoted(text) => format!("'{text}'"),
        Word::Bar => "|".to_owned(),
        Word::Equal(true) => "=".to_owned(),
        Word::Equal(false) => "!=".to_owned(),
    };
    words.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The fault of a step whose arguments are wrong.
pub(crate) fn arguments(usage: &str) -> HowFault {
    HowFault::new("step-arguments", format!("参数应为：{usage}"), format!("expected: {usage}"))
}

/// The same, where a word was found that is none of those `known`: with the nearest of them.
pub(crate) fn choice(usage: &str, found: Option<&str>, known: &[&str]) -> HowFault {
    let (zh, en) = found.map(|found| near(found, known.iter().copied())).unwrap_or_default();
    let fault = arguments(usage);
    HowFault::new(fault.code, fault.zh + &zh, fault.en + &en)
}

/// A code list by its name.
pub(crate) fn list_of(name: &str, lists: &CodeLists) -> Result<Arc<CodeList>, HowFault> {
    lists.list(name).ok_or_else(|| {
        let (mut zh, mut en) = near(name, lists.names());
        if en.is_empty() {
            "：首行 wire,record,label，其后每码一行".clone_into(&mut zh);
            ": a first line wire,record,label, then a line per code".clone_into(&mut en);
        }
        HowFault::new(
            "unknown-list",
            format!("没有代码表 codes/{name}.csv{zh}"),
            format!("there is no code list codes/{name}.csv{en}"),
        )
    })
}

/// An argument that is a number.
pub(crate) fn count_of(word: &Word) -> Option<usize> {
    match word {
        Word::Bare(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_say_blocks_steps_and_derived_values() {
        let lists = CodeLists::default();
        assert!(matches!(how("", &lists), Ok(Parsed::Leaf { each: false, .. })));
        assert!(matches!(how("each phone", &lists), Ok(Parsed::Block { each: true, .. })));
        assert!(matches!(how("each text 20", &lists), Ok(Parsed::Leaf { each: true, .. })));
        assert!(matches!(how("one person", &lists), Ok(Parsed::Block { each: false, .. })));
        assert!(matches!(how("const 'x'", &lists), Ok(Parsed::Const(_))));
        assert!(matches!(how("count lines", &lists), Ok(Parsed::Count(_))));
        assert_eq!(
            how("tekst 3", &lists).err().map(|f| f.en).as_deref(),
            Some("there is no step \"tekst\"; did you mean \"text\"?")
        );
        assert!(matches!(how("running 1 pad 3", &lists), Ok(Parsed::Running { start: 1, pad: 3 })));
        assert!(matches!(how("sum lines.total | money yuan CNY", &lists), Ok(Parsed::Sum { .. })));
        assert_eq!(
            how("running 1 pda 3", &lists).err().map(|f| f.en).as_deref(),
            Some("expected: running 1 [pad n]; did you mean \"pad\"?")
        );
        assert_eq!(how("text x", &lists).err().map(|f| f.code), Some("step-arguments"));
    }
}
