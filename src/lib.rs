//! Regbridge: a gateway between an e-commerce platform and the regulators that oversee it.
//!
//! Bureaus push complaint orders and disposal letters into it, each in its own format; the platform sees one schema
//! and replies through one API; the replies go back in the bureau's format; and both sides can prove afterwards what
//! was exchanged. This page is the map: the words, the layers, and three walks through them.
//!
//! # Words
//!
//! One word per thing: the same word names the type, the table, the file, the URL, the log field and the command.
//!
//! | word | meaning |
//! |---|---|
//! | agency | a government body we exchange with; known by its client certificate; has divisions and scopes ([`domain::agency`]) |
//! | profile | how one wire format reads and writes records: schemas, maps, code lists, samples. Files only, no Rust |
//! | message | one document of a profile's format; a submission or a delivery carries one |
//! | record | one thing in the platform schema, of one of the [kinds](domain::kind::Kind): a complaint order and what answers it, a disposal order, an inspection's instruction and result, a lead and its outcome, an assistance request, a certificate's check and status, an operator's identity ([`domain::record`]) |
//! | submission | one inbound message, as received: the bytes, who sent them, when; holds one or many records |
//! | import | one file of an agency, of any size, whose records are taken in as if they had been sent |
//! | case | the thread of everything exchanged about one matter; a state machine ([`domain::case`]) |
//! | deadline | until when a case's next step must be taken, by a rule set or by the agency's own word ([`domain::deadline`]) |
//! | rule set, calendar | a law's deadlines as data, chosen by the day of receipt; which days are worked, by the State Council's notices ([`domain::calendar`]) |
//! | attachment | one file of a case, known there by its SHA-256; records name it, its bytes stand sealed beside the database ([`files`], [`seal`]) |
//! | folder | where files are exchanged with an agency that has no system: dropped, answered, taken away ([`domain::folder`]) |
//! | delivery | one outbound message to an agency or to the platform, with its attempts, and the receipts its agency gives for it |
//! | feed | an ordered stream of records an agency may pull, by cursor |
//! | window | one page of a feed as it is proven: its records' count and root, and the root of the window before ([`exchange::feed`]) |
//! | manifest, difference | what was exchanged with an agency on a day; where the agency's own and ours differ, with the one thing to do about it ([`exchange::reconcile`]) |
//! | rehearsal | what an agency exchanges that only tries things out, the canary for one: the platform is told of nothing ([`domain::agency::Agency::rehearsal`]) |
//! | hold, removal | a case that nobody may remove; the contents of one, gone when it was kept long enough ([`exchange::keep`]) |
//! | sync | a scheduled job that pulls from, pushes to, or reconciles with an agency |
//! | notice | an e-mail to staff, queued with what it tells of ([`exchange::notice`]) |
//! | trouble | what notices tell of: once when it begins, once when it ends |
//! | journal | the append-only list of everything that happened; each item is an entry |
//! | witness, cosignature, quorum | somebody else who keeps our checkpoints; its word that one follows from all before; how many such words are enough ([`exchange::witness`]) |
//! | checkpoint, proof, receipt | the signed head of the journal; the hashes that show an entry is in it; what a sender keeps ([`domain::receipt`]) |
//! | package | the evidence package: one zip about one case that anybody can verify offline ([`exchange::package`]) |
//! | problem | one thing wrong, or doubtful, in a document: where, what was found, what would be right ([`domain::problem`]) |
//!
//! # Layers
//!
//! Each may use those above it in this list, never those below; `tests/layers.rs` reads every path and holds the code
//! to it.
//!
//! ```text
//! clock · domain                 time and chance as arguments · what the parties talk about: pure
//! wire · mapping · tlog · seal   bytes ↔ trees for strangers' input · profiles: trees ↔ records · C2SP log formats ·
//!                                bytes under keys: pure
//! store · files                  durable state: rows on SQLite and PostgreSQL · sealed files on disk
//! exchange                       the use cases, in the words above
//! http · client · mail · worker  the edges: listeners, outbound calls, mails, work taken by lease
//! pki · telemetry · config       the edges to the machine
//! cli                            the commands; the only place that builds the world
//! ```
//!
//! # A bureau pushes a complaint
//!
//! 1. The agency listener (`http`) completes the TLS handshake and finds the [agency](domain::agency::Agency) by the
//!    [fingerprint](domain::digest::Fingerprint) of its certificate. [`Agency::may`](domain::agency::Agency::may) is
//!    asked before a byte of the body is read. The body is read within its limits of size, time and rate.
//! 2. [`wire`] turns the bytes into a tree, in whatever encoding they came, and refuses what is not well-formed. The
//!    profile recognises the message and validates it against the agency's schema.
//! 3. `mapping` reads the tree into [records](domain::record::Record). What nobody maps is kept in
//!    [`extensions`](domain::record::extensions::Extensions), so that writing gives an equal document back. Each
//!    [problem](domain::problem::Problem) has line, column and path, in Chinese and English.
//! 4. `exchange` asks [`Agency::may_for`](domain::agency::Agency::may_for) for each record's region, looks whether
//!    the message was here before, and lets the record act on its case: [`Event::of`](domain::case::Event::of) says
//!    what it does, [`CaseState::after`](domain::case::CaseState::after) whether it may. A new case is given its
//!    deadlines by [`Laws::open`](domain::deadline::Laws::open), and the receipt states them.
//! 5. The [receipt](domain::receipt::Receipt) is written in the agency's own format, with the proof from `tlog`, and
//!    `store` writes it with submission, record, case, journal entry and outbox rows in one transaction, together with
//!    those of other submissions that arrived at the same time.
//! 6. Only when that transaction is on disk is the receipt sent. The same message again gets the same bytes.
//! 7. `worker` finds the outbox rows: the platform is told by a signed webhook. Its reply comes through the platform
//!    listener, passes the same machine, is mapped back by the same rows, and waits for the bureau or is pushed to
//!    it. What the bureau's case system makes of it, it says by a receipt of its own ([`exchange::receipts`]).
//!
//! # A food agency pulls results
//!
//! 1. The platform posts the result of a check of its own ([`exchange::post`]). The agencies' scopes say whom it is for, the
//!    case's machine what it opens there
//!    ([`CaseState::opened_by_platform`](domain::case::CaseState::opened_by_platform)); `exchange` maps it by each
//!    agency's profile and puts it in its feed, in one transaction. A reply gets there in the same way.
//! 2. The agency asks its feed for a kind of record, by a signed cursor ([`exchange::feed`]), and gets a page of those
//!    that its scopes allow and its filter lets through; never one that another has taken the place of.
//! 3. The page is a window: count, root over the records, root of the window before, signed and journalled. What was
//!    left out between two windows, or within one, shows.
//! 4. The agency acknowledges by asking with the cursor that the page came with; that too is a journal entry.
//!
//! Nothing pulls *from* an agency by schedule yet. That begins in `worker` and `exchange`; records and profiles are
//! there.
//!
//! # An auditor verifies a case
//!
//! 1. The auditor has a receipt, the document it was given for, and the gateway's verifier key, from whoever they
//!    trust.
//! 2. The receipt's [proof](domain::receipt::ReceiptProof) carries the journal entry and its salt. The entry names a
//!    salted [digest](domain::digest::Digest::salted) of the body: the same salt over the document must give it.
//! 3. `tlog` computes the entry's leaf hash and, with the proof's hashes, the root that the checkpoint signs.
//!    `regbridge verify` does this offline; so do other people's tools, since every format is C2SP's.
//! 4. Of a whole case there is a [package](exchange::package): all of its messages, records, files and entries, each
//!    with its proof. The same command checks it, and so does the script that is in it.
//! 5. To see that nothing else was changed, the auditor compares checkpoints kept at different times, or exports the
//!    journal and checks it whole; or relies on witnesses, who compare each head with the one before and cosign it
//!    ([`exchange::witness`], [`http::witness`]).

pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod domain;
pub mod exchange;
pub mod files;
pub mod http;
pub mod mail;
pub mod mapping;
pub mod pki;
pub mod seal;
pub mod store;
pub mod telemetry;
pub mod tlog;
pub mod wire;
pub mod worker;
