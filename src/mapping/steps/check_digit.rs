//! `uscc` and `citizen-id`: check digits of GB 32100-2015 and GB 11643-1999.
//!
//! A number that fails is passed on with a doubt, which becomes a warning of the record: numbers are copied by hand,
//! and a complaint is not void because of one. A small `x` at the end of a citizen's number is accepted; a citizen's
//! number of 15 digits has no check digit and is passed on.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Back, Item, Step, Taken, Type, Wrong};

#[derive(Clone, Copy, Debug)]
enum Number {
    Uscc,
    Citizen,
}

/// `uscc`
pub(super) fn make_uscc(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() { Ok(Box::new(Number::Uscc)) } else { Err(arguments("uscc")) }
}

/// `citizen-id`
pub(super) fn make_citizen(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() { Ok(Box::new(Number::Citizen)) } else { Err(arguments("citizen-id")) }
}

/// GB 32100: digits and capital letters without I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether 18 characters form a unified social credit code (GB 32100-2015, check character after ISO 7064 MOD 31,3).
pub(crate) fn is_uscc(text: &str) -> bool {
    let values: Option<Vec<usize>> =
        text.bytes().map(|b| ALPHABET.iter().position(|known| *known == b)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    // 31 − (sum mod 31), where 31 itself is 0.
    (31 - sum % 31) % 31 == values[17]
}

/// Whether 18 characters form a citizen's number (GB 11643-1999, ISO 7064 MOD 11-2).
pub(crate) fn is_citizen_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let mut sum = 0_u32;
    let mut weight = 2_u32.pow(17) % 11;
    for digit in &bytes[..17] {
        sum += u32::from(digit - b'0') * weight;
        // Halving modulo 11 is multiplying by 6.
        weight = weight * 6 % 11;
    }
    let check = b"10X98765432"[(sum % 11) as usize];
    check == bytes[17].to_ascii_uppercase()
}

impl Step for Number {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Some(text) = item.as_text() else { return Ok(item) };
        match self {
            Self::Uscc if !is_uscc(text) => around.doubts.push(Wrong::new(
                "uscc-check",
                "校验位正确的统一社会信用代码（GB 32100）",
                "a unified social credit code with a right check character (GB 32100)",
            )),
            Self::Citizen if text.len() != 15 && !is_citizen_id(text) => around.doubts.push(Wrong::new(
                "citizen-id-check",
                "校验位正确的公民身份号码（GB 11643）",
                "a citizen's number with a right check digit (GB 11643)",
            )),
            _ => {}
        }
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        Ok(item)
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn back(&self, _: &str) -> Back {
        Back::Passes
    }

    fn doubts(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mapping::steps::testing::{both, doubts};

    #[test]
    fn examples_of_the_standards() {
        // GB 32100-2015's own example, and one whose check sum is a multiple of 31.
        for good in ["91350100M000100Y43", "91110000MA01000090", "911522010783762860"] {
            assert!(is_uscc(good), "{good}");
        }
        for bad in ["91310115MA1H8R7C6D", "9111000060003IOZSV", "91350100M000100Y4"] {
            assert!(!is_uscc(bad), "{bad}");
        }
        for good in ["11010519491231002X", "11010519491231002x", "440524188001010014", "810000199408230021"] {
            assert!(is_citizen_id(good), "{good}");
        }
        assert!(!is_citizen_id("110105194912310021"));
    }

    #[test]
    fn a_wrong_digit_is_a_doubt_and_no_refusal() {
        both("uscc", "91350100M000100Y43", &json!("91350100M000100Y43"));
        assert_eq!(doubts("text 18 | uscc", "91350100M000100Y44")[0].code, "uscc-check");
        assert!(doubts("citizen-id", "610104620927690").is_empty());
        both("citizen-id", "110105194912310021", &json!("110105194912310021"));
    }
}
