//! `regbridge verify`: a receipt, a proof or an evidence package against a verifier key, offline.
//!
//! Promise: needs nothing but the files. The `.tlog-proof` is found wherever it stands: alone, in a JSON string or in
//! an element of an agency's own XML. A package is looked at as it is and never unpacked.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::cli::cosigned::{self, Wanted};
use crate::domain::digest::Digest;
use crate::exchange::package::check::check as check_package;
use crate::tlog::{Hash, Proof, Quorum, Verifier, leaf_hash};
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, NodeKind, Tree};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

#[derive(clap::Args)]
pub(super) struct Args {
    /// A receipt as it was received (XML or JSON), a `.tlog-proof`, or the zip of an evidence package.
    file: PathBuf,
    /// The journal's verifier key: its text, or a file that holds it (`GET /agency/v1/vkey`). A package has one in it, which
    /// proves little unless it is compared with one from elsewhere.
    #[arg(long, value_name = "KEY|FILE")]
    vkey: Option<String>,
    /// The message that the receipt is for, as it was sent: checks that the receipt is for these very bytes.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
    /// Where `checkpoint.cosigned` and the tiles stand, as `journal export` or the agency listener gives them: checks that the
    /// receipt's entry is in what the witnesses cosigned. Without it the receipt's own checkpoint must be cosigned.
    #[arg(long, value_name = "OUT", requires = "witnesses")]
    exported: Option<PathBuf>,
}

/// How a zip file begins.
const ZIP: &[u8] = b"PK";

/// The longest file that is read: two gibibytes are more than any package of ours, whose files are a quarter of one at most.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let bytes = read(&args.file)?;
    let verifier = args.vkey.as_deref().map(key).transpose()?;
    if bytes.starts_with(ZIP) {
        return package(&bytes, verifier.as_ref(), args);
    }
    let body = args.body.as_deref().map(read).transpose()?;
    let verifier =
        verifier.context("--vkey is wanted: a receipt does not bring the key that it is checked with")?;
    let quorum = args.wanted.quorum()?;
    let and_witnesses = |report: String| {
        let said =
            quorum.as_ref().map(|quorum| witnessed(&bytes, &verifier, quorum, args.exported.as_deref()));
        Ok([said.transpose()?, Some(report)])
    };
    match check(&bytes, &verifier, body.as_deref()).and_then(and_witnesses) {
        Ok(said) => {
            for lines in said.into_iter().flatten() {
                println!("{lines}");
            }
            Ok(true)
        }
        Err(error) => {
            println!("FAILED  {}: {error:#}", args.file.display());
            Ok(false)
        }
    }
}

/// What witnesses say of a receipt's entry; it must be what they cosigned.
fn witnessed(
    receipt: &[u8],
    verifier: &Verifier,
    quorum: &Quorum,
    exported: Option<&Path>,
) -> anyhow::Result<String> {
    let (proof, known) = (proof_in(receipt)?, std::slice::from_ref(verifier));
    match exported {
        Some(out) => cosigned::holds_entry(out, known, quorum, proof.index, &leaf(&proof)?),
        None => Ok(cosigned::say(&quorum.open(&proof.checkpoint, known)?)),
    }
}

/// The checklist of a package.
fn package(bytes: &[u8], verifier: Option<&Verifier>, args: &Args) -> anyhow::Result<bool> {
    if args.body.is_some() {
        bail!("--body is for receipts; a package holds its messages");
    }
    let list = check_package(bytes, verifier);
    print!("{list}");
    if verifier.is_none() {
        println!("NOTE    the key is the package's own: compare it with one from elsewhere, by --vkey");
    }
    println!(
        "{}  {}, SHA-256 {}",
        if list.is_good() { "GOOD" } else { "BAD " },
        args.file.display(),
        Digest::of(bytes)
    );
    Ok(list.is_good())
}

/// A key from the command line, or from the file it names.
fn key(given: &str) -> anyhow::Result<Verifier> {
    let path = Path::new(given);
    let text = if path.is_file() { String::from_utf8(read(path)?)? } else { given.to_owned() };
    Verifier::parse(text.trim()).context("the verifier key")
}

/// Verifies a receipt; what it shows, in lines for a person.
pub(super) fn check(receipt: &[u8], verifier: &Verifier, body: Option<&[u8]>) -> anyhow::Result<String> {
    let proof = proof_in(receipt)?;
    let (extra, entry) = entry_of(&proof)?;
    let checkpoint = proof.verify(entry.as_bytes(), std::slice::from_ref(verifier))?;
    let fact: Value = serde_json::from_str(&entry).context("the entry")?;
    let mut lines = vec![
        format!(
            "OK  the checkpoint of {} at {} entries is signed by {}",
            checkpoint.origin.as_str(),
            checkpoint.size,
            verifier.name()
        ),
        format!("OK  entry {} is in it", proof.index),
    ];
    if let Some(body) = body {
        let salt: [u8; 32] = extra["salt"]
            .as_str()
            .and_then(|salt| hex::decode(salt).ok())
            .and_then(|salt| salt.try_into().ok())
            .context("the `extra` line holds no salt of 64 hexadecimal digits")?;
        let found = Digest::salted(&salt, body).to_string();
        if fact["body"].as_str() != Some(&found) {
            bail!("the entry is for another body: it has {}, this body gives {found}", fact["body"]);
        }
        lines.push(format!("OK  it is for this body of {} bytes, SHA-256 {}", body.len(), Digest::of(body)));
    }
    lines.push(serde_json::to_string_pretty(&fact)?);
    Ok(lines.join("\n"))
}

fn proof_in(receipt: &[u8]) -> anyhow::Result<Proof> {
    let text = find(receipt).context("no proof (c2sp.org/tlog-proof@v1) stands in this file")?;
    Proof::parse(&text).context("the proof")
}

/// The entry, as its proof's `extra` line holds it.
fn entry_of(proof: &Proof) -> anyhow::Result<(Value, String)> {
    let extra = proof.extra.as_deref().context("the proof has no `extra` line, so the entry is unknown")?;
    let extra: Value = serde_json::from_slice(extra).context("the proof's `extra` line")?;
    let entry = extra["entry"].as_str().context("the `extra` line holds no entry")?.to_owned();
    Ok((extra, entry))
}

fn leaf(proof: &Proof) -> anyhow::Result<Hash> {
    Ok(leaf_hash(entry_of(proof)?.1.as_bytes()))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path).with_context(|| path.display().to_string())?.len();
    if length > MOST_BYTES {
        bail!("{} has {length} bytes; {MOST_BYTES} are the most that is read", path.display());
    }
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn find(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(HEADER.as_bytes()) {
        return String::from_utf8(bytes.to_vec()).ok();
    }
    let limits = Limits::default();
    let tree = match crate::wire::xml::read(bytes, None, &limits) {
        Ok((tree, _)) => tree,
        Err(_) => crate::wire::json::read(bytes, &limits).ok()?,
    };
    within(&tree, tree.root()?)
}

fn within(tree: &Tree, node: NodeId) -> Option<String> {
    let leaf = matches!(
        tree.kind(node),
        NodeKind::Element | NodeKind::String | NodeKind::Attribute | NodeKind::Text
    );
    let text = tree.text(node).trim_start();
    if leaf && text.starts_with(HEADER) {
        return Some(text.to_owned());
    }
    tree.children(node).find_map(|child| within(tree, child))
}
