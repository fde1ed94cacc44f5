//! A witness: a process of its own, in a folder of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::curl::{Answer, Curl};
use crate::house::PROGRAM;
use crate::log::ORIGIN;

/// A witness in a folder, and while it is up its process.
pub(crate) struct Witness {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) vkey: String,
    address: String,
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    child: Option<Child>,
}

impl Witness {
    pub(crate) fn init(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(PROGRAM)
            .args(["witness", "init", "--name", name])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let vkey = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        assert!(vkey.starts_with(&format!("{name}+")), "{vkey}");
        Self { folder, vkey, address: "127.0.0.1:0".to_owned(), tls: None, child: None }
    }

    /// One that knows this log, up.
    pub(crate) fn of(name: &str, log: &str) -> Self {
        let mut witness = Self::init(name);
        witness.knows(log);
        witness.start();
        witness
    }

    pub(crate) fn knows(&self, log: &str) {
        let file = self.folder.path().join("witness.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, format!("{text}[[logs]]\norigin = \"{ORIGIN}\"\nvkey = \"{log}\"\n")).unwrap();
    }

    /// Starts it; the second time at the address it had.
    pub(crate) fn start(&mut self) {
        let mut command = Command::new(PROGRAM);
        command.args(["witness", "serve", "--address", &self.address]).arg(self.folder.path());
        if let Some((certificate, key)) = &self.tls {
            command.arg("--tls-certificate").arg(certificate).arg("--tls-key").arg(key);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = |name: &str| {
            let line = lines.next().expect("it says where it is").unwrap();
            line.strip_prefix(name).unwrap_or_else(|| panic!("{line}")).trim().to_owned()
        };
        let url = said("witness");
        assert_eq!(said("vkey"), self.vkey);
        url.rsplit('/').next().unwrap().clone_into(&mut self.address);
        self.child = Some(child);
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it is up");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address.replace("127.0.0.1", "localhost"))
    }

    pub(crate) fn post(&self, body: &[u8]) -> Answer {
        Curl::to(&format!("{}/add-checkpoint", self.url())).post(body).call()
    }

    /// What it remembers of the log: the three lines of the checkpoint that it cosigned last.
    pub(crate) fn remembers(&self) -> Option<String> {
        let mut files = fs::read_dir(self.folder.path().join("state")).ok()?;
        let file = files.find_map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().len() == 64).then_some(path)
        })?;
        Some(fs::read_to_string(file).unwrap())
    }

    /// Of how many entries.
    pub(crate) fn size(&self) -> u64 {
        self.remembers().map_or(0, |text| text.lines().nth(1).unwrap().parse().unwrap())
    }

    /// Its table in the gateway's settings.
    pub(crate) fn settings(&self, name: &str) -> String {
        let authorities = if self.tls.is_some() { "authorities = [\"pki/ca.crt\"]\n" } else { "" };
        format!(
            "[[journal.witnesses]]\nname = \"{name}\"\nurl = \"{}\"\nvkey = \"{}\"\n{authorities}",
            self.url(),
            self.vkey
        )
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
