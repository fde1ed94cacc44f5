//! Killed under load and started again: what was acknowledged is there once, and what was replied arrives.
//!
//! Bureaus submit over several connections without a pause and remember every receipt; the platform replies to some of
//! the cases and remembers every answer; the bureau's endpoint answers slowly, or for a while not at all, so that
//! power also goes between a commit and its delivery, and between a delivery and its settlement. What would be a failure: a
//! receipt whose record is missing or there twice, a receipt that does not verify, another receipt for the same
//! message, a reply that never comes, or comes as two deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::sync::watch;

use crate::bureau::Bureau;
use crate::endpoint::Endpoint;
use crate::house::{House, XIHU, until};
use crate::journal;
use crate::letters::{number, order};
use crate::platform::settled;

/// Bureaus' connections.
const SENDERS: u32 = 4;

/// Power cuts. Six of them at random moments within a second and a half are enough to meet a commit under way (one takes
/// some milliseconds, and one is under way nearly always), and leave the whole test under ninety seconds.
const CUTS: u32 = 6;

/// A pause between a sender's messages: 4 senders, 25 ms and 6 rounds make several hundred receipts, each of which is
/// verified by a process of its own.
const PAUSE: Duration = Duration::from_millis(25);

/// Where the gateway listens now; it changes with every start. None while the power is out.
type Addresses = watch::Receiver<Option<(String, String)>>;

/// What was acknowledged.
#[derive(Default)]
struct Books {
    /// Receipts by serial number.
    receipts: BTreeMap<u32, Vec<u8>>,
    /// Deliveries of replies by serial number.
    replies: BTreeMap<u32, String>,
}

