//! Where a lead is to be looked into: the division of the authority with which its respondent is registered, else that
//! in which the respondent lives or has its seat.
//!
//! The third to eighth character of a unified social credit code (GB 32100-2015, 5.3) and the first six digits of a
//! business registration number of fifteen (GS 15-2006) name the division of the registration authority.

use crate::domain::record::enforcement_lead::{EnforcementLead, Jurisdiction};
use crate::domain::record::extensions::Extensions;
use crate::domain::record::lead_subject::LeadSubject;
use crate::domain::record::lead_transaction::LeadParty;
use crate::domain::record::party::IdScheme;
use crate::domain::region::Region;

/// A division, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    /// The division.
    pub region: Region,
    /// Why.
    pub ground: Ground,
}

/// What says where a respondent belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Its registration authority.
    Registration,
    /// Where it lives or has its seat.
    Seat,
}

impl Ground {
    /// As a lead states it (管辖依据).
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Registration => "被举报方登记机关所在地",
            Self::Seat => "被举报方住所地",
        }
    }
}

/// Where a respondent belongs, if anything says so.
#[must_use]
pub fn of(subject: &LeadSubject) -> Option<Venue> {
    let registered = subject.ids.iter().find_map(|id| authority(id.scheme, id.value.as_deref()?));
    let registered = registered.map(|region| Venue { region, ground: Ground::Registration });
    registered.or_else(|| {
        let region = subject.region.clone()?;
        Some(Venue { region, ground: Ground::Seat })
    })
}

/// The division of the registration authority in a number.
fn authority(scheme: IdScheme, number: &str) -> Option<Region> {
    let number = number.trim();
    let digits = match (scheme, number.len()) {
        (IdScheme::Uscc, 18) => number.get(2..8)?,
        (IdScheme::Registration, 15) => number.get(..6)?,
        _ => return None,
    };
    // 100000 is the authority of the whole country, which says nothing of a place.
    Region::parse(digits).ok().filter(|region| region.as_str() != "100000" && region.as_str() != "000000")
}

impl EnforcementLead {
    /// Whether a party is a respondent: it is suspected, or nobody is said to be.
    fn is_respondent(&self, party: &LeadParty) -> bool {
        is_suspected(party) || !self.subjects.iter().any(is_suspected)
    }

    /// The divisions that its respondents belong to, each once, in the order in which they are named.
    #[must_use]
    pub fn venues(&self) -> Vec<Venue> {
        let mut found: Vec<Venue> = Vec::new();
        let respondents = self.subjects.iter().filter(|party| self.is_respondent(party));
        for venue in respondents.filter_map(|party| of(&party.subject)) {
            if found.iter().all(|known| known.region != venue.region) {
                found.push(venue);
            }
        }
        found
    }

    /// The same lead for one of these divisions: under a number of its own, with the respondents that belong there and
    /// those of whom nobody can say; whoever is no respondent is in all of them.
    #[must_use]
    pub fn part_for(&self, venue: &Venue) -> Self {
        let belongs = |party: &LeadParty| of(&party.subject).is_none_or(|own| own.region == venue.region);
        let stays = |party: &&LeadParty| !self.is_respondent(party) || belongs(party);
        let mut part = self.clone();
        part.subjects = self.subjects.iter().filter(stays).cloned().collect();
        part.registration_number = format!("{}-{}", self.registration_number, venue.region);
        part.message_id = self.message_id.as_ref().map(|id| format!("{id}-{}", venue.region));
        part.assign(venue);
        part
    }

    /// Says for which division it is, and why.
    pub fn assign(&mut self, venue: &Venue) {
        let said = self.jurisdiction.get_or_insert_with(|| Jurisdiction {
            region: None,
            body: None,
            reason: None,
            extensions: Extensions::default(),
        });
        said.region = Some(venue.region.clone());
        said.reason.get_or_insert_with(|| venue.ground.zh().to_owned());
    }
}

const fn is_suspected(party: &LeadParty) -> bool {
    matches!(party.suspected, Some(true))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn lead(subjects: &Value) -> EnforcementLead {
        serde_json::from_value(json!({"registration_number": "L-1", "message_id": "m", "subjects": subjects}))
            .unwrap()
    }

    fn company(uscc: &str, more: &Value) -> Value {
        let mut party = json!({"subject": {"kind": "company", "ids": [{"scheme": "uscc", "value": uscc}]}});
        party.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        party
    }

    #[test]
    fn the_registration_authority_comes_first_then_the_seat() {
        let venue = |subject: Value| of(&serde_json::from_value(subject).unwrap());
        let at = |region: &str, ground| Some(Venue { region: Region::parse(region).unwrap(), ground });
        let uscc = json!({"kind": "company", "region": "440000", "ids": [{"scheme": "uscc", "value": "91330106MA00000016"}]});
        assert_eq!(venue(uscc), at("330106", Ground::Registration));
        let old = json!({"kind": "company", "ids": [{"scheme": "registration", "value": "330200000012345"}]});
        assert_eq!(venue(old), at("330200", Ground::Registration));
        let person = json!({"kind": "person", "region": "440000", "ids": [{"scheme": "citizen", "value": "330106199001010018"}]});
        assert_eq!(venue(person), at("440000", Ground::Seat), "a place of birth is no seat");
        let national = json!({"kind": "company", "ids": [{"scheme": "uscc", "value": "91100000MA00000016"}]});
        assert_eq!(venue(national), None);
        let short =
            json!({"kind": "company", "ids": [{"scheme": "uscc", "value": "9133010"}, {"scheme": "tax"}]});
        assert_eq!(venue(short), None);
    }

    #[test]
    fn a_part_has_the_respondents_of_its_division_and_who_is_none() {
        let (hangzhou, ningbo) = ("91330106MA00000016", "91330200MA00000012");
        let whole = lead(&json!([
            company(hangzhou, &json!({"suspected": true, "role": "seller"})),
            company(ningbo, &json!({"suspected": true, "role": "maker"})),
            company(ningbo, &json!({"role": "victim"})),
            {"suspected": true, "role": "unknown", "subject": {"kind": "person"}},
        ]));
        let venues = whole.venues();
        assert_eq!(
            venues.iter().map(|venue| venue.region.as_str()).collect::<Vec<_>>(),
            ["330106", "330200"]
        );
        let part = whole.part_for(&venues[0]);
        let roles: Vec<&str> = part.subjects.iter().map(|party| party.role.as_deref().unwrap()).collect();
        assert_eq!(roles, ["seller", "victim", "unknown"]);
        assert_eq!(
            (part.registration_number.as_str(), part.message_id.as_deref()),
            ("L-1-330106", Some("m-330106"))
        );
        let said = part.jurisdiction.unwrap();
        assert_eq!(
            (said.region.unwrap().as_str(), said.reason.as_deref()),
            ("330106", Some("被举报方登记机关所在地"))
        );
        // Where nobody is said to be suspected, all are.
        assert_eq!(
            lead(&json!([company(hangzhou, &json!({})), company(ningbo, &json!({}))])).venues().len(),
            2
        );
    }
}
