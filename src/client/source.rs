//! Pages of agencies that only publish, over mutual TLS.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::client::https::Https;
use crate::client::said;
use crate::exchange::job::Fault;
use crate::exchange::port::{Fetched, Source};
use crate::wire::encoding::Encoding;

/// What a page may have, as on the wire: 8 MiB.
const PAGE: usize = 8 * 1024 * 1024;

/// Fetches over the client with which agencies are called.
pub struct Fetcher(Arc<Https>);

impl Fetcher {
    /// Over this client.
    #[must_use]
    pub const fn new(https: Arc<Https>) -> Self {
        Self(https)
    }
}

impl Source for Fetcher {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
        accept: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, Fault>> + Send + 'a>> {
        Box::pin(async move {
            let got = self.0.get(url, accept, PAGE).await.map_err(|trouble| {
                if trouble.is_configuration() {
                    Fault::Final(trouble.to_string())
                } else {
                    Fault::Passing(trouble.to_string())
                }
            })?;
            let charset = got.content_type.split(';').find_map(|part| part.trim().strip_prefix("charset="));
            let charset = charset.and_then(|label| Encoding::parse(label.trim_matches('"')));
            match got.status {
                200 => Ok(Fetched { content_type: got.content_type, charset, body: got.body }),
                204 => Ok(Fetched { content_type: got.content_type, charset, body: Vec::new() }),
                status => {
                    let said = said::in_short(status, &got.content_type, &got.body);
                    let fault = format!("the source answers {status}: {said}");
                    // Busy, or broken for now; whatever else it refuses it refuses again.
                    let passes = matches!(status, 408 | 425 | 429) || status >= 500;
                    Err(if passes { Fault::Passing(fault) } else { Fault::Final(fault) })
                }
            }
        })
    }
}