impl Books {
    fn say_too_little(&self) -> bool {
        self.receipts.len() < 60 || self.replies.len() < 6
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut house = House::build("");
    let door = Endpoint::of_bureau(&house, "door");
    let bureau =
        house.add_bureau("hz-amr", XIHU, &["--push", &format!("https://localhost:{}/in", door.port)]);
    let books = Arc::new(Mutex::new(Books::default()));
    let (tell, addresses) = watch::channel(None);
    let (stop, stopped) = watch::channel(false);

    let mut tasks = Vec::new();
    for sender in 0..SENDERS {
        let client = client_of(&bureau);
        let (books, addresses, stopped) = (Arc::clone(&books), addresses.clone(), stopped.clone());
        tasks.push(runtime.spawn(submit_without_end(sender, client, books, addresses, stopped)));
    }
    let token = house.platform().token().to_owned();
    tasks.push(runtime.spawn(reply_without_end(token, Arc::clone(&books), addresses, stopped)));

    let mut cuts = 0;
    // A busy machine gets more of them until there is something to say.
    while cuts < CUTS || (cuts < 3 * CUTS && books.lock().unwrap().say_too_little()) {
        house.open();
        tell.send_replace(Some((house.agencies().to_owned(), house.platform_url().to_owned())));
        door.be_slow(cuts % 3 == 1);
        door.be_down(cuts % 3 == 2);
        std::thread::sleep(Duration::from_millis(400 + chance(1200)));
        house.cut_power();
        tell.send_replace(None);
        cuts += 1;
    }
    door.be_slow(false);
    door.be_down(false);
    house.open();
    tell.send_replace(Some((house.agencies().to_owned(), house.platform_url().to_owned())));
    std::thread::sleep(Duration::from_millis(500));
    stop.send_replace(true);
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    let books = std::mem::take(&mut *books.lock().unwrap());
    assert!(!books.say_too_little(), "{} receipts, {} replies", books.receipts.len(), books.replies.len());

    each_is_there_once(&house, &books);
    runtime.block_on(each_again_gets_the_same_bytes(&house, client_of(&bureau), &books));
    each_receipt_verifies(&house, &bureau, &books);
    each_reply_arrived(&house, &door, &books);
    journal::is_whole(&house);
    house.close();
    journal::is_whole(&house);
    let (receipts, replies) = (books.receipts.len(), books.replies.len());
    println!("{cuts} power cuts: {receipts} receipts and {replies} replies hold");
}

#[test]
fn a_second_gateway_of_the_same_database_does_not_start() {
    let mut house = House::build("");
    house.open();
    let second = house.run(&["serve"]);
    assert!(!second.ok && second.err.contains("another process serves this database"), "{}", second.err);
    house.cut_power();
    house.open();
}

/// Submits one order after the other; one that got no answer is sent again until it gets one.
async fn submit_without_end(
    sender: u32,
    client: Client,
    books: Arc<Mutex<Books>>,
    mut addresses: Addresses,
    stopped: watch::Receiver<bool>,
) {
    let mut serial = sender * 100_000;
    while !*stopped.borrow() {
        serial += 1;
        while let Some((agencies, _)) = here(&mut addresses).await {
            let url = format!("{agencies}/agency/v1/complaint-order");
            let call = client.post(url).header("content-type", "application/xml").body(order(serial));
            // Only a whole answer is an answer.
            let answer = async {
                let answer = call.send().await?;
                let status = answer.status().as_u16();
                Ok::<_, reqwest::Error>((status, answer.bytes().await?))
            };
            match answer.await {
                Ok((200 | 201, receipt)) => {
                    books.lock().unwrap().receipts.insert(serial, receipt.to_vec());
                    break;
                }
                Ok((503, _)) | Err(_) => tokio::time::sleep(PAUSE).await,
                Ok((status, body)) => panic!("{serial}: {status} {}", String::from_utf8_lossy(&body)),
            }
            if *stopped.borrow() {
                return;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Replies to every fourth acknowledged case, under a key of its own.
async fn reply_without_end(
    token: String,
    books: Arc<Mutex<Books>>,
    mut addresses: Addresses,
    stopped: watch::Receiver<bool>,
) {
    let client = Client::builder().no_proxy().tls_backend_preconfigured(tls(None)).build().unwrap();
    while !*stopped.borrow() {
        tokio::time::sleep(PAUSE).await;
        let next = {
            let books = books.lock().unwrap();
            books
                .receipts
                .keys()
                .copied()
                .find(|serial| serial % 4 == 0 && !books.replies.contains_key(serial))
        };
        let (Some(serial), Some((_, platform))) = (next, here(&mut addresses).await) else { continue };
        let answer = async {
            let url = format!("{platform}/platform/v1/cases?registration_number={}", number(serial));
            let page: Value = json(client.get(url).bearer_auth(&token)).await?;
            let case = page["cases"][0]["id"].as_str()?.to_owned();
            let url = format!("{platform}/platform/v1/cases/{case}/replies");
            let call =
                client.post(url).bearer_auth(&token).header("idempotency-key", format!("reply-{serial}"));
            let call = call.header("content-type", "application/json").body(settled().to_string());
            json(call).await?["delivery"].as_str().map(str::to_owned)
        };
        if let Some(delivery) = answer.await {
            books.lock().unwrap().replies.insert(serial, delivery);
        }
    }
}

/// The JSON of a good answer.
async fn json(call: reqwest::RequestBuilder) -> Option<Value> {
    let answer = call.send().await.ok()?;
    let good = answer.status().is_success();
    let bytes = answer.bytes().await.ok()?;
    good.then(|| serde_json::from_slice(&bytes).unwrap())
}

/// Where the gateway listens, once it does; none when that takes too long.
async fn here(addresses: &mut Addresses) -> Option<(String, String)> {
    let found = tokio::time::timeout(Duration::from_secs(10), addresses.wait_for(Option::is_some)).await;
    found.ok()?.ok()?.clone()
}

/// Every acknowledged message has one case, one record, one submission; and nobody has two of anything.
fn each_is_there_once(house: &House, books: &Books) {
    let cases = house.platform().cases(house);
    let mut of_number: BTreeMap<&str, u32> = BTreeMap::new();
    for case in &cases {
        *of_number.entry(case["registration_number"].as_str().unwrap()).or_default() += 1;
    }
    assert!(of_number.values().all(|count| *count == 1), "a registration number with two cases");
    for serial in books.receipts.keys() {
        assert!(of_number.contains_key(number(*serial).as_str()), "order {serial} is lost");
    }
    let entries = journal::entries(house);
    let submissions: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "submission").collect();
    let of_journal: BTreeSet<&str> =
        submissions.iter().map(|entry| entry["case"].as_str().unwrap()).collect();
    assert_eq!(submissions.len(), cases.len(), "one entry for each case");
    let of_platform: BTreeSet<&str> = cases.iter().map(|case| case["id"].as_str().unwrap()).collect();
    assert_eq!(of_journal, of_platform, "journal and store tell the same");
    let replies = entries.iter().filter(|entry| entry["type"] == "reply").count();
    let answered = cases.iter().filter(|case| case["state"] == "replied").count();
    assert_eq!(replies, answered, "one entry for each reply");
    assert!(replies >= books.replies.len());
}

async fn each_again_gets_the_same_bytes(house: &House, client: Client, books: &Books) {
    for (serial, receipt) in &books.receipts {
        let url = format!("{}/agency/v1/complaint-order", house.agencies());
        let call = client.post(url).header("content-type", "application/xml").body(order(*serial));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "order {serial}");
        assert_eq!(answer.bytes().await.unwrap(), receipt, "order {serial} has another receipt");
    }
}

fn each_receipt_verifies(house: &House, bureau: &Bureau, books: &Books) {
    house.write("proof/vkey", &bureau.get(house, "/agency/v1/vkey").is(200).body);
    let path = |name: &str| house.file(&format!("proof/{name}")).display().to_string();
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for (serial, receipt) in books.receipts.iter().skip(half).step_by(2) {
                    let (file, body) = (format!("receipt-{serial}"), format!("body-{serial}"));
                    std::fs::write(path(&file), receipt).unwrap();
                    std::fs::write(path(&body), order(*serial)).unwrap();
                    house.must(&["verify", &path(&file), "--vkey", &path("vkey"), "--body", &path(&body)]);
                }
            });
        }
    });
}

