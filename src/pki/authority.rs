//! Our own certificate authority: a directory of files.
//!
//! Promise: `ca.crt`, `ca.key` (mode 0600), `crl.pem`, `index.toml` and `issued/<name>.crt` and `.key`; made whole in
//! one rename, or not at all. An authority of one level (path length 0, P-256, ten years) that signs clients, servers
//! and its CRL: enough for a platform and the agencies it exchanges with, and for tests. An agency with an
//! authority of its own is trusted through the configuration instead.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use crate::clock::{Chance, Clock, Timestamp};
use crate::domain::digest::Fingerprint;
use crate::pki::files::{self, PRIVATE, PUBLIC};
use crate::pki::index::{Entry, Index};
use crate::pki::issue::{Issue, Issued};

/// The authority's own certificate lasts ten years: it must outlive what it signs, and to change it every
/// agency must be given the new one.
const AUTHORITY_DAYS: i64 = 3650;

/// Certificates begin five minutes early, for clocks that run behind ours.
pub(crate) const BACKDATE_SECONDS: i64 = 300;

/// What a new authority shall be.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    /// Its name, for example `Regbridge development CA`.
    pub common_name: String,
    /// Names and addresses of the server certificate, besides `localhost`, `127.0.0.1` and `::1`.
    pub server_names: Vec<String>,
    /// How long the server certificate lasts.
    pub server_days: u32,
}

/// A new authority.
#[derive(Debug)]
pub struct Created {
    /// The authority itself.
    pub authority: Authority,
    /// The fingerprint of its certificate.
    pub fingerprint: Fingerprint,
    /// Until when its certificate is valid.
    pub expires: Timestamp,
    /// The server certificate, `issued/server.crt`.
    pub server: Issued,
}

/// An authority in its directory.
#[derive(Clone, Debug)]
pub struct Authority {
    directory: PathBuf,
}

/// Why the authority could not do what it was asked. All but `File` and `Crypto` are for the operator to put right.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// There is an authority already, or something else in its place.
    #[error("{} exists already; nothing was changed", path.display())]
    Exists {
        /// The file or directory.
        path: PathBuf,
    },
    /// There is no authority there.
    #[error("there is no certificate authority in {}; make one with 'pki init'", path.display())]
    NoAuthority {
        /// The directory.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the authority holds something else than it should.
    #[error("{}: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The name cannot be a file's.
    #[error(
        "'{name}' cannot be a certificate's name: 1 to 64 of a-z, 0-9, '.', '-', '_', not beginning with '.' or '-'"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// A server certificate without a name, or with one that is neither a host name nor an address.
    #[error("'{name}' is neither a host name nor an address")]
    BadServerName {
        /// The name.
        name: String,
    },
    /// It would be valid for no time, or longer than the authority itself.
    #[error("{days} days cannot be: the authority's own certificate ends on {expires}")]
    BadDays {
        /// The days asked for.
        days: u32,
        /// When the authority's certificate ends.
        expires: String,
    },
    /// No certificate of this authority is meant.
    #[error("the authority has issued no certificate {which}")]
    Unknown {
        /// What was asked for.
        which: String,
    },
    /// Several certificates bear this name.
    #[error("several certificates are named {name}; say which by serial number: {}", serials.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Their serial numbers.
        serials: Vec<String>,
    },
    /// It was revoked before.
    #[error("certificate {serial} was revoked on {at}")]
    AlreadyRevoked {
        /// Its serial number.
        serial: String,
        /// When.
        at: String,
    },
    /// The cryptographic library refused.
    #[error("{0}")]
    Crypto(#[from] rcgen::Error),
}

impl Authority {
    /// Makes a new authority in `directory`, which must not exist or be empty, with a server certificate and an empty
    /// CRL.
    pub fn init(
        directory: &Path,
        new: &NewAuthority,
        clock: &dyn Clock,
        chance: &dyn Chance,
    ) -> Result<Created, PkiError> {
        let exists = || PkiError::Exists { path: directory.to_owned() };
        if fs::read_dir(directory).is_ok_and(|mut inside| inside.next().is_some()) {
            return Err(exists());
        }
        let mut aside = directory.file_name().unwrap_or_default().to_owned();
        aside.push(format!(".new-{}", &hex::encode(chance.thirty_two())[..16]));
        let aside = directory.with_file_name(aside);
        private_directory(&aside)?;
        private_directory(&aside.join("issued"))?;
        let made = fill(&aside, new, clock, chance).and_then(|made| {
            // Fails where, in the meantime, somebody else has put an authority.
            fs::rename(&aside, directory).map_err(|_| exists())?;
            files::sync_directory(directory).map_err(|e| in_file(directory, e))?;
            Ok(made)
        });
        if made.is_err() {
            // What remains is a directory with a key that signed nothing; that it could not be removed changes nothing.
            _ = fs::remove_dir_all(&aside);
        }
        let (fingerprint, expires, mut server) = made?;
        let authority = Self { directory: directory.to_owned() };
        (server.certificate, server.key) = authority.issued_paths("server");
        Ok(Created { authority, fingerprint, expires, server })
    }

