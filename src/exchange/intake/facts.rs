//! What the journal says of a decision.
//!
//! Promise: a message that was taken has one entry, which holds the digest of its body; if it holds more than one
//! record, each record that moved a case has an entry of its own, right behind it, in their order. A repetition has
//! none: its entries are there already.

use crate::clock::Timestamp;
use crate::domain::deadline::Deadline;
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::deadline::told::DeadlineFact;
use crate::exchange::entry::{self, Counts, Fact};
use crate::exchange::intake::cases::Fate;
use crate::exchange::intake::desk::Decision;
use crate::exchange::intake::item::Item;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::rows::Origin;
use crate::store::case::Case;

/// Adds the entries of a decision.
pub(super) fn write(job: &Prepared, decision: &Decision, now: Timestamp, entries: &mut Vec<Vec<u8>>) {
    let agency = || job.inbound.agency.id.clone();
    let (certificate, actor) = (job.inbound.sender.certificate(), || job.inbound.sender.actor());
    let fact = match decision {
        Decision::Accept(fates) => {
            entries.push(entry::bytes(&submission(job, fates), now));
            if job.only().is_none() {
                let (agency, origin) = (&job.inbound.agency.id, Origin::Submission(&job.submission));
                let records = job.items.iter().zip(&**fates);
                let facts = records.filter_map(|(item, fate)| record(agency, origin, item, fate));
                entries.extend(facts.map(|fact| entry::bytes(&fact, now)));
            }
            return;
        }
        Decision::Repeat(_) => return,
        Decision::Conflict { earlier, .. } => Fact::Conflict {
            submission: earlier.submission.clone(),
            agency: agency(),
            certificate,
            actor: actor(),
            found: Digest::salted(&earlier.salt, &job.inbound.body),
        },
        Decision::Refuse(refused) => Fact::Refusal {
            agency: agency(),
            certificate,
            actor: actor(),
            kind: Some(job.kind.to_string()),
            why: refused.name().to_owned(),
            codes: refused.codes(),
        },
    };
    entries.push(entry::bytes(&fact, now));
}

/// How many records met which fate.
pub(in crate::exchange) fn counts(fates: &[Fate], bad: &[BadRecord]) -> Counts {
    let mut counts = Counts { refused: bad.len() as u64, ..Counts::default() };
    for fate in fates {
        *match fate {
            Fate::Taken { .. } => &mut counts.accepted,
            Fate::Duplicate(_) => &mut counts.duplicate,
            Fate::Refused(_) => &mut counts.refused,
        } += 1;
    }
    counts
}

fn submission(job: &Prepared, fates: &[Fate]) -> Fact {
    let (case, opened, deadlines) = match (job.only(), fates) {
        (Some(_), [Fate::Taken { case, opened, deadlines }]) => (Some(case), Some(*opened), &**deadlines),
        _ => (None, None, &[][..]),
    };
    Fact::Submission {
        submission: job.submission.clone(),
        case: case.map(|case| case.id.clone()),
        opened,
        state: case.map(|case| case.state.clone()),
        deadlines: case.map(|case| told(case, deadlines)).unwrap_or_default(),
        records: case.is_none().then(|| counts(fates, &job.bad)),
        agency: job.inbound.agency.id.clone(),
        certificate: job.inbound.sender.certificate(),
        actor: job.inbound.sender.actor(),
        kind: job.kind.to_string(),
        channel: job.inbound.channel.as_str(),
        body: job.body_salted,
        profile: job.profile.id().to_owned(),
        profile_sha256: job.profile.digest(),
    }
}

/// The entry of a record that moved a case; `None` for one that did not.
pub(in crate::exchange) fn record(
    agency: &AgencyId,
    origin: Origin<'_>,
    item: &Item,
    fate: &Fate,
) -> Option<Fact> {
    let Fate::Taken { case, opened, deadlines } = fate else { return None };
    Some(Fact::Record {
        submission: origin.submission(),
        import: origin.import(),
        index: item.index,
        record: item.id.clone(),
        case: case.id.clone(),
        opened: *opened,
        state: case.state.clone(),
        deadlines: told(case, deadlines),
        agency: agency.clone(),
        kind: item.record.kind().to_string(),
    })
}

/// They stand as they do at the record that the case was last changed by.
fn told(case: &Case, deadlines: &[Deadline]) -> Vec<DeadlineFact> {
    deadlines.iter().map(|one| DeadlineFact::of(one, case.updated_at)).collect()
}