/// Each acknowledged reply came to the bureau, under the delivery that was promised and no other.
fn each_reply_arrived(house: &House, door: &Endpoint, books: &Books) {
    let case_of =
        |serial: u32| house.platform().case_of(house, &number(serial))["id"].as_str().unwrap().to_owned();
    let cases: BTreeMap<u32, String> =
        books.replies.keys().map(|serial| (*serial, case_of(*serial))).collect();
    // What a killed process was sending goes out at the start; what met a 503 waits for its backoff, ten seconds at most
    // after two or three attempts.
    let arrived = until("every reply at the bureau", Duration::from_secs(45), || {
        let book = door.book();
        let taken: BTreeSet<String> = book
            .iter()
            .filter(|received| received.status == 200)
            .map(|received| received.header("regbridge-delivery").to_owned())
            .collect();
        books.replies.values().all(|delivery| taken.contains(delivery)).then_some(book)
    });
    for (serial, delivery) in &books.replies {
        let of_case: Vec<_> =
            arrived.iter().filter(|r| r.header("regbridge-case") == cases[serial]).collect();
        assert!(
            of_case.iter().all(|r| r.header("regbridge-delivery") == delivery),
            "order {serial}: a second delivery"
        );
        assert!(of_case.iter().all(|r| r.body == of_case[0].body), "order {serial}: a delivery that changed");
    }
}

/// A client with its own connection.
fn client_of(bureau: &Bureau) -> Client {
    let timeout = Duration::from_secs(10);
    let builder = Client::builder().no_proxy().timeout(timeout).tls_backend_preconfigured(tls(Some(bureau)));
    builder.tcp_nodelay(true).build().unwrap()
}

fn tls(bureau: Option<&Bureau>) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut roots = RootCertStore::empty();
    let Some(bureau) = bureau else { return builder.with_root_certificates(roots).with_no_client_auth() };
    roots.add(CertificateDer::from_pem_file(&bureau.authority).unwrap()).unwrap();
    let chain = vec![CertificateDer::from_pem_file(&bureau.certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&bureau.key).unwrap();
    let builder = builder.with_root_certificates(roots);
    builder.with_client_auth_cert(chain, key).unwrap()
}

/// A number below `most`, another one each time.
fn chance(most: u64) -> u64 {
    RandomState::new().hash_one(Instant::now()) % most
}
