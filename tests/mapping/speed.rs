//! How long a message takes: `cargo test --release --test mapping -- --ignored --nocapture speed`.

use std::time::Instant;

use regbridge::mapping::{Input, Profile};
use regbridge::wire::limits::Limits;

use crate::profiles::{canonical, files, with_run};

/// Rounds: enough that a microsecond shows.
const ROUNDS: u32 = 2000;

#[expect(clippy::print_stdout, reason = "a measurement is there to be printed")]
fn time(what: &str, mut work: impl FnMut()) {
    for _ in 0..ROUNDS / 10 {
        work();
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    println!("{what}: {:.1} µs", start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}

/// The profile without its schema, to time the map alone.
fn without_schema() -> Profile {
    let mut files = files("cn-amr-xml");
    let manifest = String::from_utf8(files.0["profile.toml"].clone()).expect("UTF-8");
    let lines = manifest.lines().filter(|line| !line.starts_with("schema ") && !line.starts_with("order "));
    let text = lines.collect::<Vec<_>>().join("\n");
    files.0.insert("profile.toml".to_owned(), text.into_bytes());
    Profile::load(&files, &canonical()).map_err(|faults| format!("{faults:?}")).expect("it loads").0
}

#[test]
#[ignore = "a measurement"]
fn speed_of_a_complaint_and_a_receipt() {
    let limits = Limits::default();
    for (how, profile) in
        [("map alone", without_schema()), ("with schema", crate::profiles::profile("cn-amr-xml"))]
    {
        for name in ["order-minimal", "order-extended", "order-full", "receipt-accepted", "reply"] {
            let path = format!("samples/{name}.xml");
            let bytes =
                &profile.samples().find(|sample| sample.path == path).expect("a sample").bytes.clone();
            let input =
                Input { bytes, format: regbridge::mapping::Format::Xml, charset: None, limits: &limits };
            with_run(|run| {
                let decoded = profile.decode(&input, run).expect("it decodes");
                let message = decoded.to_message();
                time(&format!("{how}: read {name} ({} bytes)", bytes.len()), || {
                    regbridge::wire::xml::read(bytes, None, &limits).expect("XML");
                });
                time(&format!("{how}: decode {name}"), || {
                    profile.decode(&input, run).expect("it decodes");
                });
                time(&format!("{how}: encode {name}"), || {
                    profile.encode(&decoded.message, None, &message, run).expect("it encodes");
                });
            });
        }
    }
}
