//! Sealed files in a bucket of an S3-compatible store: `<prefix><attachment>`.
//!
//! Promise: a file is in the bucket whole or not at all (an object appears when its last part was confirmed), and was
//! confirmed before anybody hears of it; memory holds one part of it, however long it is. What is there is sealed: the
//! store sees no content, no name and no media type. Requests are signed by AWS Signature Version 4 in the query string,
//! for [`SIGNED`] at a time. A call is made once: whoever asked is told, and asks again.
//!
//! The library says what to ask for and reads the answers; the calls are ours. A signature bears the machine's own time,
//! which the store holds against its own.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, ETAG, RANGE};
use reqwest::{Client, Method, Response, StatusCode, Url};
use rusty_s3::actions::{
    CompleteMultipartUploadResponse, CreateMultipartUpload, ListObjectsV2, ListObjectsV2Response,
};
use rusty_s3::{Bucket as Place, Credentials, S3Action as _, UrlStyle};

use crate::client::https::{self, Scheme};
use crate::client::identity::Identity;
use crate::client::trouble::Trouble;
use crate::domain::id::AttachmentId;
use crate::files::disk::elsewhere;
use crate::files::{Answer, Files};

/// How long a signature holds: a part of 8 MiB at 250 kB/s takes half a minute, and clocks differ.
const SIGNED: Duration = Duration::from_mins(5);

/// What is sent at a time. Every part but the last must have 5 MiB at least, and there may be 10,000: 80 GB.
const PART: u64 = 8 * 1024 * 1024;

/// What is read of an answer that is no file: a list of 1,000 names has some 400 kB.
const WORDS: usize = 4 * 1024 * 1024;

/// Which bucket, and who we are to it.
pub struct BucketSettings<'a> {
    /// The store's address.
    pub endpoint: &'a str,
    /// The bucket's name.
    pub name: &'a str,
    /// Its region, as the store calls it.
    pub region: &'a str,
    /// Whether the bucket's name stands in the path, and not in the host.
    pub path_style: bool,
    /// What stands before every object's name.
    pub prefix: &'a str,
    /// The key's id.
    pub access_key: &'a str,
    /// The key.
    pub secret: &'a str,
}

/// A bucket of sealed files.
pub struct Bucket {
    place: Place,
    credentials: Credentials,
    prefix: String,
    client: Client,
}

impl Bucket {
    /// Nothing is asked yet: a store that is away keeps nobody from starting.
    ///
    /// # Errors
    /// Why the settings cannot be.
    pub fn new(settings: &BucketSettings<'_>, peers: &Identity) -> Result<Self, String> {
        let endpoint = https::address(settings.endpoint, Scheme::HttpOnLoopback)?;
        let style = if settings.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let place = Place::new(endpoint, style, settings.name.to_owned(), settings.region.to_owned())
            .map_err(|why| why.to_string())?;
        Ok(Self {
            place,
            credentials: Credentials::new(settings.access_key, settings.secret),
            prefix: settings.prefix.to_owned(),
            client: https::build(peers).map_err(|why| why.to_string())?,
        })
    }

    fn object(&self, name: &AttachmentId) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn put(&self, object: &str, staged: &Path, length: u64) -> io::Result<()> {
        let bytes = part(staged.to_owned(), 0, length).await?;
        let url = self.place.put_object(Some(&self.credentials), object).sign(SIGNED);
        self.call(Method::PUT, url, bytes).await.map(drop)
    }

    async fn put_in_parts(&self, object: &str, staged: &Path, length: u64) -> io::Result<()> {
        let create = self.place.create_multipart_upload(Some(&self.credentials), object);
        let answer = self.call(Method::POST, create.sign(SIGNED), Vec::new()).await?;
        let begun = CreateMultipartUpload::parse_response(&words(answer).await?).map_err(unreadable)?;
        let id = begun.upload_id();
        let outcome = self.parts(object, id, staged, length).await;
        if outcome.is_err() {
            let abort = self.place.abort_multipart_upload(Some(&self.credentials), object, id).sign(SIGNED);
            if let Err(error) = self.call(Method::DELETE, abort, Vec::new()).await {
                tracing::warn!(%error, object, "parts of a file that did not come whole stay in the bucket");
            }
        }
        outcome
    }

    async fn parts(&self, object: &str, id: &str, staged: &Path, length: u64) -> io::Result<()> {
        let mut tags = Vec::new();
        for (number, from) in (1..).zip((0..length).step_by(usize::try_from(PART).unwrap_or(usize::MAX))) {
            let bytes = part(staged.to_owned(), from, PART.min(length - from)).await?;
            let url = self.place.upload_part(Some(&self.credentials), object, number, id).sign(SIGNED);
            let answer = self.call(Method::PUT, url, bytes).await?;
            let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
            tags.push(
                tag.ok_or_else(|| io::Error::other("the bucket confirmed a part without its ETag"))?
                    .to_owned(),
            );
        }
        let tags = tags.iter().map(String::as_str);
        let complete = self.place.complete_multipart_upload(Some(&self.credentials), object, id, tags);
        let url = complete.sign(SIGNED);
        let answer = self.call(Method::POST, url, complete.body().into_bytes()).await?;
        // 200 may hold an error: the store answers before it has joined the parts.
        let said = words(answer).await?;
        CompleteMultipartUploadResponse::parse(&said).map(drop).map_err(|_| refused(StatusCode::OK, &said))
    }

