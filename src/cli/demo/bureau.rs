//! The simulated bureau: a client with a certificate, and an endpoint of its own that takes what is pushed to it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context as _;

use crate::cli::demo::setup::Stage;
use crate::client::identity::Identity;
use crate::clock::SystemClock;
use crate::pki::{Issued, Trust, TrustPaths};

/// A call's answer.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A caller that presents a certificate.
pub(super) struct Caller {
    client: reqwest::Client,
    base: String,
}

impl Caller {
    /// With this certificate, to the gateway's agency listener.
    pub(super) fn new(stage: &Stage, certificate: &Issued, gateway: SocketAddr) -> anyhow::Result<Self> {
        let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
        let authority = read(&stage.folder.join("pki/ca.crt"))?;
        let identity =
            Identity::mutual(&authority, &read(&certificate.certificate)?, &read(&certificate.key)?)?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(identity.tls()?)
            .no_proxy()
            .resolve("localhost", gateway)
            .build()?;
        Ok(Self { client, base: format!("https://localhost:{}", gateway.port()) })
    }

    pub(super) async fn post(&self, path: &str, media: &str, body: Vec<u8>) -> anyhow::Result<Answered> {
        let request =
            self.client.post(format!("{}{path}", self.base)).header("content-type", media).body(body);
        answered(request.send().await?).await
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Answered> {
        answered(self.client.get(format!("{}{path}", self.base)).send().await?).await
    }
}

pub(super) async fn answered(response: reqwest::Response) -> anyhow::Result<Answered> {
    Ok(Answered { status: response.status().as_u16(), body: response.bytes().await?.to_vec() })
}

/// What was pushed: the delivery's id and the message.
pub(super) type Pushed = (String, Vec<u8>);

/// The bureau's own endpoint: mutual TLS, keeps what comes.
pub(super) struct Inbox {
    pub(super) address: SocketAddr,
    messages: Arc<Mutex<Vec<Pushed>>>,
    handle: ServerHandle,
}

impl Inbox {
    pub(super) fn open(stage: &Stage) -> anyhow::Result<Self> {
        let pki = stage.folder.join("pki");
        let paths = TrustPaths {
            certificate: stage.inbox.certificate.clone(),
            key: stage.inbox.key.clone(),
            ..TrustPaths::of_authority(&pki)
        };
        let trust = Trust::load(&paths, Arc::new(SystemClock))?;
        let messages: Arc<Mutex<Vec<Pushed>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let kept = web::Data::new(Arc::clone(&messages));
        let server =
            HttpServer::new(move || App::new().app_data(kept.clone()).route("/inbox", web::post().to(take)))
                .workers(1)
                .disable_signals()
                .listen_rustls_0_23(listener, trust.server_config())?
                .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Ok(Self { address, messages, handle })
    }

    /// What has come so far.
    pub(super) fn messages(&self) -> Vec<Pushed> {
        self.messages.lock().map(|kept| kept.clone()).unwrap_or_default()
    }

    pub(super) async fn close(&self) {
        self.handle.stop(false).await;
    }
}

async fn take(
    request: HttpRequest,
    body: web::Bytes,
    kept: web::Data<Arc<Mutex<Vec<Pushed>>>>,
) -> HttpResponse {
    let delivery =
        request.headers().get("regbridge-delivery").and_then(|id| id.to_str().ok()).unwrap_or_default();
    if let Ok(mut kept) = kept.lock()
        && kept.iter().all(|(id, _)| id != delivery)
    {
        kept.push((delivery.to_owned(), body.to_vec()));
    }
    HttpResponse::Ok().body("已收到")
}
