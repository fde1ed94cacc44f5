//! Against real servers: an agency that demands a client certificate, and a webhook receiver.

use std::process::{Command, Stdio};
use std::sync::Mutex;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::*;
use crate::client::https::Scheme;
use crate::client::identity::Identity;
use crate::client::webhook::tests::{leased, webhook};
use crate::clock::SystemClock;
use crate::domain::agency::Agency;
use crate::domain::registry::Entrant;

type Ca = CertifiedIssuer<'static, KeyPair>;

fn ca() -> Ca {
    ca_named("authority")
}

fn ca_named(name: &str) -> Ca {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn leaf(ca: &Ca, name: &str, use_for: ExtendedKeyUsagePurpose) -> (String, String) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages = vec![use_for];
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, ca).unwrap().pem(), key.serialize_pem())
}

fn identity(trusted: &Ca, ours: &Ca) -> Identity {
    let (certificate, key) = leaf(ours, "gateway", ExtendedKeyUsagePurpose::ClientAuth);
    Identity::mutual(trusted.pem().as_bytes(), certificate.as_bytes(), key.as_bytes()).unwrap()
}

/// Headers, body, and the client certificate if one was shown.
type Request = (Vec<(String, String)>, Vec<u8>, Vec<u8>);

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
}

/// What the peer does with a request.
#[derive(Clone, Copy)]
enum Manner {
    Answer(u16),
    AskLater,
    KnowsUs,
    Redirect,
    Speak,
    Flood,
    Sleep,
}

struct Peer {
    port: u16,
    seen: Arc<Seen>,
    handle: ServerHandle,
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

struct Client(Vec<u8>);

async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    seen: web::Data<Arc<Seen>>,
    manner: web::Data<Manner>,
) -> HttpResponse {
    let text = |v: &actix_web::http::header::HeaderValue| v.to_str().unwrap_or("").to_owned();
    let headers = request.headers().iter().map(|(n, v)| (n.to_string(), text(v))).collect();
    let client = request.conn_data::<Client>().map(|c| c.0.clone()).unwrap_or_default();
    seen.requests.lock().unwrap().push((headers, body.to_vec(), client));
    match **manner {
        Manner::Answer(status) => {
            HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).finish()
        }
        Manner::AskLater => HttpResponse::ServiceUnavailable().insert_header(("retry-after", "90")).finish(),
        Manner::KnowsUs => {
            let ours = request.headers().get("regbridge-delivery").unwrap().clone();
            HttpResponse::Conflict().insert_header(("regbridge-delivery", ours)).finish()
        }
        Manner::Redirect => {
            HttpResponse::Found().insert_header(("location", "https://elsewhere.example/")).finish()
        }
        Manner::Speak => {
            HttpResponse::Accepted().content_type("text/xml; charset=GBK").body(vec![0xCD, 0xB6])
        }
        // Never ends: only a bounded reader comes back from it.
        Manner::Flood => {
            HttpResponse::Ok().content_type("text/plain").streaming(futures_util::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(web::Bytes::from_static(&[b'x'; 4096]))
            }))
        }
        Manner::Sleep => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            HttpResponse::Ok().finish()
        }
    }
}

/// A server on a port of its own; over TLS with `tls`, which is (its authority, whose clients it admits).
fn serve(manner: Manner, tls: Option<(&Ca, &Ca)>) -> Peer {
    let seen = Arc::new(Seen::default());
    let (for_app, manner) = (Arc::clone(&seen), web::Data::new(manner));
    let server = HttpServer::new(move || {
        let seen = web::Data::new(Arc::clone(&for_app));
        App::new().app_data(seen).app_data(manner.clone()).default_service(web::to(answer))
    })
    .workers(1)
    .disable_signals()
    .on_connect(|io, extensions| {
        type Stream = actix_tls::accept::rustls_0_23::TlsStream<actix_web::rt::net::TcpStream>;
        if let Some(stream) = io.downcast_ref::<Stream>()
            && let Some(chain) = stream.get_ref().1.peer_certificates()
        {
            extensions.insert(Client(chain[0].to_vec()));
        }
    });
    let address = ("127.0.0.1", 0);
    let server = match tls {
        Some((own, clients)) => server.bind_rustls_0_23(address, server_tls(own, clients)).unwrap(),
        None => server.bind(address).unwrap(),
    };
    let port = server.addrs()[0].port();
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    Peer { port, seen, handle }
}

fn server_tls(own: &Ca, clients: &Ca) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(clients.pem().as_bytes()).unwrap()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let (certificate, key) = leaf(own, "localhost", ExtendedKeyUsagePurpose::ServerAuth);
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap()
}

