//! Feeds: pages of many records, cursors, windows that chain, what is confirmed.

use regbridge::clock::{Clock as _, Timestamp};
use regbridge::domain::digest::Digest;
use regbridge::domain::id::AgencyId;
use regbridge::domain::kind::Kind;
use regbridge::domain::region::Region;
use regbridge::exchange::Refused;
use regbridge::exchange::feed::cursor::{BadCursor, CursorKeys, Filter};
use regbridge::exchange::feed::window::empty_root;
use regbridge::exchange::feed::{Asked, FeedPage, Place, Shape};
use regbridge::tlog;
use serde_json::Value;

use crate::bed::{Bed, actor};
use crate::on_both;
use crate::posts::{post, posting, result};

pub(crate) fn asked() -> Asked {
    Asked { place: Place::Start, filter: Filter::default(), limit: 100, shape: Shape::Parts }
}

pub(crate) async fn parts(bed: &Bed, agency: &str, asked: Asked) -> FeedPage {
    bed.gateway.feed(&bed.agency(agency), Kind::InspectionResult, &asked).await.unwrap()
}

async fn refused(bed: &Bed, agency: &str, kind: Kind, asked: Asked) -> Refused {
    bed.gateway.feed(&bed.agency(agency), kind, &asked).await.unwrap_err()
}

async fn lay(bed: &Bed, numbers: std::ops::Range<u32>, region: &str, category: &str) {
    for number in numbers {
        bed.advance(1000);
        post(bed, Kind::InspectionResult, posting(result(&number.to_string(), region, category, "pass")))
            .await
            .unwrap();
    }
}

fn behind(page: &FeedPage) -> Asked {
    Asked { place: Place::Cursor(page.next.clone()), ..asked() }
}

/// The states of the agency's deliveries, oldest first.
async fn states(bed: &Bed, agency: &str) -> Vec<String> {
    let filter = regbridge::exchange::view::CaseFilter {
        agency: Some(AgencyId::parse(agency).unwrap()),
        limit: 100,
        ..Default::default()
    };
    let mut states = Vec::new();
    for case in bed.gateway.cases(&filter).await.unwrap() {
        let all = bed.gateway.case(&actor(), &case.id).await.unwrap().deliveries;
        states.extend(all.into_iter().filter(|d| d.destination.starts_with("agency:")).map(|d| d.state));
    }
    states
}

