//! Reading a body: bounded in size, in time, in rate, and in what all bodies hold together.
//!
//! Promise: a body is whole or it is refused; one that comes a byte a second is cut off; whatever arrives, no more is
//! kept than [`Budget`] allows over all connections. actix-web bounds the header's time and a body's size, not a body's
//! time, so all of it is done here. Nothing is unpacked: a content encoding other than `identity` is refused, since a
//! bomb costs its sender nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout_at};

use crate::http::problem::{ProblemDocument, ProblemType};

/// What one body may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes.
    pub bytes: usize,
    /// From the header to the end.
    pub total: Duration,
    /// How long it may be slower than the minimum rate.
    pub grace: Duration,
    /// The minimum average rate after the grace.
    pub bytes_per_second: u32,
}

/// What all bodies together may hold; shared by all connections.
#[derive(Debug)]
pub struct Budget {
    left: AtomicUsize,
}

/// A body that was read whole. Its share of the budget is given back when it is dropped.
#[derive(Debug)]
pub struct Body {
    /// The bytes, as received.
    pub bytes: Vec<u8>,
    /// What it holds of the budget: keep it until the bytes are gone.
    pub share: Share,
}

/// A share of a [`Budget`].
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    held: usize,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(bytes) })
    }

    /// Bytes that nobody holds.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

impl Share {
    fn of(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), held: 0 }
    }

    fn grow(&mut self, bytes: usize) -> bool {
        let taken = self
            .budget
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes))
            .is_ok();
        if taken {
            self.held += bytes;
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.held, Ordering::Relaxed);
    }
}