    async fn call(&self, method: Method, url: Url, body: Vec<u8>) -> io::Result<Response> {
        self.ask(self.client.request(method, url).header(CONTENT_LENGTH, body.len()).body(body)).await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> io::Result<Response> {
        let answer = request.send().await.map_err(unreachable)?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::NOT_FOUND => Err(io::Error::new(
                io::ErrorKind::NotFound,
                refused(StatusCode::NOT_FOUND, &words(answer).await?),
            )),
            status => Err(refused(status, &words(answer).await?)),
        }
    }
}

impl Files for Bucket {
    fn keep(&self, name: AttachmentId, staged: PathBuf) -> Answer<'_, ()> {
        Box::pin(async move {
            let object = self.object(&name);
            let path = staged.clone();
            let length = elsewhere(move || Ok(std::fs::metadata(path)?.len())).await?;
            if length <= PART {
                self.put(&object, &staged, length).await?;
            } else {
                self.put_in_parts(&object, &staged, length).await?;
            }
            elsewhere(move || std::fs::remove_file(staged)).await
        })
    }

    fn read(&self, name: AttachmentId, offset: u64, length: u64) -> Answer<'_, Vec<u8>> {
        Box::pin(async move {
            let object = self.object(&name);
            let url = self.place.get_object(Some(&self.credentials), &object).sign(SIGNED);
            let range = format!("bytes={offset}-{}", offset + length.max(1) - 1);
            let answer = self.ask(self.client.get(url).header(RANGE, range)).await?;
            // Whoever does not know ranges sends all of it, which is as wrong here as too little.
            if answer.status() != StatusCode::PARTIAL_CONTENT {
                return Err(io::Error::other(
                    "the bucket does not give parts of a file (RFC 9110, section 14)",
                ));
            }
            bounded(answer, usize::try_from(length).unwrap_or(usize::MAX)).await
        })
    }

    fn remove(&self, name: AttachmentId) -> Answer<'_, ()> {
        Box::pin(async move {
            let object = self.object(&name);
            let url = self.place.delete_object(Some(&self.credentials), &object).sign(SIGNED);
            match self.call(Method::DELETE, url, Vec::new()).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other.map(drop),
            }
        })
    }

    fn list(&self) -> Answer<'_, Vec<AttachmentId>> {
        Box::pin(async move {
            let (mut found, mut further) = (Vec::new(), None::<String>);
            loop {
                let mut list = self.place.list_objects_v2(Some(&self.credentials));
                list.with_prefix(&*self.prefix);
                if let Some(token) = &further {
                    list.with_continuation_token(&**token);
                }
                let answer = self.call(Method::GET, list.sign(SIGNED), Vec::new()).await?;
                let page: ListObjectsV2Response =
                    ListObjectsV2::parse_response(&words(answer).await?).map_err(unreadable)?;
                let names = page.contents.iter().filter_map(|object| object.key.strip_prefix(&*self.prefix));
                found.extend(names.filter_map(|name| AttachmentId::parse(name).ok()));
                match page.next_continuation_token {
                    Some(token) => further = Some(token),
                    None => return Ok(found),
                }
            }
        })
    }
}

/// A part of a staged file.
async fn part(path: PathBuf, from: u64, length: u64) -> io::Result<Vec<u8>> {
    use std::io::{Read as _, Seek as _};
    elsewhere(move || {
        let mut file = std::fs::File::open(path)?;
        file.seek(io::SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    })
    .await
}

/// What an answer says in words.
async fn words(answer: Response) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&bounded(answer, WORDS).await?).into_owned())
}

async fn bounded(mut answer: Response, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if bytes.len() + chunk.len() > most {
            return Err(io::Error::other(format!("the bucket sends more than the {most} bytes asked for")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What the store has against a call: its code and words (S3's `Error` document), never the signed address.
fn refused(status: StatusCode, said: &str) -> io::Error {
    let between = |name: &str| {
        let (_, rest) = said.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.chars().take(200).collect::<String>())
    };
    let code = between("Code").unwrap_or_default();
    let message = between("Message").unwrap_or_default();
    io::Error::other(format!("the bucket says {} {code} {message}", status.as_u16()).trim_end().to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped with")]
fn unreachable(error: reqwest::Error) -> io::Error {
    io::Error::other(format!("the bucket: {}", Trouble::of(&error)))
}

fn unreadable(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("the bucket's answer cannot be read: {error}"))
}
