//! How fast: durable submissions per second through the group committer, with all their rows. Prints, never fails:
//! `cargo test --release --test store speed -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bed::{Bed, submission};
use crate::crash::committer;

async fn measure(name: &str, bed: &Bed, callers: usize) {
    let committer = Arc::new(committer(&bed.store));
    let mut submitters = tokio::task::JoinSet::new();
    let begin = Instant::now();
    for caller in 0..callers {
        let committer = committer.clone();
        submitters.spawn(async move {
            let mut waits = Vec::new();
            for i in 0.. {
                if begin.elapsed() > Duration::from_secs(6) {
                    break;
                }
                let mut new = submission("hz-amr", &format!("{callers}/{caller}/{i}"));
                new.body.resize(2048, b'x');
                let asked = Instant::now();
                committer.submit(new).await.unwrap();
                waits.push(asked.elapsed());
            }
            waits
        });
    }
    let mut waits: Vec<Duration> = submitters.join_all().await.into_iter().flatten().collect();
    let rate = u128::try_from(waits.len()).unwrap() * 1000 / begin.elapsed().as_millis();
    waits.sort();
    let (p50, p99) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    eprintln!("{name}\t{callers} callers\t{rate} submissions/s\tp50 {p50:.1?}\tp99 {p99:.1?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn of_the_group_committer() {
    for callers in [64, 256] {
        let bed = Bed::sqlite().await.unwrap();
        measure("sqlite", &bed, callers).await;
        bed.end().await;
        if let Some(bed) = Bed::postgres().await {
            measure("postgres", &bed, callers).await;
            bed.end().await;
        }
    }
}
