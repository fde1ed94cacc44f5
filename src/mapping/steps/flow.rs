//! What flows from step to step, looked at when the profile loads.
//!
//! Promise: a step that would be handed a value of a kind it can never take is refused, both steps being named. What
//! a value says is not looked at here: `text 3 | digits 4` flows.

use crate::mapping::steps::parse::{HowFault, shown};
use crate::mapping::steps::{Step, Type};
use crate::mapping::words::Word;

/// Whether a step can take what it is handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It can.
    Yes,
    /// It wants this, in Chinese and English.
    Wants(&'static str, &'static str),
}

impl Taken {
    /// Text as it stands on the wire, which no step has given a form of its own.
    pub(crate) fn plain(given: &Type) -> Self {
        Self::when(*given == Type::Text, ("未转换的文本", "text that no step has turned into something else"))
    }

    /// The first step's.
    pub(crate) const fn first() -> Self {
        Self::Wants("报文中的原值，即须为首步", "what stands on the wire: it comes first")
    }

    /// Where this holds; else it wants that.
    pub(crate) fn when(holds: bool, (zh, en): (&'static str, &'static str)) -> Self {
        if holds { Self::Yes } else { Self::Wants(zh, en) }
    }
}

/// Follows a value through the steps, which were written so.
pub(super) fn follow(written: &[&[Word]], steps: &[Box<dyn Step>]) -> Result<(), HowFault> {
    let mut given: Option<(Type, &[Word])> = None;
    for (step, words) in steps.iter().zip(written.iter().copied()) {
        if let Some((gives, by)) = &given
            && let Taken::Wants(zh, en) = step.takes(gives)
        {
            return Err(clash(&shown(by), gives, &shown(words), (zh, en)));
        }
        given = match step.gives() {
            // The steps behind a list are of each item.
            Some(Type::Texts) => Some((Type::Text, words)),
            Some(made) => Some((made, words)),
            None => given,
        };
    }
    Ok(())
}

/// A step cannot take what the one before it gives.
pub(crate) fn clash(by: &str, gives: &Type, step: &str, (wants_zh, wants_en): (&str, &str)) -> HowFault {
    let (zh, en) = gives.name();
    HowFault::new(
        "step-takes",
        format!("“{by}”给出{zh}，其后的“{step}”却需要{wants_zh}"),
        format!("\"{by}\" gives {en}, but \"{step}\" behind it wants {wants_en}"),
    )
}