/// Reads `payload` whole.
pub async fn read<S>(
    headers: &HeaderMap,
    mut payload: S,
    limits: &BodyLimits,
    budget: &Arc<Budget>,
) -> Result<Body, ProblemDocument>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    refuse_encoded(headers)?;
    let announced = announced(headers)?;
    if announced.is_some_and(|bytes| bytes > limits.bytes) {
        return Err(too_large(limits));
    }
    let start = Instant::now();
    let mut body = Vec::new();
    let mut share = Share::of(budget);
    loop {
        let deadline = start + allowance(body.len(), limits);
        match timeout_at(deadline, payload.next()).await {
            Err(_elapsed) => return Err(too_slow(body.len(), limits)),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(broken(&error)),
            Ok(Some(Ok(chunk))) => {
                if body.len() + chunk.len() > limits.bytes {
                    return Err(too_large(limits));
                }
                if !share.grow(chunk.len()) {
                    return Err(ProblemDocument::plain(ProblemType::Busy)
                        .with_retry_after(BUSY_SECONDS)
                        .closing());
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
    if announced.is_some_and(|bytes| bytes != body.len()) {
        return Err(incomplete());
    }
    Ok(Body { bytes: body, share })
}

/// How a body came that was handed on piece by piece.
#[derive(Debug)]
pub enum Poured {
    /// Whole.
    Whole,
    /// Not to its end: what came was handed on.
    Broken(ProblemDocument),
}

/// Reads `payload` piece by piece, each handed on before the next is asked for: memory holds one. The size is the
/// taker's affair; time and rate are bounded as of [`read`].
///
/// # Errors
/// What the taker refuses it for.
pub async fn pour<S>(
    headers: &HeaderMap,
    mut payload: S,
    limits: &BodyLimits,
    mut take: impl AsyncFnMut(Bytes) -> Result<(), ProblemDocument>,
) -> Result<Poured, ProblemDocument>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    refuse_encoded(headers)?;
    let announced = announced(headers)?;
    let start = Instant::now();
    let mut received = 0;
    loop {
        let deadline = start + allowance(received, limits);
        match timeout_at(deadline, payload.next()).await {
            Err(_elapsed) => return Ok(Poured::Broken(too_slow(received, limits))),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Ok(Poured::Broken(broken(&error))),
            Ok(Some(Ok(chunk))) => {
                received += chunk.len();
                take(chunk).await.map_err(ProblemDocument::closing)?;
            }
        }
    }
    if announced.is_some_and(|bytes| bytes != received) {
        return Ok(Poured::Broken(incomplete()));
    }
    Ok(Poured::Whole)
}

/// Bodies are held for milliseconds once they are whole: a second later the budget has room again.
const BUSY_SECONDS: u32 = 1;

/// Until when, from the start, more must have come than the `received` bytes: the grace and as long as these take at
/// the minimum rate, and never longer than the total.
fn allowance(received: usize, limits: &BodyLimits) -> Duration {
    let rate = u64::from(limits.bytes_per_second.max(1));
    let earned = Duration::from_millis((received as u64).saturating_mul(1000) / rate);
    limits.grace.saturating_add(earned).min(limits.total)
}

fn announced(headers: &HeaderMap) -> Result<Option<usize>, ProblemDocument> {
    let Some(length) = headers.get(header::CONTENT_LENGTH) else { return Ok(None) };
    match length.to_str().ok().and_then(|l| l.parse().ok()) {
        Some(length) => Ok(Some(length)),
        None => Err(ProblemDocument::new(
            ProblemType::BadRequest,
            "Content-Length 不是一个数",
            "Content-Length is no number",
        )
        .closing()),
    }
}

fn refuse_encoded(headers: &HeaderMap) -> Result<(), ProblemDocument> {
    let encoded = headers
        .get_all(header::CONTENT_ENCODING)
        .any(|value| !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"));
    if !encoded {
        return Ok(());
    }
    Err(ProblemDocument::new(
        ProblemType::UnsupportedMedia,
        "请勿压缩报文：只接受 Content-Encoding: identity",
        "bodies are not unpacked here: send Content-Encoding: identity or none",
    )
    .closing())
}

fn too_large(limits: &BodyLimits) -> ProblemDocument {
    ProblemDocument::new(
        ProblemType::TooLarge,
        format!("报文超过 {} 字节", limits.bytes),
        format!("the body is larger than {} bytes", limits.bytes),
    )
    .with("limit", limits.bytes)
    .closing()
}

fn too_slow(received: usize, limits: &BodyLimits) -> ProblemDocument {
    let (grace, rate, total) = (limits.grace.as_secs(), limits.bytes_per_second, limits.total.as_secs());
    ProblemDocument::new(
        ProblemType::TooSlow,
        format!("报文发送过慢：{grace} 秒后平均每秒须达 {rate} 字节，且总时长不超过 {total} 秒；已收到 {received} 字节"),
        format!(
            "the body came too slowly: after {grace} s it must average {rate} bytes a second and end within {total} s; \
             {received} bytes had come"
        ),
    )
    .closing()
}

fn incomplete() -> ProblemDocument {
    ProblemDocument::new(
        ProblemType::BadRequest,
        "报文长度与 Content-Length 不符",
        "the body is not as long as Content-Length says",
    )
    .closing()
}

fn broken(error: &PayloadError) -> ProblemDocument {
    match error {
        PayloadError::Incomplete(_) => incomplete(),
        _ => ProblemDocument::new(
            ProblemType::BadRequest,
            "报文传输中断或分块编码有误",
            "the body broke off or its chunks are ill-formed",
        )
        .closing(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use futures_util::stream;

    use super::*;

    const LIMITS: BodyLimits = BodyLimits {
        bytes: 1000,
        total: Duration::from_millis(400),
        grace: Duration::from_millis(100),
        bytes_per_second: 1000,
    };

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    /// `count` chunks of `size` bytes, one every `pause` milliseconds.
    fn chunks(
        count: usize,
        size: usize,
        pause: u64,
    ) -> impl Stream<Item = Result<Bytes, PayloadError>> + Unpin {
        Box::pin(stream::unfold(0, move |sent| async move {
            if sent == count {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Some((Ok(Bytes::from(vec![b'x'; size])), sent + 1))
        }))
    }

    async fn refused(
        headers: HeaderMap,
        payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    ) -> ProblemType {
        let refusal = read(&headers, payload, &LIMITS, &Budget::of(10_000)).await.unwrap_err();
        assert!(refusal.close, "what is left of a refused body must not be read");
        refusal.problem_type
    }

    #[actix_web::test]
    async fn a_whole_body_is_read_and_holds_its_share_until_it_goes() {
        let budget = Budget::of(10_000);
        let announced = headers(&[("content-length", "900")]);
        let body = read(&announced, chunks(3, 300, 1), &LIMITS, &budget).await.unwrap();
        assert_eq!((body.bytes.len(), budget.left()), (900, 9_100));
        drop(body);
        assert_eq!(budget.left(), 10_000);
    }

    #[actix_web::test]
    async fn size_is_bounded_whether_announced_or_not() {
        let announced = headers(&[("content-length", "1001")]);
        assert_eq!(refused(announced, stream::pending()).await, ProblemType::TooLarge);
        assert_eq!(refused(headers(&[]), chunks(100, 300, 1)).await, ProblemType::TooLarge);
    }

    #[actix_web::test]
    async fn a_trickle_a_stop_and_a_marathon_are_cut_off() {
        let start = Instant::now();
        assert_eq!(refused(headers(&[]), chunks(1000, 1, 20)).await, ProblemType::TooSlow);
        assert!(start.elapsed() < Duration::from_millis(300), "the rate cut it off, not the total");
        assert_eq!(refused(headers(&[]), stream::pending()).await, ProblemType::TooSlow);
        let start = Instant::now();
        assert_eq!(refused(headers(&[]), chunks(1000, 19, 10)).await, ProblemType::TooSlow);
        assert!(start.elapsed() >= Duration::from_millis(390), "it was fast enough, only too long");
    }

    #[actix_web::test]
    async fn a_lie_about_the_length_or_a_break_is_refused() {
        let long = headers(&[("content-length", "10")]);
        assert_eq!(refused(long, chunks(1, 9, 1)).await, ProblemType::BadRequest);
        let broken = stream::iter([Ok(Bytes::from("x")), Err(PayloadError::Incomplete(None))]);
        assert_eq!(refused(headers(&[]), broken).await, ProblemType::BadRequest);
        let no_number = headers(&[("content-length", "-1")]);
        assert_eq!(refused(no_number, chunks(1, 1, 1)).await, ProblemType::BadRequest);
    }

    #[actix_web::test]
    async fn packed_bodies_are_refused() {
        let packed = headers(&[("content-encoding", "gzip")]);
        assert_eq!(refused(packed, chunks(1, 1, 1)).await, ProblemType::UnsupportedMedia);
        let identity = headers(&[("content-encoding", "Identity")]);
        assert!(read(&identity, chunks(1, 1, 1), &LIMITS, &Budget::of(10)).await.is_ok());
    }

    #[actix_web::test]
    async fn all_bodies_together_stay_within_the_budget() {
        let budget = Budget::of(500);
        let first = read(&headers(&[]), chunks(1, 400, 1), &LIMITS, &budget).await.unwrap();
        let second = read(&headers(&[]), chunks(1, 400, 1), &LIMITS, &budget).await.unwrap_err();
        assert_eq!((second.problem_type, second.retry_after), (ProblemType::Busy, Some(1)));
        drop(first);
        assert!(read(&headers(&[]), chunks(1, 400, 1), &LIMITS, &budget).await.is_ok());
        assert_eq!(budget.left(), 500);
    }
}