on_both! {
    async fn windows_chain_and_a_cursor_confirms_the_window_it_came_with(bed: &Bed) {
        lay(bed, 0..5, "330106", "食品").await;
        let first = parts(bed, "hz-fda", Asked { limit: 3, ..asked() }).await;
        let window = &first.window;
        assert_eq!((window.number, window.from, window.to, window.count), (1, 0, 3, 3));
        assert_eq!(window.previous, empty_root());
        assert_eq!(states(bed, "hz-fda").await, ["sent", "sent", "sent", "queued", "queued"]);
        let same = parts(bed, "hz-fda", Asked { limit: 3, ..asked() }).await;
        assert_eq!((&same.body, same.window.root), (&first.body, window.root), "asked again it is the same");
        let second = parts(bed, "hz-fda", behind(&first)).await;
        assert_eq!((second.window.number, second.window.from, second.window.count), (2, 3, 2));
        assert_eq!(second.window.previous, window.root);
        assert_eq!(states(bed, "hz-fda").await, ["received", "received", "received", "sent", "sent"]);
        let end = parts(bed, "hz-fda", behind(&second)).await;
        assert_eq!((end.body.as_ref(), end.window.count, &end.next), (None, 0, &second.next));
        assert_eq!(states(bed, "hz-fda").await, ["received"; 5]);
        lay(bed, 5..6, "330106", "食品").await;
        let third = parts(bed, "hz-fda", behind(&end)).await;
        assert_eq!((third.window.number, third.window.previous), (3, second.window.root), "empty ones are passed over");
        let pulls: Vec<Value> = bed.entries().await.into_iter().filter(|e| e["type"] == "pull").collect();
        let counts: Vec<_> = pulls.iter().map(|e| e["count"].as_u64().unwrap()).collect();
        assert_eq!(counts, [3, 3, 2, 0, 1], "what confirms is an entry, too");
        assert_eq!(pulls[2]["root"], second.window.root.to_string());
        let kept = bed
            .gateway
            .feed_windows(&AgencyId::parse("hz-fda").unwrap(), Kind::InspectionResult, None, 9)
            .await
            .unwrap();
        assert_eq!(kept.iter().map(|window| window.count).collect::<Vec<_>>(), [3, 3, 2, 1]);
    }

    async fn a_root_is_over_what_the_journal_has_of_the_deliveries_and_the_note_is_signed(bed: &Bed) {
        lay(bed, 0..3, "330106", "食品").await;
        let page = parts(bed, "hz-fda", asked()).await;
        let entries = bed.entries().await;
        let of = entries.iter().filter(|e| e["type"] == "reply" && e["agency"] == "hz-fda");
        let leaves: Vec<tlog::Hash> = of
            .map(|e| tlog::leaf_hash(Digest::parse(e["body"].as_str().unwrap()).unwrap().as_bytes()))
            .collect();
        let root = tlog::Frontier::empty().append(&leaves).root();
        assert_eq!(page.window.root, Digest::from_bytes(root));
        let opened = tlog::open(&page.note, std::slice::from_ref(&bed.verifier)).unwrap();
        assert!(opened.text.starts_with("regbridge feed window v1\nregbridge.example/test\nagency hz-fda\n"));
        let body = Digest::of(page.body.as_ref().unwrap());
        for line in [format!("root {}", page.window.root), format!("body {body}"), "count 3".to_owned()] {
            assert!(opened.text.lines().any(|said| said == line), "{line} in {}", opened.text);
        }
    }

    async fn a_batch_is_one_message_of_the_profile_with_its_window_in_it(bed: &Bed) {
        lay(bed, 0..3, "330106", "食品").await;
        let batch = parts(bed, "hz-fda", Asked { shape: Shape::Message(None), ..asked() }).await;
        let message: Value = serde_json::from_slice(batch.body.as_ref().unwrap()).unwrap();
        let numbers: Vec<_> = message["results"].as_array().unwrap().iter().map(|r| r["number"].clone()).collect();
        assert_eq!(numbers, ["0", "1", "2"]);
        assert_eq!((&message["window"]["root"], &message["window"]["count"]), (&batch.window.root.to_string().into(), &3.into()));
        let same = parts(bed, "hz-fda", asked()).await;
        assert_eq!(same.window.root, batch.window.root, "both forms have one root");
        // A message of leads holds one.
        for number in ["L-1", "L-2"] {
            post(bed, Kind::EnforcementLead, posting(crate::posts::lead(number, "330106"))).await.unwrap();
        }
        let leads = Asked { shape: Shape::Message(None), ..asked() };
        let page = bed.gateway.feed(&bed.agency("hz-fda"), Kind::EnforcementLead, &leads).await.unwrap();
        assert_eq!(page.window.count, 1);
        let both = bed.gateway.feed(&bed.agency("hz-fda"), Kind::EnforcementLead, &asked()).await.unwrap();
        assert_eq!(both.window.count, 2, "in parts there is room for all");
    }

    async fn a_filter_stays_within_the_scopes_and_has_a_chain_of_its_own(bed: &Bed) {
        lay(bed, 0..2, "330106", "食品").await;
        lay(bed, 2..4, "330102", "食品").await;
        lay(bed, 4..5, "330106", "玩具").await;
        let filter = |region: Option<&str>, category: Option<&str>| Filter {
            region: region.map(|region| Region::parse(region).unwrap()),
            category: category.map(str::to_owned),
        };
        let count = async |agency, filter| parts(bed, agency, Asked { filter, ..asked() }).await.window.count;
        assert_eq!(count("hz-fda", filter(None, None)).await, 4, "of its category alone");
        assert_eq!(count("hz-fda", filter(Some("330106"), None)).await, 2);
        assert_eq!(count("zj-fda", filter(Some("330106"), Some("玩具"))).await, 1);
        assert_eq!(count("zj-fda", filter(None, None)).await, 5);
        let kind = Kind::InspectionResult;
        for beyond in [filter(Some("330000"), None), filter(Some("330200"), None), filter(None, Some("玩具"))] {
            let refused = refused(bed, "hz-fda", kind, Asked { filter: beyond.clone(), ..asked() }).await;
            assert!(matches!(refused, Refused::OutOfScope(_)), "{beyond:?}: {refused:?}");
        }
        let one = Asked { filter: filter(Some("330106"), None), ..asked() };
        let page = parts(bed, "hz-fda", one.clone()).await;
        let rest = parts(bed, "hz-fda", Asked { place: Place::Cursor(page.next.clone()), ..one }).await;
        assert_eq!(rest.window.count, 0);
        assert_eq!(states(bed, "hz-fda").await, ["received", "received", "sent", "sent"], "it confirms its own alone");
        let foreign = refused(bed, "hz-fda", kind, behind(&page)).await;
        assert!(matches!(foreign, Refused::BadCursor(BadCursor::Filter)), "{foreign:?}");
    }

    async fn a_cursor_is_of_its_agency_and_kind_and_outlives_one_change_of_keys(bed: &Bed) {
        lay(bed, 0..2, "330106", "食品").await;
        let page = parts(bed, "hz-fda", Asked { limit: 1, ..asked() }).await;
        let kind = Kind::InspectionResult;
        assert!(matches!(refused(bed, "zj-fda", kind, behind(&page)).await, Refused::BadCursor(BadCursor::Agency)));
        let other = refused(bed, "hz-fda", Kind::EnforcementLead, behind(&page)).await;
        assert!(matches!(other, Refused::BadCursor(BadCursor::Kind(Kind::InspectionResult))));
        bed.gateway.replace_cursor_keys(CursorKeys::new(&[[8; 32], [9; 32]]));
        let rest = parts(bed, "hz-fda", behind(&page)).await;
        assert_eq!((rest.window.count, rest.window.previous), (1, page.window.root));
        bed.gateway.replace_cursor_keys(CursorKeys::new(&[[8; 32]]));
        assert!(matches!(refused(bed, "hz-fda", kind, behind(&page)).await, Refused::BadCursor(BadCursor::Key)));
        parts(bed, "hz-fda", behind(&rest)).await;
    }

    async fn who_lost_the_place_asks_from_a_time(bed: &Bed) {
        lay(bed, 0..2, "330106", "食品").await;
        let between: Timestamp = bed.clock.now();
        bed.advance(1);
        lay(bed, 2..4, "330106", "食品").await;
        let since = Asked { place: Place::Since(bed.clock.now()), ..asked() };
        assert_eq!(parts(bed, "hz-fda", since).await.window.count, 1, "from that moment on, it included");
        bed.advance(10_000);
        let late = Asked { place: Place::Since(bed.clock.now()), ..asked() };
        let page = parts(bed, "hz-fda", late).await;
        assert_eq!((page.window.count, page.window.from), (0, 4));
        let since = Asked { place: Place::Since(between.plus_millis(1)), ..asked() };
        let page = parts(bed, "hz-fda", since).await;
        assert_eq!((page.window.from, page.window.count, page.window.number), (2, 2, 1));
        assert_eq!(states(bed, "hz-fda").await, ["queued", "queued", "sent", "sent"], "nothing is said of what came before");
        lay(bed, 4..5, "330106", "食品").await;
        assert_eq!(parts(bed, "hz-fda", behind(&page)).await.window.previous, page.window.root);
    }

    async fn a_report_says_that_there_was_nothing_and_begins_where_the_last_one_ended(bed: &Bed) {
        let (agency, kind) = (AgencyId::parse("hz-fda").unwrap(), Kind::InspectionResult);
        assert_eq!(parts(bed, "hz-fda", asked()).await.report, None);
        let empty = bed.gateway.report_feed(&agency, kind).await.unwrap();
        assert_eq!((empty.count, empty.number, Digest::from_bytes(empty.root)), (0, 1, empty_root()));
        assert_eq!(parts(bed, "hz-fda", asked()).await.report, Some(empty.note.clone()));
        tlog::open(&empty.note, std::slice::from_ref(&bed.verifier)).unwrap();
        lay(bed, 0..3, "330106", "食品").await;
        let full = bed.gateway.report_feed(&agency, kind).await.unwrap();
        assert_eq!((full.count, full.number, full.from, full.to, full.previous), (3, 2, 0, 3, empty.root));
        let page = parts(bed, "hz-fda", asked()).await;
        assert_eq!((Digest::from_bytes(full.root), page.report), (page.window.root, None), "where something waits it is no news");
        let again = bed.gateway.report_feed(&agency, kind).await.unwrap();
        assert_eq!((again.count, again.from, again.previous), (0, 3, full.root));
        let stranger = bed.gateway.report_feed(&AgencyId::parse("nobody").unwrap(), kind).await;
        assert!(matches!(stranger, Err(Refused::NotFound)));
        let other = bed.gateway.report_feed(&AgencyId::parse("hz-amr").unwrap(), kind).await;
        assert!(matches!(other, Err(Refused::OutOfScope(_))));
    }

    async fn what_was_taken_out_of_the_scopes_is_served_no_more(bed: &Bed) {
        lay(bed, 0..2, "330106", "食品").await;
        let mut narrowed = (*bed.agency("hz-fda")).clone();
        narrowed.scopes[0].regions = vec![Region::parse("330102").unwrap()];
        let page = bed.gateway.feed(&narrowed, Kind::InspectionResult, &asked()).await.unwrap();
        assert_eq!((page.body, page.window.count), (None, 0));
    }
}
