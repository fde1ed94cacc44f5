//! Revoking certificates, and the list of the revoked.
//!
//! Promise: a CRL (RFC 5280, section 5) over all that this authority ever issued, with a number that only grows and
//! an end after thirty days; the gateway refuses everybody when it is past that, so it must be made anew before
//! (`refresh_crl`, weekly say). A killed process leaves the old list or the new one.

use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, date_time_ymd,
};

use crate::clock::{Clock, Timestamp};
use crate::domain::digest::Fingerprint;
use crate::pki::authority::{Authority, BACKDATE_SECONDS, PkiError, in_file, since_1970};
use crate::pki::files::{self, PUBLIC};
use crate::pki::index::{Entry, Index, Reason};

/// How long a CRL holds. Long enough for a holiday without operators, short enough that a copy somebody kept is
/// soon worthless.
const CRL_DAYS: i64 = 30;

/// Which certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this name that is not revoked.
    Name(String),
    /// The one with this serial number, hexadecimal; colons are passed over.
    Serial(String),
    /// The one with this fingerprint.
    Fingerprint(Fingerprint),
}

/// A certificate that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its line in the index.
    pub entry: Entry,
    /// The number of the CRL that says so.
    pub crl_number: u64,
    /// Until when that CRL holds.
    pub next_update: Timestamp,
}

impl Authority {
    /// Revokes a certificate and makes a new CRL.
    pub fn revoke(&self, which: &Which, reason: Reason, clock: &dyn Clock) -> Result<Revoked, PkiError> {
        let _lock = self.lock()?;
        let mut index = self.read_index()?;
        let place = find(&index, which)?;
        let entry = &mut index.certificates[place];
        if let Some(at) = entry.revoked {
            return Err(PkiError::AlreadyRevoked { serial: entry.serial.clone(), at: at.at_offset(0) });
        }
        entry.revoked = Some(clock.now());
        entry.reason = Some(reason);
        let entry = entry.clone();
        let next_update = self.write_crl(&mut index, clock)?;
        Ok(Revoked { entry, crl_number: index.crl_number, next_update })
    }

    /// Makes a new CRL of the same certificates; gives the time until which it holds.
    pub fn refresh_crl(&self, clock: &dyn Clock) -> Result<Timestamp, PkiError> {
        let _lock = self.lock()?;
        let mut index = self.read_index()?;
        self.write_crl(&mut index, clock)
    }

    /// Writes index and CRL, in this order: a revocation that is on record and not yet in the list is put there by
    /// the next refresh; one that is in the list and not on record would be lost by it.
    fn write_crl(&self, index: &mut Index, clock: &dyn Clock) -> Result<Timestamp, PkiError> {
        index.crl_number += 1;
        let now = clock.now();
        let next_update = now.plus_millis(CRL_DAYS * 86_400_000);
        let revoked_certs = index
            .certificates
            .iter()
            .filter_map(|entry| entry.revoked.map(|at| (entry, at)))
            .map(|(entry, at)| self.revoked_params(entry, at))
            .collect::<Result<_, _>>()?;
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(1970, 1, 1) + since_1970(now.plus_millis(-1000 * BACKDATE_SECONDS)),
            next_update: date_time_ymd(1970, 1, 1) + since_1970(next_update),
            crl_number: index.crl_number.into(),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let pem = params.signed_by(&self.issuer()?)?.pem()?;
        self.write_index(index)?;
        let path = self.crl_path();
        files::replace(&path, pem.as_bytes(), PUBLIC).map_err(|e| in_file(&path, e))?;
        Ok(next_update)
    }

    fn revoked_params(&self, entry: &Entry, at: Timestamp) -> Result<RevokedCertParams, PkiError> {
        let serial = hex::decode(&entry.serial).map_err(|e| PkiError::Damaged {
            path: self.directory().join("index.toml"),
            detail: format!("serial {}: {e}", entry.serial),
        })?;
        let reason_code = match entry.reason {
            // RFC 5280, section 5.3.1: the code 0 should be left out.
            None | Some(Reason::Unspecified) => None,
            Some(Reason::KeyCompromise) => Some(RevocationReason::KeyCompromise),
            Some(Reason::AffiliationChanged) => Some(RevocationReason::AffiliationChanged),
            Some(Reason::Superseded) => Some(RevocationReason::Superseded),
            Some(Reason::CessationOfOperation) => Some(RevocationReason::CessationOfOperation),
            Some(Reason::PrivilegeWithdrawn) => Some(RevocationReason::PrivilegeWithdrawn),
        };
        Ok(RevokedCertParams {
            serial_number: serial.into(),
            revocation_time: date_time_ymd(1970, 1, 1) + since_1970(at),
            reason_code,
            invalidity_date: None,
        })
    }
}

fn find(index: &Index, which: &Which) -> Result<usize, PkiError> {
    let unknown = |which: String| PkiError::Unknown { which };
    let place = |fits: &dyn Fn(&Entry) -> bool| index.certificates.iter().position(fits);
    match which {
        Which::Serial(serial) => {
            let wanted = serial.replace(':', "").to_lowercase();
            place(&|e| e.serial == wanted).ok_or_else(|| unknown(wanted))
        }
        Which::Fingerprint(wanted) => {
            place(&|e| e.fingerprint == *wanted).ok_or_else(|| unknown(wanted.to_string()))
        }
        Which::Name(name) => {
            let named: Vec<&Entry> =
                index.certificates.iter().filter(|e| e.name == *name && e.revoked.is_none()).collect();
            if named.len() > 1 {
                let serials = named.iter().map(|e| e.serial.clone()).collect();
                return Err(PkiError::Ambiguous { name: name.clone(), serials });
            }
            let open = place(&|e| e.name == *name && e.revoked.is_none());
            // Of those revoked the last, so that the answer can say when.
            open.or_else(|| index.certificates.iter().rposition(|e| e.name == *name))
                .ok_or_else(|| unknown(name.clone()))
        }
    }
}