    /// The authority in `directory`.
    pub fn open(directory: &Path) -> Result<Self, PkiError> {
        let authority = Self { directory: directory.to_owned() };
        if !authority.index_path().exists() {
            return Err(PkiError::NoAuthority { path: directory.to_owned() });
        }
        Ok(authority)
    }

    /// Its directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its certificate, `ca.crt`.
    #[must_use]
    pub fn certificate_path(&self) -> PathBuf {
        self.directory.join("ca.crt")
    }

    /// Its CRL, `crl.pem`.
    #[must_use]
    pub fn crl_path(&self) -> PathBuf {
        self.directory.join("crl.pem")
    }

    /// The certificate and key of a name, below `issued/`.
    #[must_use]
    pub fn issued_paths(&self, name: &str) -> (PathBuf, PathBuf) {
        let issued = self.directory.join("issued");
        (issued.join(format!("{name}.crt")), issued.join(format!("{name}.key")))
    }

    /// Every certificate it has issued, in order.
    pub fn entries(&self) -> Result<Vec<Entry>, PkiError> {
        Ok(self.read_index()?.certificates)
    }

    pub(crate) fn lock(&self) -> Result<File, PkiError> {
        files::lock(&self.directory).map_err(|e| in_file(&self.directory.join("lock"), e))
    }

    pub(crate) fn read_index(&self) -> Result<Index, PkiError> {
        let path = self.index_path();
        let text = fs::read_to_string(&path).map_err(|e| in_file(&path, e))?;
        toml::from_str(&text).map_err(|e| PkiError::Damaged { path, detail: e.to_string() })
    }

    pub(crate) fn write_index(&self, index: &Index) -> Result<(), PkiError> {
        let path = self.index_path();
        let text = toml::to_string(index)
            .map_err(|e| PkiError::Damaged { path: path.clone(), detail: e.to_string() })?;
        files::replace(&path, text.as_bytes(), PUBLIC).map_err(|e| in_file(&path, e))
    }

    /// The authority's name and key, to sign with.
    pub(crate) fn issuer(&self) -> Result<Issuer<'static, KeyPair>, PkiError> {
        let path = self.directory.join("ca.key");
        let key = fs::read_to_string(&path).map_err(|e| in_file(&path, e))?;
        let key = KeyPair::from_pem(&key).map_err(|e| PkiError::Damaged { path, detail: e.to_string() })?;
        let path = self.certificate_path();
        let certificate = fs::read_to_string(&path).map_err(|e| in_file(&path, e))?;
        Issuer::from_ca_cert_pem(&certificate, key)
            .map_err(|e| PkiError::Damaged { path, detail: e.to_string() })
    }

    fn index_path(&self) -> PathBuf {
        self.directory.join("index.toml")
    }
}

type Made = (Fingerprint, Timestamp, Issued);

fn fill(
    directory: &Path,
    new: &NewAuthority,
    clock: &dyn Clock,
    chance: &dyn Chance,
) -> Result<Made, PkiError> {
    let now = clock.now();
    let expires = now.plus_millis(AUTHORITY_DAYS * 86_400_000);
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, new.common_name.as_str());
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(serial(chance).to_vec().into());
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(now.plus_millis(-1000 * BACKDATE_SECONDS));
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(expires);
    let certificate = params.self_signed(&key)?;
    let authority = Authority { directory: directory.to_owned() };
    let path = directory.join("ca.key");
    files::create(&path, key.serialize_pem().as_bytes(), PRIVATE).map_err(|e| in_file(&path, e))?;
    let path = authority.certificate_path();
    files::create(&path, certificate.pem().as_bytes(), PUBLIC).map_err(|e| in_file(&path, e))?;
    authority.write_index(&Index::default())?;
    authority.refresh_crl(clock)?;
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(new.server_names.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
    let server = authority.issue(&Issue::server("server", names, new.server_days), clock, chance)?;
    Ok((Fingerprint::of(certificate.der()), expires, server))
}

fn private_directory(path: &Path) -> Result<(), PkiError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| in_file(path, e))
}

pub(crate) fn in_file(path: &Path, source: io::Error) -> PkiError {
    match source.kind() {
        io::ErrorKind::AlreadyExists => PkiError::Exists { path: path.to_owned() },
        _ => PkiError::File { path: path.to_owned(), source },
    }
}

/// A serial number: 127 random bits (RFC 5280 wants a positive number of at most 20 bytes; 64 random bits are the
/// least that browsers' rules ask for). The second highest bit is set, so that it never begins with a zero byte.
pub(crate) fn serial(chance: &dyn Chance) -> [u8; 16] {
    let mut bytes = [0; 16];
    chance.fill(&mut bytes);
    bytes[0] = bytes[0] & 0x7f | 0x40;
    bytes
}

/// A time as rcgen's dates are made of it: whole seconds, for certificates know no fractions.
pub(crate) fn since_1970(at: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(at.seconds()).unwrap_or(0))
}
