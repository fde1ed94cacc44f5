//! The schema of `*.map.toml`.

use serde_json::{Value, json};

use super::head;
use crate::mapping::steps::parse::{DERIVED, PLACES, STEPS, reserved_words};

/// The JSON Schema of `*.map.toml`.
#[must_use]
pub fn map() -> Value {
    let mut schema = head(
        "map",
        "*.map.toml",
        "Blocks of rows: how the agency's fields and ours stand for each other (schemas/README.md, \"Rows\").",
    );
    schema["propertyNames"] = json!({ "not": { "enum": reserved_words().collect::<Vec<_>>() } });
    schema["additionalProperties"] = json!({ "type": "array", "items": { "$ref": "#/$defs/row" } });
    schema["$defs"] = json!({ "row": row() });
    schema
}

fn row() -> Value {
    json!({
        "description": "their field, our field, how, need, their words; empty last cells may be left out",
        "type": "array",
        "minItems": 2,
        "maxItems": 5,
        "items": { "type": "string" },
        "prefixItems": [
            {
                "description": "Wire path, relative to the block's node: a/b, @id, ., #name, a[type='01']/b, a[2], a*/b, \
                                ../x, /x, 'a name with signs', a!json/b, a + b with join.",
                "type": "string", "minLength": 1,
                "examples": ["Header/MessageId", "@id", "."],
            },
            {
                "description": "Record path: a.b, ids[scheme='uscc'].value, records[1], extensions.name for an extra, \
                                a + b with split; empty with const, count, sum and running; - removes a row of the base.",
                "type": "string",
                "examples": ["registration_number", "order.goods[1].name", "extensions.note"],
            },
            {
                "description": format!(
                    "How: steps joined by | read left to right and write right to left; `each BLOCK` and `one BLOCK`; \
                     `each` and steps for a list of texts. Empty is text. Steps: {}",
                    steps().collect::<Vec<_>>().join(" ")
                ),
                "type": "string",
                "pattern": how(),
                "examples": [
                    "text 200", "digits 6", "int", "decimal 2", "money yuan CNY 2", "time iso",
                    "time 'yyyy-MM-dd HH:mm:ss'", "date 'yyyyMMdd'", "code claim-type", "bool 'Y' 'N'", "each text",
                    "each phone", "one person", "list '、'", "const 'x'", "ignore common | text 32",
                ],
            },
            {
                "description": "Need: must, must when P, must unless P, never when P, never unless P, same.",
                "type": "string",
                "pattern": "^\\s*(|must|same|(must|never)\\s+(when|unless)\\s+.+)\\s*$",
                "examples": ["must", "must when decision = 'refused'", "never unless a.b present", "same"],
            },
            { "description": "The agency's word: it opens the Chinese text of every problem.", "type": "string" },
        ],
    })
}

/// Every step, those that concern places too.
fn steps() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|(name, _)| *name).chain(PLACES.iter().copied())
}

/// An expression for the third cell: a bar in quotes parts no steps.
fn how() -> String {
    let names = steps().collect::<Vec<_>>().join("|");
    let step = format!("({names})(\\s('[^']*'|[^|'])*)?");
    let name = "[^\\s|'=]+";
    let derived = DERIVED.join("|");
    format!(
        "^\\s*(|-|one\\s+{name}|each\\s+{name}|({derived})\\s+\\S.*|each|(each\\s+)?{step}\\s*(\\|\\s*{step}\\s*)*)\\s*$"
    )
}
