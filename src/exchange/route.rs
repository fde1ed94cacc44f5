//! Whom a record of the platform's is for, where nobody says so.
//!
//! Promise: a result, a question about a certificate, an operator's identity go to every agency that may receive its kind for the division and the category. A lead goes to the
//! nearest one, that whose scope names the smallest division around the place, since two desks on one lead get in each
//! other's way; its place is that which it names, else where its respondent is registered or lives
//! ([`venue`](crate::domain::record::venue)). Respondents of several divisions make several leads, if the platform says
//! so, and are asked about if it does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::record::Record;
use crate::domain::region::Region;
use crate::exchange::gateway::World;
use crate::exchange::outgoing::unfit;
use crate::exchange::refused::Refused;

/// The record, or what becomes of a lead whose respondents belong to several divisions; each says its place, as far as
/// anything does.
pub(super) fn parts(record: Record, split: bool) -> Result<Vec<Record>, Refused> {
    let placed = record.concerns().is_some();
    let Record::EnforcementLead(mut lead) = record else {
        return if split { Err(undivided()) } else { Ok(vec![record]) };
    };
    if placed {
        return if split { Err(undivided()) } else { Ok(vec![Record::EnforcementLead(lead)]) };
    }
    let venues = lead.venues();
    match (venues.as_slice(), split) {
        ([], _) => Ok(vec![Record::EnforcementLead(lead)]),
        ([only], _) => {
            lead.assign(only);
            Ok(vec![Record::EnforcementLead(lead)])
        }
        (several, true) => {
            Ok(several.iter().map(|venue| Record::EnforcementLead(Box::new(lead.part_for(venue)))).collect())
        }
        (several, false) => {
            let regions: Vec<&str> = several.iter().map(|venue| venue.region.as_str()).collect();
            Err(unfit(
                &format!("被举报方分属 {} 个区划：{}", several.len(), regions.join("、")),
                &format!("its respondents belong to several divisions: {}", regions.join(", ")),
                "jurisdiction.region, or \"split\": true",
            ))
        }
    }
}

fn undivided() -> Refused {
    unfit(
        "只有未写明管辖区划的线索才按被举报方拆分",
        "only a lead that names no division is split by its respondents",
        "an enforcement-lead without region and jurisdiction.region",
    )
}

/// The agencies a record is for.
pub(super) fn recipients(
    world: &World,
    kind: Kind,
    record: &Record,
    to: &[AgencyId],
) -> Result<Vec<Arc<Agency>>, Refused> {
    let registry = world.registry.load();
    let categories = record.categories();
    if !to.is_empty() {
        let mut named = BTreeMap::new();
        for id in to {
            let agency = registry.by_id(id).ok_or_else(|| {
                unfit(&format!("没有机构 {id}"), &format!("there is no agency {id}"), "agencies/<id>.toml")
            })?;
            let region = record.concerns().unwrap_or(&agency.region);
            agency.may_receive(kind, region, &categories).map_err(Refused::OutOfScope)?;
            named.insert(id.clone(), agency);
        }
        return Ok(named.into_values().collect());
    }
    // Certificates are the whole country's.
    let country = Region::country();
    let concerns = record.concerns().or((kind == Kind::CertificateCheck).then_some(&country));
    let region = concerns.ok_or_else(|| {
        unfit(
            "没有 to 时须写明其区划：由授权范围决定发给谁",
            "without `to` it must say its region: the scopes decide whom it is for",
            "region、jurisdiction.region",
        )
    })?;
    let may = registry.agencies().filter(|agency| agency.may_receive(kind, region, &categories).is_ok());
    let mut all: Vec<Arc<Agency>> = may.cloned().collect();
    if kind == Kind::EnforcementLead {
        let nearest = all.iter().map(|agency| nearness(agency, kind, region)).max();
        all.retain(|agency| Some(nearness(agency, kind, region)) == nearest);
    }
    if all.is_empty() {
        return Err(Refused::Nobody { kind, region: region.to_string() });
    }
    Ok(all)
}

/// How small the smallest division around this one is that a scope of the agency's names: more is smaller.
fn nearness(agency: &Agency, kind: Kind, region: &Region) -> usize {
    let scopes = agency.scopes.iter().filter(|s| s.kind == kind && s.direction == Direction::Receive);
    let around = scopes.flat_map(|scope| &scope.regions).filter(|own| own.covers(region));
    around.map(|own| own.prefix().len()).max().unwrap_or(0)
}
