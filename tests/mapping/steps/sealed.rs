//! Ciphertext goes through as it is, and shows nowhere else.

use regbridge::mapping::Format;

use super::items;
use crate::fixture::{read, round};

const CIPHER: &str = "q8Zp0W3xV5tB7nM1kL9jH2gF4dS6aQ8w==";

#[test]
fn it_passes_and_is_kept_and_is_masked() {
    let profile = items(
        "[\"Number\", \"number\", \"digits 2\", \"must\"],\n[\"Phone\", \"phone\", \"sealed | pattern '[A-Z].*'\"],",
    );
    let good = format!("<Items><Item><Number>01</Number><Phone>{}</Phone></Item></Items>", &CIPHER[2..]);
    let (decoded, back) = round(&profile, Format::Xml, &good);
    assert_eq!(back, good);
    assert_eq!(decoded.records[0]["phone"], CIPHER[2..]);
    let bad = format!("<Items><Item><Number>01</Number><Phone>{CIPHER}</Phone></Item></Items>");
    let refusal = read(&profile, Format::Xml, &bad).expect_err("the pattern does not hold");
    let told = format!("{:?}", refusal.problems);
    assert!(told.contains("•••") && !told.contains("q8Zp0W3x"), "{told}");
}

#[test]
fn what_is_kept_of_it_is_masked_where_it_is_explained() {
    let profile =
        items("[\"Number\", \"number\", \"digits 2\", \"must\"],\n[\"Phone\", \"phone\", \"sealed\"],");
    let text = format!(
        "<Items><Item><Number>01</Number><Phone>aaaaaaaa</Phone><Phone>{CIPHER}</Phone></Item></Items>"
    );
    let (decoded, back) = round(&profile, Format::Xml, &text);
    assert_eq!(back, text);
    let told = format!("{:?}", profile.explain(&decoded));
    assert!(told.contains("•••") && !told.contains("q8Zp0W3x"), "{told}");
}
