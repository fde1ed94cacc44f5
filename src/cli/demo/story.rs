//! The story itself, step by step.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::demo::bureau::{Caller as Bureau, Inbox};
use crate::cli::demo::old_client::form;
use crate::cli::demo::platform::Caller as Platform;
use crate::cli::demo::setup::{APP_KEY, APP_SECRET, Stage};
use crate::cli::running::Running;
use crate::cli::{journal, verify};
use crate::domain::digest::Digest;
use crate::tlog::Verifier;
use crate::wire::encoding::{Encoding, decode, encode};

const XML: &str = "application/xml";

/// Counts what held.
struct Book(bool);

impl Book {
    fn check(&mut self, held: bool, what: &str) {
        println!("  {}  {what}", if held { "ok    " } else { "FAILED" });
        self.0 &= held;
    }
}

/// Plays it; whether every step held.
pub(super) async fn play(stage: &Stage, running: &Running, inbox: &Inbox) -> anyhow::Result<bool> {
    let mut book = Book(true);
    let bureau = Bureau::new(stage, &stage.bureau, running.agency_address)?;
    let platform = Platform::new(&stage.token, running.platform_address)?;
    let out = stage.folder.join("out");
    let order = sample(stage, "order-full.xml")?;

    let who = bureau.get("/agency/v1").await?;
    book.check(who.status == 200, "the bureau's certificate is known: GET /agency/v1");
    submissions(&mut book, &bureau, &order, &out).await?;
    refusals(&mut book, stage, running, &bureau, &order).await?;
    reply(&mut book, &platform, inbox, &out).await?;
    receipt(&mut book, stage, (&bureau, &platform), &out).await?;
    closure(&mut book, stage, &bureau, &platform).await?;
    old_client(&mut book, stage, running, &platform).await?;
    proofs(&mut book, stage, running, &order, &out).await?;
    Ok(book.0)
}

async fn submissions(book: &mut Book, bureau: &Bureau, order: &[u8], out: &Path) -> anyhow::Result<()> {
    step("投诉工单 · A bureau pushes a complaint order: XML in GB18030 over mutual TLS");
    let receipt = bureau.post("/agency/v1/complaint-order", XML, order.to_vec()).await?;
    book.check(receipt.status == 201, "accepted (201), with a signed receipt in the bureau's own format");
    println!("{}", indent(&head(&decode(&receipt.body, Encoding::Gb18030).unwrap_or_default(), 9)));
    std::fs::write(out.join("order.xml"), order)?;
    std::fs::write(out.join("receipt.xml"), &receipt.body)?;

    step("重复提交 · The same message again");
    let again = bureau.post("/agency/v1/complaint-order", XML, order.to_vec()).await?;
    book.check(again.status == 200, "known (200)");
    book.check(again.body == receipt.body, "the very same bytes of the receipt");

    step("冲突 · The same message id with another body");
    let other = altered(order, "338.50", "339.50")?;
    let conflict = bureau.post("/agency/v1/complaint-order", XML, other.clone()).await?;
    let text = readable(&conflict.body);
    book.check(conflict.status == 409, "refused (409)");
    let digests = [Digest::of(order), Digest::of(&other)];
    book.check(
        digests.iter().all(|digest| text.contains(&digest.to_string())),
        "with the digests of both bodies",
    );
    Ok(())
}

async fn refusals(
    book: &mut Book,
    stage: &Stage,
    running: &Running,
    bureau: &Bureau,
    order: &[u8],
) -> anyhow::Result<()> {
    step("错误报文 · A registration number of 26 digits");
    let bad = altered(order, "3301060020261123000000017", "33010600202611230000000171")?;
    let bad = altered(&bad, "hz-amr-20261123-0001", "hz-amr-20261123-0666")?;
    let refused = bureau.post("/agency/v1/complaint-order", XML, bad).await?;
    let text = readable(&refused.body);
    book.check(refused.status == 422, "refused (422)");
    book.check(
        text.contains("RegistrationNumber") && text.contains("<line>"),
        "with line, column, path, found, expected",
    );
    println!("{}", indent(&head(&text, 14)));

    step("拒绝 · A certificate that belongs to no agency");
    let stranger = Bureau::new(stage, &stage.stranger, running.agency_address)?;
    let refused = stranger.post("/agency/v1/complaint-order", XML, order.to_vec()).await?;
    book.check(refused.status == 403, "refused (403), before the body is read");
    Ok(())
}

