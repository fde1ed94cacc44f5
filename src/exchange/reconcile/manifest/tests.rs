//! Manifests: the same bytes from the same exchanges, and each lie found where it stands.

use super::read::MOST_PROBLEMS;
use super::*;

fn one(at: &str, id: &str, body: &[u8]) -> Line {
    Line {
        at: at.to_owned(),
        direction: Direction::Submit,
        kind: Kind::ComplaintOrder,
        id: escape(id),
        digest: Some(Digest::of(body)),
        mark: Mark::None,
    }
}

fn made() -> Manifest {
    let agency = AgencyId::parse("hz-amr").unwrap();
    let mut reply = one("2026-11-23T11:00:00+08:00", "platform-1", b"reply");
    (reply.direction, reply.kind) = (Direction::Receive, Kind::ComplaintReply);
    let erased = Line { digest: None, ..one("2026-11-23T12:00:00+08:00", "编号 2", b"") };
    let lines = vec![reply, erased, one("2026-11-23T09:30:00+08:00", "m-1", b"order")];
    Manifest::of(agency, day("2026-11-23").unwrap(), lines)
}

/// The lines that are found wrong.
fn places(text: &str) -> Vec<u32> {
    let problems = Manifest::parse(text.as_bytes()).unwrap_err();
    problems.iter().map(|problem| problem.line.unwrap()).collect()
}

#[test]
fn what_is_written_is_read_and_sorted_and_counted() {
    let manifest = made();
    let text = manifest.text();
    assert_eq!(Manifest::parse(text.as_bytes()).unwrap(), manifest);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[4..7], ["count 3", "receive complaint-reply 1", "submit complaint-order 2"]);
    assert!(lines[9].contains(" m-1 ") && lines[11].contains("%E7%BC%96%E5%8F%B7%202 erased -"), "{text}");
    let empty = Manifest::of(manifest.agency, manifest.day, Vec::new());
    assert_eq!(empty.root, Digest::of(b""));
    assert_eq!(Manifest::parse(empty.text().as_bytes()).unwrap(), empty);
}

#[test]
fn each_lie_is_found_where_it_stands() {
    let text = made().text();
    let first = text.lines().nth(9).unwrap().to_owned();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        places(&text.replacen(from, to, 1))
    };
    assert_eq!(changed("manifest v1", "manifest v2"), [1]);
    assert_eq!(changed("day 2026-11-23", "day 2026-11-3"), [3]);
    assert_eq!(changed("count 3", "count 4"), [5]);
    assert_eq!(changed("complaint-order 2", "complaint-order 1"), [7]);
    assert_eq!(changed("root ", "root 0"), [8]);
    let root = made().root.to_string();
    assert_eq!(changed(&root, &"0".repeat(64)), [8], "the root is computed, not believed");
    assert_eq!(changed("09:30:00", "09:31:00"), [8], "a changed line is found by the root");
    assert_eq!(changed("complaint-order m-1", "complaint-ordre m-1"), [10]);
    assert_eq!(changed("m-1 ", "m 1 "), [10]);
    assert_eq!(changed("%E7", "%e7"), [12]);
    assert_eq!(changed("09:30:00", "19:30:00"), [11], "out of order");
    assert_eq!(places(&format!("{text}{first}\n")), [13]);
    assert_eq!(places(text.trim_end()), [12], "cut off");
    assert_eq!(places(""), [1, 1, 2, 3, 4, 5]);
    assert_eq!(Manifest::parse(b"regbridge\n\xff").unwrap_err()[0].line, Some(2));
}

#[test]
fn many_wrong_lines_are_told_up_to_a_screen() {
    let text = made().text() + &"x\n".repeat(10_000);
    assert!(places(&text).len() <= MOST_PROBLEMS + 1);
}