fn agency_at(url: &str) -> Registries {
    let agency: Agency = toml::from_str(&format!(
        "id = \"hz-amr\"\nname = \"杭州\"\nregion = \"330100\"\nprofile = \"cn-amr-xml\"\n\
         [delivery]\nmode = \"push\"\nurl = \"{url}\"\n"
    ))
    .unwrap();
    let registry = Arc::new(Registry::new(1, vec![Entrant { agency, secret: None }]).unwrap());
    Arc::new(move || Arc::clone(&registry))
}

struct Sender {
    outbound: Outbound,
    https: Arc<Https>,
}

fn sender(peer: &Peer, identity: &Identity) -> Sender {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let https = Arc::new(Https::new(identity, Scheme::HttpsOnly, Arc::clone(&clock)).unwrap());
    let agencies = agency_at(&format!("https://localhost:{}/inbox", peer.port));
    let hook = webhook(&format!("http://127.0.0.1:{}/hook", peer.port)).unwrap();
    let hooks = BTreeMap::from([("cases".to_owned(), hook)]);
    Sender { outbound: Outbound::new(Arc::clone(&https), agencies, hooks, PathBuf::new(), clock), https }
}

fn to_agency() -> Leased {
    let mut leased = leased(Destination::Agency(AgencyId::parse("hz-amr").unwrap()));
    leased.kind = "complaint-reply".to_owned();
    leased.content_type = "application/xml; charset=GB18030".to_owned();
    leased.body = vec![0xCD, 0xB6];
    leased.until = SystemClock.now().plus_millis(60_000);
    leased
}

async fn outcome_of(manner: Manner) -> (Outcome, Peer) {
    let (theirs, ours) = (ca(), ca());
    let peer = serve(manner, Some((&theirs, &ours)));
    let outcome = sender(&peer, &identity(&theirs, &ours)).outbound.send(&to_agency()).await;
    (outcome, peer)
}

#[tokio::test]
async fn a_push_carries_the_message_our_certificate_and_the_headers() {
    let (outcome, peer) = outcome_of(Manner::Answer(202)).await;
    assert!(matches!(outcome, Outcome::Done { status: Some(202), .. }), "{outcome:?}");
    let requests = peer.seen.requests.lock().unwrap();
    let (headers, body, client) = &requests[0];
    let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let leased = to_agency();
    assert_eq!(header("regbridge-delivery"), Some(leased.id.as_str()));
    assert_eq!(header("idempotency-key"), Some(leased.id.as_str()));
    assert_eq!(header("regbridge-case"), Some(leased.case.as_str()));
    assert_eq!(header("regbridge-kind"), Some("complaint-reply"));
    assert_eq!(header("regbridge-attempt"), Some("1"));
    assert_eq!(header("content-type"), Some("application/xml; charset=GB18030"));
    assert_eq!(body, &[0xCD, 0xB6]);
    assert!(!client.is_empty(), "the peer saw a client certificate");
}

