//! Issuing certificates.
//!
//! Promise: P-256 keys, one purpose for each certificate, never longer than the authority lives. The index is written
//! first, then the key, then the certificate; a name's older files are moved aside, never overwritten.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use crate::clock::{Chance, Clock};
use crate::domain::digest::Fingerprint;
use crate::pki::authority::{Authority, BACKDATE_SECONDS, PkiError, in_file, serial, since_1970};
use crate::pki::files::{self, PRIVATE, PUBLIC};
use crate::pki::index::{Entry, Use};
use crate::pki::peer::Peer;

/// A certificate to be issued.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The name of its files.
    pub name: String,
    /// What it is for.
    pub usage: Use,
    /// The subject's common name.
    pub common_name: String,
    /// The subject's organisation, if any.
    pub organisation: Option<String>,
    /// Host names and addresses: those of a server; of a client none.
    pub server_names: Vec<String>,
    /// How long it is valid, from now.
    pub days: u32,
    /// Whether an older certificate of the same name may give way: its files are kept as `<name>.<serial>.crt` and
    /// `.key`, and it stays valid until it is revoked.
    pub renew: bool,
}

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its line in the index.
    pub entry: Entry,
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file, mode 0600.
    pub key: PathBuf,
}

impl Issue {
    /// A server certificate for these names and addresses.
    #[must_use]
    pub fn server(name: &str, server_names: Vec<String>, days: u32) -> Self {
        let common_name = server_names.first().cloned().unwrap_or_else(|| name.to_owned());
        Self {
            name: name.to_owned(),
            usage: Use::Server,
            common_name,
            organisation: None,
            server_names,
            days,
            renew: false,
        }
    }

    /// A client certificate for this subject.
    #[must_use]
    pub fn client(name: &str, common_name: &str, organisation: Option<&str>, days: u32) -> Self {
        Self {
            name: name.to_owned(),
            usage: Use::Client,
            common_name: common_name.to_owned(),
            organisation: organisation.map(str::to_owned),
            server_names: Vec::new(),
            days,
            renew: false,
        }
    }
}

impl Authority {
    /// Issues a certificate with a new key.
    pub fn issue(&self, issue: &Issue, clock: &dyn Clock, chance: &dyn Chance) -> Result<Issued, PkiError> {
        check_name(&issue.name)?;
        let _lock = self.lock()?;
        let mut index = self.read_index()?;
        let (certificate_path, key_path) = self.issued_paths(&issue.name);
        for path in [&certificate_path, &key_path] {
            if path.exists() && !issue.renew {
                return Err(PkiError::Exists { path: path.clone() });
            }
        }
        let now = clock.now();
        let expires = now.plus_millis(i64::from(issue.days) * 86_400_000);
        let authority_ends = self.own()?.not_after;
        if issue.days == 0 || expires > authority_ends {
            return Err(PkiError::BadDays { days: issue.days, expires: authority_ends.at_offset(0) });
        }
        let mut params = params(issue)?;
        params.serial_number = Some(serial(chance).to_vec().into());
        params.not_before = date_time_ymd(1970, 1, 1) + since_1970(now.plus_millis(-1000 * BACKDATE_SECONDS));
        params.not_after = date_time_ymd(1970, 1, 1) + since_1970(expires);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer()?)?;
        let facts = Peer::of(std::slice::from_ref(certificate.der()))
            .map_err(|e| PkiError::Damaged { path: certificate_path.clone(), detail: e.to_string() })?;
        let entry = Entry {
            name: issue.name.clone(),
            serial: facts.serial,
            usage: issue.usage,
            subject: facts.subject,
            fingerprint: Fingerprint::of(certificate.der()),
            issued: facts.not_before,
            expires: facts.not_after,
            revoked: None,
            reason: None,
        };
        let older = index.certificates.iter().rev().find(|e| e.name == issue.name).map(|e| e.serial.clone());
        index.certificates.push(entry.clone());
        self.write_index(&index)?;
        if let Some(older) = older {
            move_aside(&certificate_path, &older)?;
            move_aside(&key_path, &older)?;
        }
        let write = |path: &Path, text: String, mode| {
            files::create(path, text.as_bytes(), mode).map_err(|e| in_file(path, e))
        };
        write(&key_path, key.serialize_pem(), PRIVATE)?;
        write(&certificate_path, certificate.pem(), PUBLIC)?;
        Ok(Issued { entry, certificate: certificate_path, key: key_path })
    }

    /// The facts of the authority's own certificate.
    pub(crate) fn own(&self) -> Result<Peer, PkiError> {
        let path = self.certificate_path();
        let damaged = |detail: String| PkiError::Damaged { path: path.clone(), detail };
        let chain = crate::pki::read::certificates(&path).map_err(|e| damaged(e.to_string()))?;
        Peer::of(&chain).map_err(|e| damaged(e.to_string()))
    }
}

fn params(issue: &Issue) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(organisation) = &issue.organisation {
        params.distinguished_name.push(DnType::OrganizationName, organisation.as_str());
    }
    params.distinguished_name.push(DnType::CommonName, issue.common_name.as_str());
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match issue.usage {
        Use::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Use::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    if issue.usage == Use::Server && issue.server_names.is_empty() {
        return Err(PkiError::BadServerName { name: String::new() });
    }
    for name in &issue.server_names {
        let bad = || PkiError::BadServerName { name: name.clone() };
        // What a TLS client would not ask for is no server's name.
        rustls::pki_types::ServerName::try_from(name.as_str()).map_err(|_| bad())?;
        let one = CertificateParams::new(vec![name.clone()]).map_err(|_| bad())?;
        params.subject_alt_names.extend(one.subject_alt_names);
    }
    Ok(params)
}

fn check_name(name: &str) -> Result<(), PkiError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let sound = (1..=64).contains(&name.len()) && !name.starts_with(['.', '-']) && name.chars().all(plain);
    if sound { Ok(()) } else { Err(PkiError::BadName { name: name.to_owned() }) }
}

fn move_aside(path: &Path, serial: &str) -> Result<(), PkiError> {
    let mut aside = path.with_extension("").into_os_string();
    aside.push(format!(".{serial}."));
    aside.push(path.extension().unwrap_or_default());
    match fs::rename(path, &aside) {
        // Nothing to keep: the process was killed between the index and the files.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(|e| in_file(path, e)),
    }
}
