//! Files of cases: brought and read over mutual TLS, beside a plain copy over the same.
//!
//! The limit is the agency listener's TLS and server with a handler that writes what comes into a file, syncs it and
//! renames it, and reads it back: no digest, no sealing, no database.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpResponse, web};
use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;

use crate::cli::Context;
use crate::cli::bench::connection::Connection;
use crate::cli::bench::fixed;
use crate::cli::bench::message::Template;
use crate::cli::bench::stage::{AGENCY, Server, Stage};
use crate::clock::{Chance, SystemChance};
use crate::domain::digest::Digest;

/// How fast a file went in and came out, in MB of a million bytes a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speed {
    pub(super) put: f64,
    pub(super) get: f64,
}

/// Files are sent and read so often: the first warms.
const TIMES: usize = 4;

/// Brings files of so many megabytes to a case, and reads them.
pub(super) fn attachments(megabytes: usize) -> anyhow::Result<Speed> {
    let stage = Stage::make(None)?;
    let server = stage.serve(&["serve"])?;
    let mut connection = Connection::open(server.address, Arc::new(stage.tls(AGENCY)?))?;
    let order = Template::shipped()?.message(0);
    let answer = connection.call("POST", "/agency/v1/complaint-order", "application/xml", &order)?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let case = body.split_once("<CaseId>").and_then(|(_, rest)| rest.split_once("</CaseId>"));
    let case = case.with_context(|| format!("the order was answered with {}", answer.status))?.0;
    measure(&mut connection, &format!("/agency/v1/cases/{case}/attachments"), megabytes)
}

/// The same with a server that only copies.
pub(super) fn plain(megabytes: usize) -> anyhow::Result<Speed> {
    let stage = Stage::make(None)?;
    let server: Server = stage.serve(&["bench-part", "copy"])?;
    let mut connection = Connection::open(server.address, Arc::new(stage.tls(AGENCY)?))?;
    measure(&mut connection, "", megabytes)
}

fn measure(connection: &mut Connection, under: &str, megabytes: usize) -> anyhow::Result<Speed> {
    let (mut put, mut get) = (0.0, 0.0);
    for time in 0..TIMES {
        let mut bytes = vec![0; megabytes * 1_000_000];
        SystemChance.fill(&mut bytes);
        let path = format!("{under}/{}", Digest::of(&bytes));
        let begun = Instant::now();
        let answer = connection.call("PUT", &path, "application/octet-stream", &bytes)?;
        let sent = begun.elapsed().as_secs_f64();
        if answer.status != 201 {
            bail!("a file was answered with {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        let begun = Instant::now();
        let got = connection.get(&path)?;
        let read = begun.elapsed().as_secs_f64();
        if got.status != 200 || got.length != bytes.len() {
            bail!("a file was read with {} and {} bytes", got.status, got.length);
        }
        if time > 0 {
            put += sent;
            get += read;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let all = (megabytes * (TIMES - 1)) as f64;
    Ok(Speed { put: all / put, get: all / get })
}

/// The server that only copies.
pub(super) async fn run(context: &Context) -> anyhow::Result<bool> {
    let folder = context.folder.resolve("copies");
    std::fs::create_dir_all(&folder)?;
    fixed::serve(context, move |app| {
        app.app_data(web::Data::new(folder.clone()))
            .route("/{name}", web::put().to(take))
            .route("/{name}", web::get().to(give));
    })
    .await
}

/// As large as the pieces in which files of cases are written.
const PIECE: usize = 512 * 1024;

async fn take(
    folder: web::Data<std::path::PathBuf>,
    name: web::Path<String>,
    mut payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let path = folder.join(&*name);
    let new = folder.join(format!(".{name}"));
    let mut file = std::fs::File::create(&new)?;
    let mut piece = Vec::with_capacity(PIECE);
    while let Some(bytes) = payload.next().await {
        piece.extend_from_slice(&bytes?);
        if piece.len() >= PIECE {
            (file, piece) = written(file, piece).await?;
        }
    }
    let (file, _) = written(file, piece).await?;
    let done = web::block(move || {
        file.sync_all()?;
        std::fs::rename(new, path)
    });
    done.await.map_err(actix_web::error::ErrorInternalServerError)??;
    Ok(HttpResponse::Created().finish())
}

async fn written(
    mut file: std::fs::File,
    mut piece: Vec<u8>,
) -> Result<(std::fs::File, Vec<u8>), actix_web::Error> {
    let write = web::block(move || {
        file.write_all(&piece)?;
        piece.clear();
        std::io::Result::Ok((file, piece))
    });
    Ok(write.await.map_err(actix_web::error::ErrorInternalServerError)??)
}

async fn give(
    folder: web::Data<std::path::PathBuf>,
    name: web::Path<String>,
) -> Result<HttpResponse, actix_web::Error> {
    let path = folder.join(&*name);
    let file = std::fs::File::open(&path)?;
    let length = file.metadata()?.len();
    let pieces = futures_util::stream::try_unfold(file, |file| async move {
        let read = web::block(move || {
            use std::io::Read as _;
            let mut piece = Vec::with_capacity(PIECE);
            (&file).take(PIECE as u64).read_to_end(&mut piece)?;
            std::io::Result::Ok((file, piece))
        });
        let (file, piece) = read.await.map_err(actix_web::error::ErrorInternalServerError)??;
        Ok::<_, actix_web::Error>((!piece.is_empty()).then(|| (web::Bytes::from(piece), file)))
    });
    Ok(HttpResponse::Ok().no_chunking(length).streaming(Box::pin(pieces)))
}
