//! What an answer says of our message, told in our own words.

use regbridge::mapping::{Aside, Format, Input, Profile, Sent};
use regbridge::wire::limits::Limits;

use super::load;
use crate::fixture::{round, taken};
use crate::profiles::with_run;

fn profile() -> Profile {
    let map = "top = [[\"Item\", \"records\", \"each item\", \"must\"]]\n\
               item = [[\"Number\", \"number\", \"digits 2\", \"must\"], [\"Where\", \"note\", \"place xpath\"]]\n";
    load("", map).expect("it loads")
}

#[test]
fn their_place_in_what_we_sent_becomes_our_path_and_goes_back() {
    let profile = profile();
    let sent = "<Items><Item><Number>01</Number></Item><Item><Number>02</Number></Item></Items>";
    let sent = Sent::of(&profile, &taken(&profile, Format::Xml, sent));
    let answer = "<Items><Item><Number>09</Number><Where>/Items/Item[2]/Number</Where></Item></Items>";
    let limits = Limits::default();
    let input = Input { bytes: answer.as_bytes(), format: Format::Xml, charset: None, limits: &limits };
    let aside = Aside { attachments: None, sent: Some(&sent) };
    let (decoded, back) = with_run(|run| {
        let decoded = profile.decode_aside(&input, run, &aside).expect("it reads");
        let back = profile.encode_aside("items", Some(Format::Xml), &decoded.to_message(), run, &aside);
        (decoded, String::from_utf8(back.expect("it writes").bytes).expect("UTF-8"))
    });
    assert_eq!(decoded.records[0]["note"], "records[2].number");
    assert!(back.contains("<Where>/Items/Item[2]/Number</Where>"), "{back}");
    // Without what was sent, and for a place that is none of it, the text stays.
    let (decoded, back) = round(&profile, Format::Xml, answer);
    assert_eq!((decoded.records[0]["note"].as_str(), &*back), (Some("/Items/Item[2]/Number"), answer));
}
