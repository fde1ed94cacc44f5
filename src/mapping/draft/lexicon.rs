//! Names as sets of meanings: what `dingdanhao`, `order_no`, `OrderNumber` and 订单编号 have in common.
//!
//! A line of [`MEANINGS`] is one meaning: its word, then what agencies write for it in English, in pinyin, by the
//! initials of the pinyin, in hanzi. A name falls into its words; a word nobody knows is a meaning of its own.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// The meanings of a name.
pub(super) type Meanings = BTreeSet<String>;

/// Meanings that say little alone.
const COMMON: &[&str] = &[
    "number", "name", "code", "time", "day", "text", "kind", "amount", "state", "value", "url", "count",
    "file", "unit", "address", "info",
];

/// Words without a meaning here.
const EMPTY: &[&str] = &[
    "the", "of", "a", "an", "is", "for", "to", "and", "in", "on", "at", "was", "by", "cbc", "cac", "t", "f",
    "xx", "de", "的", "之", "及", "或", "由", "degree",
];

const MEANINGS: &str = include_str!("meanings.txt");

struct Lexicon {
    words: HashMap<&'static str, &'static str>,
    /// The most characters of a hanzi word, and of a pinyin one.
    longest: usize,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for line in MEANINGS.lines().filter(|line| !line.starts_with('#')) {
        let mut all = line.split_whitespace();
        let Some(meaning) = all.next() else { continue };
        for word in std::iter::once(meaning).chain(all) {
            words.entry(word).or_insert(meaning);
        }
    }
    let longest = words.keys().map(|word| word.chars().count()).max().unwrap_or(1);
    Lexicon { words, longest }
});

/// The meanings of a name or a short text.
pub(super) fn meanings(name: &str) -> Meanings {
    let mut found = Meanings::new();
    let mut unknown = false;
    for word in words(name) {
        let lower = word.to_lowercase();
        if EMPTY.contains(&lower.as_str()) || lower.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        if let Some(known) = LEXICON.words.get(lower.as_str()).or_else(|| LEXICON.words.get(stem(&lower))) {
            found.extend(known.split('+').map(str::to_owned));
        } else if let Some(parts) = parts(&lower) {
            found.extend(parts);
        } else {
            unknown = true;
            found.insert(stem(&lower).to_owned());
        }
    }
    // `TouSuBianHao`: every syllable begins with a capital, and the words are found in the whole.
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if let (true, true, Some(parts)) = (unknown, joined.is_ascii(), parts(&joined)) {
        return parts.into_iter().filter(|word| !EMPTY.contains(&word.as_str())).collect();
    }
    found
}

/// How much two sets agree: 1 where they are equal, 0 where they share nothing.
pub(super) fn likeness(a: &Meanings, b: &Meanings) -> f64 {
    let total = weight(a) + weight(b);
    if total <= 0.0 {
        return 0.0;
    }
    2.0 * weight(&a.intersection(b).cloned().collect()) / total
}

/// How much a set says.
pub(super) fn weight(set: &Meanings) -> f64 {
    set.iter().map(|word| if COMMON.contains(&word.as_str()) { 0.5 } else { 1.0 }).sum()
}

/// Whether it says nothing without what stands around it.
pub(super) fn is_common(set: &Meanings) -> bool {
    set.iter().all(|word| COMMON.contains(&word.as_str()))
}

fn stem(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if word.is_ascii() && stem.len() > 3 && !stem.ends_with('s') => stem,
        _ => word,
    }
}

/// A name's words: parted by signs, by a change of case, between letters, digits and hanzi.
fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (at, c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let turn = before.is_some_and(|before| {
            (before.is_lowercase() && c.is_uppercase())
                || (before.is_uppercase()
                    && c.is_uppercase()
                    && after.is_some_and(|after| after.is_lowercase()))
                || (before.is_ascii() != c.is_ascii())
                || (before.is_ascii_digit() != c.is_ascii_digit())
        });
        if (turn || !c.is_alphanumeric()) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(*c);
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// A word of hanzi or run-together letters, as known words one behind the other, the longest first; hanzi that are in
/// none are meanings of their own, letters must all be in one.
fn parts(word: &str) -> Option<Vec<String>> {
    let characters: Vec<char> = word.chars().collect();
    let letters = word.is_ascii();
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let most = LEXICON.longest.min(characters.len() - at);
        // Two letters that happen to be initials of something are no word within a longer one.
        let least = if letters { 3 } else { 1 };
        let hit = (least..=most).rev().find_map(|length| {
            let part: String = characters[at..at + length].iter().collect();
            LEXICON.words.get(part.as_str()).map(|known| (length, *known))
        });
        match hit {
            Some((length, known)) => {
                found.extend(known.split('+').map(str::to_owned));
                at += length;
            }
            None if letters => return None,
            None => {
                let single = characters[at].to_string();
                if !EMPTY.contains(&single.as_str()) {
                    found.push(single);
                }
                at += 1;
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_meaning_in_many_spellings() {
        let order_number = meanings("order_number");
        for name in [
            "OrderNo",
            "orderId",
            "dingdanhao",
            "ddh",
            "订单号",
            "订单编号",
            "ORDER-NUM",
            "dingdan_bianhao",
            "DingDanBianHao",
        ] {
            assert_eq!(meanings(name), order_number, "{name}");
        }
        let phone = meanings("phones");
        for name in ["tel", "lxdh", "联系电话", "mobile", "shoujihao", "payer_phone"] {
            assert!(likeness(&meanings(name), &phone) > 0.4, "{name} {:?}", meanings(name));
        }
        assert!(likeness(&meanings("投诉人姓名"), &meanings("complainant name")) > 0.99);
        assert!(likeness(&meanings("colour"), &phone) < 0.01);
    }

    #[test]
    fn every_line_of_the_lexicon_says_something_new() {
        let mut seen = std::collections::HashSet::new();
        for line in MEANINGS.lines().filter(|line| !line.starts_with('#')) {
            for word in line.split_whitespace() {
                assert!(seen.insert(word), "{word} stands twice");
            }
        }
    }
}
