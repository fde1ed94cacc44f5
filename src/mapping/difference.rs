//! Where two JSON values differ: every leaf, by its path.

use std::collections::BTreeSet;

use serde_json::Value;

/// A place where two values differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `records[1].amount.currency`; list items count from 1.
    pub path: String,
    /// What the first has there, if anything.
    pub before: Option<Value>,
    /// What the second has there, if anything.
    pub after: Option<Value>,
}

/// Every difference, in the order of names and items. What only one of them has is told whole.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(Some(before), Some(after), String::new(), &mut found);
    found
}

fn walk(before: Option<&Value>, after: Option<&Value>, path: String, found: &mut Vec<Difference>) {
    match (before, after) {
        (left, right) if left == right => {}
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for key in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(left.get(key), right.get(key), here, found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                walk(left.get(index), right.get(index), format!("{path}[{}]", index + 1), found);
            }
        }
        (left, right) => {
            found.push(Difference { path, before: left.cloned(), after: right.cloned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_leaf_that_differs_has_its_path() {
        let before = json!({"a": 1, "b": {"c": [1, {"d": 2}], "e": null}, "gone": {"x": 1}});
        let after = json!({"a": 1, "b": {"c": [1, {"d": 3}, 4], "e": false}, "new": []});
        let told: Vec<_> = differences(&before, &after)
            .into_iter()
            .map(|one| (one.path, one.before.unwrap_or(json!("none")), one.after.unwrap_or(json!("none"))))
            .collect();
        assert_eq!(
            told,
            [
                ("b.c[2].d".to_owned(), json!(2), json!(3)),
                ("b.c[3]".to_owned(), json!("none"), json!(4)),
                ("b.e".to_owned(), json!(null), json!(false)),
                ("gone".to_owned(), json!({"x": 1}), json!("none")),
                ("new".to_owned(), json!("none"), json!([])),
            ]
        );
        assert!(differences(&before, &before).is_empty());
    }
}
