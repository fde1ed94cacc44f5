//! Certificates that lapse by themselves: their last day has passed, and the platform is told once.
//!
//! Promise: state, journal entry, event and webhooks are written in one transaction; a day has passed when it is over at
//! 24:00 in China.

use serde_json::json;

use crate::domain::case::CaseState;
use crate::domain::id::CaseId;
use crate::domain::kind::Kind;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::intake::announcements;
use crate::exchange::refused::Refused;
use crate::store::event::Event;
use crate::store::{StoreError, Tx};

/// The offset of China Standard Time, in seconds.
const CHINA: i32 = 8 * 3600;

/// Certificates that lapse in one transaction.
const AT_ONCE: u32 = 64;

impl Gateway {
    /// Has certificates lapse whose last day has passed; how many.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn lapse_certificates(&self) -> Result<usize, Refused> {
        let world = &*self.world;
        let mut all = 0;
        loop {
            let lapse = async |mut tx: Tx| lapse(world, &mut tx).await;
            let lapsed = world.store.run_tx("certificate.lapse", lapse).await?;
            if lapsed == 0 {
                return Ok(all);
            }
            all += lapsed;
            world.bells.ring_for_events();
            world.bells.ring_for_deliveries();
        }
    }
}

async fn lapse(world: &World, tx: &mut Tx) -> Result<usize, StoreError> {
    let now = world.clock.now();
    let today = now.at_offset(CHINA);
    let due = tx.certificates_before(&today[..10], AT_ONCE).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let head = tx.journal_lock().await?;
    let (mut changed, mut entries, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (id, valid_until) in &due {
        tx.mark_certificate_lapsed(id, now).await?;
        let Some(mut case) = standing(tx, id).await? else { continue };
        CaseState::Lapsed.as_str().clone_into(&mut case.state);
        case.updated_at = now;
        let fact = Fact::CertificateLapse {
            case: case.id.clone(),
            agency: case.agency.clone(),
            valid_until: valid_until.clone(),
        };
        events.push(Event {
            journal_index: head.size + entries.len() as u64,
            id: world.chance.uuid(now).to_string(),
            event_type: "regbridge.certificate-status.lapsed".to_owned(),
            case: case.id.clone(),
            agency: case.agency.clone(),
            kind: Kind::CertificateStatus,
            at: now,
            data: json!({
                "agency": case.agency,
                "case": case.id,
                "kind": Kind::CertificateStatus,
                "registration_number": case.registration_number,
                "state": case.state,
                "valid_until": valid_until,
            })
            .to_string(),
        });
        entries.push(entry::bytes(&fact, now));
        changed.push(case);
    }
    tx.update_cases(&changed).await?;
    let told: Vec<_> = events.iter().flat_map(|event| announcements(world, event)).collect();
    tx.insert_deliveries(&told).await?;
    tx.insert_events(&events).await?;
    if !entries.is_empty() {
        world.journal.grow(&head, entries, now)?.write(tx).await?;
    }
    Ok(due.len())
}

/// The case of a certificate that has not lapsed already.
async fn standing(tx: &mut Tx, id: &CaseId) -> Result<Option<crate::store::case::Case>, StoreError> {
    let case = tx.case(id).await?;
    Ok(case.filter(|case| case.state != CaseState::Lapsed.as_str()))
}
