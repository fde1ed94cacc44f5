//! Pulling: eight agencies that pull their feeds to the end, page by page, beside the same rows without a gateway.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::cli::bench::connection::Connection;
use crate::cli::bench::stage::{Server, Stage};
use crate::cli::world::{Which, World};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::id::{AgencyId, DeliveryId};
use crate::domain::kind::{Direction, Kind};
use crate::exchange::delivery::Destination;
use crate::exchange::post::Posting;
use crate::exchange::view::Actor;
use crate::store::feed::Stretch;
use crate::store::journal::JournalHead;
use crate::store::window::FeedWindow;
use crate::store::{Store, StoreError, Tx};

/// How many agencies pull at once.
const AGENCIES: usize = 8;

/// Records of a page: as many as the profile's message holds.
pub(super) const PAGE: u32 = 200;

/// What is pulled.
const KIND: Kind = Kind::OperatorIdentity;

fn agency(number: usize) -> String {
    format!("bench-puller-{number}")
}

/// What was pulled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pulled {
    pages: usize,
    records: usize,
    seconds: f64,
}

impl Pulled {
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    pub(super) fn pages(self) -> f64 {
        self.pages as f64 / self.seconds
    }

    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    pub(super) fn records(self) -> f64 {
        self.records as f64 / self.seconds
    }
}

/// A stage on which so many records wait for each of the agencies.
pub(super) fn laid(records: u32) -> anyhow::Result<Stage> {
    let stage = Stage::make(None)?;
    for number in 0..AGENCIES {
        stage.add(&agency(number), "cn-operator-report", KIND, Direction::Receive)?;
    }
    let world = World::load(&stage.context)?;
    actix_web::rt::System::new().block_on(async {
        let (gateway, writer) = world.open(Which::Spoken).await?;
        let actor = Actor { name: "bench".to_owned(), may_write: true };
        for number in 0..records {
            let record = json!({
                "registration_number": format!("op-{number:08}"), "period": "2027-01", "region": "330106",
                "change": "unchanged",
                "operator": {
                    "kind": "company", "name": format!("示例电子商务有限公司{number}"),
                    "ids": [{ "scheme": "uscc", "value": "91330106MA00000016" }],
                    "legal_person": "示例丙", "address": "杭州市西湖区示例路1号", "phones": ["0571-00000001"],
                },
                "shops": [{ "id": format!("shop-{number:08}"), "name": "示例旗舰店", "categories": ["家居用品", "水杯"] }],
            });
            let posting = Posting { record, to: Vec::new(), key: None, split: false };
            let posted = gateway.post(&actor, KIND, posting).await;
            let (posted, _) = posted.map_err(|refused| anyhow::anyhow!("{refused}"))?;
            if posted.len() != AGENCIES {
                bail!("a record went to {} agencies", posted.len());
            }
        }
        drop(gateway);
        writer.await?;
        anyhow::Ok(())
    })?;
    Ok(stage)
}

/// All agencies pull to the end, each over a connection of its own.
pub(super) fn pull(stage: &Stage, server: &Server) -> anyhow::Result<Pulled> {
    let connections: Vec<Connection> = (0..AGENCIES)
        .map(|number| Connection::open(server.address, Arc::new(stage.tls(&agency(number))?)))
        .collect::<Result<_, _>>()?;
    let begun = Instant::now();
    let counts: Vec<anyhow::Result<(usize, usize)>> = std::thread::scope(|scope| {
        let pullers: Vec<_> =
            connections.into_iter().map(|connection| scope.spawn(|| to_the_end(connection))).collect();
        pullers.into_iter().map(|puller| puller.join().expect("a puller does not panic")).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let mut pulled = Pulled { pages: 0, records: 0, seconds };
    for count in counts {
        let (pages, records) = count?;
        pulled.pages += pages;
        pulled.records += records;
    }
    Ok(pulled)
}

fn to_the_end(mut connection: Connection) -> anyhow::Result<(usize, usize)> {
    let (mut pages, mut records) = (0, 0);
    let mut path = format!("/agency/v1/{KIND}?limit={PAGE}");
    loop {
        let got = connection.get(&path)?;
        match got.status {
            204 => return Ok((pages, records)),
            200 => {
                pages += 1;
                let count = got.header("regbridge-window-count").context("a page without a window")?;
                records += count.parse::<usize>()?;
                let cursor = got.header("regbridge-cursor").context("a page without a cursor")?;
                path = format!("/agency/v1/{KIND}?limit={PAGE}&after={cursor}");
            }
            other => bail!("a page was answered with {other}"),
        }
    }
}

/// Records a second that the store alone gives out and notes down: the same rows read, the same rows written, page by page
/// and in as many tasks, with no TLS, no format, no root and no signature.
pub(super) fn without_a_gateway(stage: &Stage) -> anyhow::Result<f64> {
    let world = World::load(&stage.context)?;
    actix_web::rt::System::new().block_on(async {
        let store = world.open_store().await?;
        let begun = Instant::now();
        let tasks: Vec<_> = (0..AGENCIES)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { one(&store, &AgencyId::parse(&agency(number))?).await })
            })
            .collect();
        let mut records = 0;
        for task in tasks {
            records += task.await??;
        }
        #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
        let rate = records as f64 / begun.elapsed().as_secs_f64();
        Ok(rate)
    })
}

async fn one(store: &Store, agency: &AgencyId) -> anyhow::Result<usize> {
    let destination = Destination::Agency(agency.clone()).to_text();
    let (mut after, mut number, mut records) = (0, 0, 0);
    let mut before: Vec<DeliveryId> = Vec::new();
    loop {
        let stretch = Stretch {
            destination: &destination,
            kind: KIND.as_str(),
            after,
            through: u64::from(u32::MAX),
            region: "",
            superseded: false,
        };
        let keys = store.read("bench.keys", async |mut tx: Tx| tx.feed_keys(stretch, PAGE).await).await?;
        let ids: Vec<DeliveryId> = keys.iter().map(|key| key.id.clone()).collect();
        let Some(last) = keys.last().map(|key| key.sequence) else { return Ok(records) };
        let bodies = store.read("bench.bodies", async |mut tx: Tx| tx.feed_bodies(&ids).await).await?;
        number += 1;
        let now = SystemClock.now();
        let page = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            tx.confirm(&before, now).await?;
            tx.hand_over(&ids).await?;
            let window = FeedWindow {
                journal_index: head.size,
                agency: agency.clone(),
                kind: KIND,
                purpose: "page".to_owned(),
                region: None,
                category: None,
                number,
                from: after,
                to: last,
                count: ids.len() as u64,
                root: [7; 32],
                previous: [7; 32],
                note: "x".repeat(600),
                at: now,
            };
            tx.insert_feed_window(&window).await?;
            let next = JournalHead { size: head.size + 1, ..head.clone() };
            tx.journal_append(head.size, &[vec![b'x'; 500]], &[], &next).await
        };
        store.run_tx::<_, StoreError, _>("bench.page", page).await?;
        records += bodies.len();
        (after, before) = (last, ids);
    }
}