#[tokio::test]
async fn answers_are_judged_as_the_table_says() {
    let (outcome, _peer) = outcome_of(Manner::AskLater).await;
    assert!(
        matches!(outcome, Outcome::RetryAfter { millis: Some(90_000), status: Some(503), .. }),
        "{outcome:?}"
    );
    let (outcome, _peer) = outcome_of(Manner::KnowsUs).await;
    assert!(matches!(outcome, Outcome::Done { status: Some(409), .. }), "{outcome:?}");
    let (outcome, peer) = outcome_of(Manner::Redirect).await;
    assert!(matches!(outcome, Outcome::RetryAfter { status: Some(302), .. }), "{outcome:?}");
    assert_eq!(peer.seen.requests.lock().unwrap().len(), 1, "a redirect is not followed");
    let (outcome, _peer) = outcome_of(Manner::Answer(422)).await;
    assert!(matches!(outcome, Outcome::GiveUp { status: Some(422), .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let outcome = tokio::time::timeout(Duration::from_secs(10), outcome_of(Manner::Flood)).await;
    let (outcome, _peer) = outcome.expect("64 KiB are read and no more");
    assert!(matches!(outcome, Outcome::Done { status: Some(200), said: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_the_peer_said_is_handed_on_as_it_came() {
    let (outcome, _peer) = outcome_of(Manner::Speak).await;
    let Outcome::Done { said: Some(said), detail, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((said.content_type.as_str(), &*said.body), ("text/xml; charset=GBK", &[0xCD, 0xB6][..]));
    assert_eq!(
        (detail.as_str(), format!("{said:?}").as_str()),
        ("202 with 2 bytes of text/xml", "2 bytes of text/xml; charset=GBK")
    );
    let (outcome, _peer) = outcome_of(Manner::Answer(204)).await;
    assert!(matches!(outcome, Outcome::Done { said: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_call_ends_before_its_lease_does() {
    let (theirs, ours) = (ca(), ca());
    let peer = serve(Manner::Sleep, Some((&theirs, &ours)));
    let sender = sender(&peer, &identity(&theirs, &ours));
    let mut leased = to_agency();
    leased.until = SystemClock.now().plus_millis(6_500);
    let outcome = sender.outbound.send(&leased).await;
    assert!(SystemClock.now() < leased.until.plus_millis(-4_000), "the margin is left");
    let Outcome::RetryAfter { millis: None, status: None, detail } = outcome else { panic!("{outcome:?}") };
    assert_eq!(detail, "no answer in time");
    leased.until = SystemClock.now().plus_millis(5_500);
    let outcome = sender.outbound.send(&leased).await;
    assert!(matches!(outcome, Outcome::RetryAfter { status: None, .. }), "{outcome:?}");
    assert_eq!(peer.seen.requests.lock().unwrap().len(), 1, "no call under a lease that is nearly over");
}

#[tokio::test]
async fn a_refused_certificate_is_a_fault_of_configuration_on_either_side() {
    let (theirs, ours, strange, namesake) = (ca(), ca(), ca_named("another"), ca());
    let peer = serve(Manner::Answer(200), Some((&theirs, &ours)));
    for (identity, told) in [
        (identity(&theirs, &strange), "the peer refuses our client certificate (TLS alert UnknownCA)"),
        (identity(&theirs, &namesake), "the peer refuses our client certificate (TLS alert DecryptError)"),
        (Identity::anonymous(theirs.pem().as_bytes()).unwrap(), "the peer refuses our client certificate"),
        (identity(&strange, &ours), "the peer's certificate is not to be believed"),
    ] {
        let outcome = sender(&peer, &identity).outbound.send(&to_agency()).await;
        let Outcome::RetryAfter { millis, status: None, detail } = outcome else { panic!("{outcome:?}") };
        assert_eq!(millis, Some(verdict::CONFIGURATION_MILLIS), "{detail}");
        assert!(detail.contains(told), "{detail}");
    }
    assert!(peer.seen.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nobody_there_is_an_outage() {
    let (theirs, ours) = (ca(), ca());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut peer = serve(Manner::Answer(200), None);
    peer.port = free;
    let outcome = sender(&peer, &identity(&theirs, &ours)).outbound.send(&to_agency()).await;
    assert!(matches!(outcome, Outcome::RetryAfter { millis: None, status: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_replaced_certificate_is_the_one_that_is_shown_next() {
    let (theirs, ours) = (ca(), ca());
    let peer = serve(Manner::Answer(200), Some((&theirs, &ours)));
    let sender = sender(&peer, &identity(&theirs, &ours));
    sender.outbound.send(&to_agency()).await;
    sender.https.replace(&identity(&theirs, &ours)).unwrap();
    sender.outbound.send(&to_agency()).await;
    let requests = peer.seen.requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert_ne!(requests[0].2, requests[1].2, "neither the pool nor a resumed session kept the old one");
}

#[tokio::test]
async fn a_webhook_is_verified_by_somebody_elses_hmac() {
    const VERIFIER: &str = "import base64, hashlib, hmac, sys
secret = base64.b64decode(sys.argv[1].removeprefix('whsec_'))
signed = f'{sys.argv[2]}.{sys.argv[3]}.'.encode() + sys.stdin.buffer.read()
ours = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
sys.exit(0 if any(hmac.compare_digest('v1,' + ours, s) for s in sys.argv[4].split(' ')) else 1)";
    let (theirs, ours) = (ca(), ca());
    let peer = serve(Manner::Answer(204), None);
    let sender = sender(&peer, &identity(&theirs, &ours));
    let mut leased = leased(Destination::Webhook("cases".to_owned()));
    leased.until = SystemClock.now().plus_millis(60_000);
    let outcome = sender.outbound.send(&leased).await;
    assert!(matches!(outcome, Outcome::Done { status: Some(204), .. }), "{outcome:?}");
    let requests = peer.seen.requests.lock().unwrap();
    let (headers, body, _) = &requests[0];
    let header = |name: &str| &headers.iter().find(|(n, _)| n == name).expect(name).1;
    assert_eq!(header("content-type"), "application/cloudevents+json");
    let verify = |body: &[u8]| {
        let mut python = Command::new("python3")
            .args(["-c", VERIFIER, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
            .args([header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")])
            .stdin(Stdio::piped())
            .spawn()
            .expect("python3 is on every machine that runs the tests");
        std::io::Write::write_all(&mut python.stdin.take().unwrap(), body).unwrap();
        python.wait().unwrap().success()
    };
    assert!(verify(body));
    assert!(!verify(&[body, &b" "[..]].concat()), "the verifier does refuse another body");
}