async fn reply(book: &mut Book, platform: &Platform, inbox: &Inbox, out: &Path) -> anyhow::Result<()> {
    step("平台处理 · The platform is told, looks at the case and replies");
    let events = platform.get("/events?after=0").await?;
    let event = events["events"].as_array().and_then(|all| all.first()).cloned().unwrap_or_default();
    book.check(event["type"] == "regbridge.complaint-order.received", "the event feed tells of it");
    let id = event["case"].as_str().context("the event names no case")?.to_owned();
    let case = platform.get(&format!("/cases/{id}")).await?;
    let record = &case["records"][0]["record"];
    book.check(
        record["claims"][0]["amount"]["amount"] == 33850,
        "¥338.50 is 33,850 分 in the platform's record",
    );
    let said = json!({
        "outcome": "settled",
        "explanation": "经核查，商品宣称材质与实物不符；平台先行赔付，商品已下架。",
        "resolution": {
            "route": "platform_advance",
            "refund": {"amount": 33850, "currency": "CNY"},
            "compensation": {"amount": 101_550, "currency": "CNY"},
            "executed_at": "2026-11-23T16:00:00+08:00",
            "reference": "RF-20261123-000077",
        },
        "replied_at": "2026-11-23T16:58:00+08:00",
        "contact": "平台政务专员",
        "phone": "0571-00000009",
    });
    let (status, posted) = platform.post(&format!("/cases/{id}/replies"), "demo-reply-1", &said).await?;
    book.check(status == 201, "the reply is taken (201)");
    if status != 201 {
        println!("{}", indent(&serde_json::to_string_pretty(&posted)?));
    }
    let (status, _) = platform.post(&format!("/cases/{id}/replies"), "demo-reply-1", &said).await?;
    book.check(status == 200, "and again under the same key: known (200), nothing doubled");

    step("反馈送达 · The reply reaches the bureau's own endpoint over mutual TLS");
    for _ in 0..100 {
        if !inbox.messages().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let pushed = inbox.messages();
    book.check(pushed.len() == 1, "once");
    let Some((_, message)) = pushed.first() else { return Ok(()) };
    let text = decode(message, Encoding::Gb18030).unwrap_or_default();
    book.check(
        text.contains("<ComplaintReply") && text.contains("338.50"),
        "in the bureau's XML, GB18030, 元",
    );
    println!("{}", indent(&head(&text, 12)));
    std::fs::write(out.join("reply.xml"), message)?;
    let mut state = Value::Null;
    for _ in 0..50 {
        let case = platform.get(&format!("/cases/{id}")).await?;
        state = case["deliveries"][0]["state"].clone();
        if state == "received" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    book.check(state == "received", "the platform sees: received by the bureau, and the attempt");
    Ok(())
}

async fn receipt(
    book: &mut Book,
    stage: &Stage,
    (bureau, platform): (&Bureau, &Platform),
    out: &Path,
) -> anyhow::Result<()> {
    step("业务回执 · The bureau's case system says what became of the reply");
    let reply = decode(&std::fs::read(out.join("reply.xml"))?, Encoding::Gb18030).unwrap_or_default();
    let id = reply.split_once("<MessageId>").and_then(|(_, rest)| rest.split_once("</MessageId>"));
    let (id, _) = id.context("the reply bears no message id")?;
    let receipt = altered(&sample(stage, "reply-receipt-accepted.xml")?, "platform-20261203-0001", id)?;
    let taken = bureau.post("/agency/v1/receipts", XML, receipt.clone()).await?;
    book.check(taken.status == 201, "taken (201): accepted, under a number of the bureau's own");
    if taken.status != 201 {
        println!("{}", indent(&readable(&taken.body)));
    }
    std::fs::write(out.join("accepted.xml"), receipt)?;
    std::fs::write(out.join("accepted.tlog-proof"), &taken.body)?;
    let told = platform.get("/deliveries?state=accepted").await?;
    book.check(
        told["deliveries"][0]["receipts"][0]["number"] == "BL-20261204-000031",
        "the platform sees: accepted, and that number",
    );
    Ok(())
}

async fn closure(book: &mut Book, stage: &Stage, bureau: &Bureau, platform: &Platform) -> anyhow::Result<()> {
    step("办结 · The bureau closes the case");
    let closed =
        bureau.post("/agency/v1/complaint-closure", XML, sample(stage, "closure-closed.xml")?).await?;
    book.check(closed.status == 201, "accepted (201)");
    if closed.status != 201 {
        println!("{}", indent(&readable(&closed.body)));
    }
    let cases = platform.get("/cases").await?;
    book.check(cases["cases"][0]["state"] == "closed", "received → replied → closed");
    Ok(())
}

async fn old_client(
    book: &mut Book,
    stage: &Stage,
    running: &Running,
    platform: &Platform,
) -> anyhow::Result<()> {
    const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";
    step("红盾云桥 · A bureau's old client sends a disposal letter: one URL changed, nothing else");
    let bureau = Bureau::new(stage, &stage.old_client, running.agency_address)?;
    let letter: Value = serde_json::from_slice(&sample(stage, "letter.json")?)?;
    let info = letter.to_string();
    let submit = || form("taobao.sungari.dispose.submit", APP_KEY, APP_SECRET, &[("info", &info)]);
    let taken = bureau.post("/router/rest", FORM, submit()).await?;
    println!("    {}", readable(&taken.body));
    let taken: Value = serde_json::from_slice(&taken.body)?;
    let taken = &taken["sungari_dispose_submit_response"];
    book.check(taken["resule_code"] == 1, "resule_code 1: accepted, in the official spelling");
    let again: Value = serde_json::from_slice(&bureau.post("/router/rest", FORM, submit()).await?.body)?;
    let again = &again["sungari_dispose_submit_response"];
    book.check(again["resule_code"] == 11 && again["data"] == taken["data"], "and again: 11, the same id");

    let cases = platform.get("/cases?state=received").await?;
    let id = cases["cases"][0]["id"].as_str().context("no disposal case")?.to_owned();
    let said = json!({
        "kind": "disposal-result", "schema_version": "1", "status": "done",
        "result": "商品已下架，卖家已通知", "finished_at": "2026-11-23T17:30:00+08:00", "entered_by": "平台政务专员",
    });
    let (status, posted) = platform.post(&format!("/cases/{id}/records"), "demo-result-1", &said).await?;
    book.check(status == 201, "the platform posts its result (201)");
    if status != 201 {
        println!("{}", indent(&serde_json::to_string_pretty(&posted)?));
    }
    let key = taken["data"].as_str().unwrap_or_default();
    let query = form("taobao.sungari.dispose.query", APP_KEY, APP_SECRET, &[("param_list", key)]);
    let found = bureau.post("/router/rest", FORM, query).await?;
    println!("    {}", readable(&found.body));
    let text = readable(&found.body);
    book.check(text.contains("商品已下架"), "and the bureau's query finds it");
    Ok(())
}

async fn proofs(
    book: &mut Book,
    stage: &Stage,
    running: &Running,
    order: &[u8],
    out: &Path,
) -> anyhow::Result<()> {
    step("核验 · Anybody verifies, offline, with the verifier key alone");
    let vkey = running.gateway.verifier_key();
    std::fs::write(stage.folder.join("vkey"), format!("{vkey}\n"))?;
    println!("    {vkey}");
    let verifier = Verifier::parse(&vkey)?;
    let receipt = std::fs::read(out.join("receipt.xml"))?;
    match verify::check(&receipt, &verifier, Some(order)) {
        Ok(report) => {
            book.check(true, "the receipt is for this body, and its entry is in the signed journal");
            println!("{}", indent(&head(&report, 3)));
        }
        Err(error) => book.check(false, &format!("the receipt: {error:#}")),
    }
    let (accepted, proof) =
        (std::fs::read(out.join("accepted.xml"))?, std::fs::read(out.join("accepted.tlog-proof"))?);
    book.check(
        verify::check(&proof, &verifier, Some(&accepted)).is_ok(),
        "the bureau can prove what it said of the reply",
    );
    let forged = altered(order, "338.50", "999.99")?;
    book.check(
        verify::check(&receipt, &verifier, Some(&forged)).is_err(),
        "and not for a body changed by one amount",
    );
    let delivery = {
        let cases = running
            .gateway
            .cases(&crate::exchange::view::CaseFilter { limit: 1, ..Default::default() })
            .await?;
        let case = cases.first().context("no case")?;
        let me = crate::exchange::view::Actor { name: "demo".to_owned(), may_write: false };
        let detail = running.gateway.case(&me, &case.id).await?;
        detail.deliveries.first().context("no delivery")?.id.clone()
    };
    let (proof, body) = running.gateway.delivery_proof(&delivery).await?;
    std::fs::write(out.join("reply.tlog-proof"), &proof)?;
    let shown = verify::check(proof.as_bytes(), &verifier, Some(&body));
    book.check(shown.is_ok(), "the platform's reply is proved the same way");
    let tree = stage.folder.join("journal");
    journal::export(&running.gateway, &tree).await?;
    book.check(journal::fsck(&tree, None)?, "the exported journal is whole (C2SP tlog-tiles)");
    Ok(())
}

fn sample(stage: &Stage, name: &str) -> anyhow::Result<Vec<u8>> {
    let file: PathBuf = stage.folder.join("samples").join(name);
    std::fs::read(&file).with_context(|| file.display().to_string())
}

/// A message with one text in it replaced.
fn altered(message: &[u8], from: &str, to: &str) -> anyhow::Result<Vec<u8>> {
    let unreadable = |problem: crate::domain::problem::Problem| anyhow::anyhow!(problem.en);
    let text = decode(message, Encoding::Gb18030).map_err(unreadable)?;
    encode(&text.replace(from, to), Encoding::Gb18030).map_err(unreadable)
}

fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn head(text: &str, lines: usize) -> String {
    text.lines().take(lines).collect::<Vec<_>>().join("\n")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn step(title: &str) {
    println!("\n— {title}");
}
