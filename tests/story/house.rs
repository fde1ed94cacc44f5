//! A gateway of its own for a test: data directory, authority, and the program as a child process.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::bureau::Bureau;
use crate::platform::Platform;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_regbridge");

/// The name of a house's authority.
pub(crate) const OUR_NAME: &str = "Story CA";

/// The region of the bureau that most stories are about: 杭州市西湖区.
pub(crate) const XIHU: &str = "330106";

/// What a bureau of the `cn-amr-xml` profile exchanges.
const COMPLAINTS: [&str; 4] =
    ["complaint-order", "complaint-closure", "complaint-acknowledgement", "complaint-reply"];

/// A data directory and, while it is open, the gateway that serves it.
pub(crate) struct House {
    // Where it began; gone with it.
    _folder: tempfile::TempDir,
    data: PathBuf,
    // The address of its database, which may hold a password: that stands in the environment.
    database: Option<String>,
    token: String,
    running: Option<Running>,
}

struct Running {
    child: Child,
    agencies: String,
    platform: String,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl House {
    /// Builds a data directory with an authority and a platform token; `settings` are added to its configuration.
    pub(crate) fn build(settings: &str) -> Self {
        Self::build_under(OUR_NAME, settings)
    }

    /// The same on a PostgreSQL database.
    pub(crate) fn build_on(database: &str, settings: &str) -> Self {
        Self::build_as(OUR_NAME, Some(database), settings)
    }

    /// The same with an authority of this name.
    pub(crate) fn build_under(authority: &str, settings: &str) -> Self {
        Self::build_as(authority, None, settings)
    }

    fn build_as(authority: &str, database: Option<&str>, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[platform_listener]\naddress = \"127.0.0.1:0\"\n[journal]\norigin = \"story.example/journal\"\n\
             [outbound]\ncertificate = \"pki/issued/outbound.crt\"\nkey = \"pki/issued/outbound.key\"\n\
             authorities = [\"pki/ca.crt\"]\n[log]\nfilter = \"info\"\n\
             [agency_listener]\naddress = \"127.0.0.1:0\"\n{settings}"
        );
        fs::write(folder.path().join("regbridge.toml"), text).unwrap();
        let data = folder.path().to_owned();
        let mut house = Self { _folder: folder, data, database: None, token: String::new(), running: None };
        house.database = database.map(str::to_owned);
        house.must(&["pki", "init", "--name", authority]);
        house.must(&["pki", "issue", "outbound"]);
        let token = house.must(&["token", "add", "story"]);
        token.trim().clone_into(&mut house.token);
        house
    }

    /// From here on this is its data directory.
    pub(crate) fn move_to(&mut self, data: &Path) {
        assert!(self.running.is_none(), "it is open");
        data.clone_into(&mut self.data);
    }

    /// From here on this is its database.
    pub(crate) fn move_to_database(&mut self, url: &str) {
        self.database = Some(url.to_owned());
    }

    /// The program on this data directory and database.
    fn program(&self) -> Command {
        let mut program = Command::new(PROGRAM);
        program.arg("--dir").arg(&self.data);
        if let Some(url) = &self.database {
            program.env("REGBRIDGE_STORE__URL", url);
        }
        program
    }

    /// A file of the data directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// Runs a command of the program on this data directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let Output { status, stdout, stderr } = self.program().args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { ok: status.success(), out: text(stdout), err: text(stderr) }
    }

    /// Runs a command that must succeed; its output.
    pub(crate) fn must(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert!(said.ok, "{arguments:?}\n{}\n{}", said.out, said.err);
        said.out
    }

    /// Issues a client certificate and adds a bureau that presents it.
    pub(crate) fn add_bureau(&self, id: &str, region: &str, more: &[&str]) -> Bureau {
        self.must(&["pki", "issue", id]);
        let certificate = self.file(&format!("pki/issued/{id}.crt"));
        self.add_agency(id, region, &certificate, &COMPLAINTS, more);
        self.bureau(id)
    }

    /// Adds an agency of the `cn-amr-xml` profile that presents this certificate.
    pub(crate) fn add_agency(
        &self,
        id: &str,
        region: &str,
        certificate: &Path,
        kinds: &[&str],
        more: &[&str],
    ) {
        let certificate = certificate.display().to_string();
        let mut arguments = vec!["agency", "add", id, "--name", "演示局", "--region", region];
        arguments.extend(["--certificate", &certificate]);
        if !more.contains(&"--profile") {
            arguments.extend(["--profile", "cn-amr-xml"]);
        }
        for kind in kinds {
            arguments.extend(["--scope", kind]);
        }
        arguments.extend(more);
        // `agency add` ends with a check, which rightly complains about an expired certificate.
        let said = self.run(&arguments);
        assert!(said.out.contains("wrote "), "{}\n{}", said.out, said.err);
    }

    /// Adds `county`, an agency that has a folder and no certificate.
    pub(crate) fn add_county(&self, region: &str, profile: &str, kinds: &[&str]) -> String {
        let mut arguments = vec!["agency", "add", "county", "--name", "县局", "--region", region];
        arguments.extend(["--profile", profile, "--folder"]);
        for kind in kinds {
            arguments.extend(["--scope", kind]);
        }
        self.must(&arguments)
    }

    /// Somebody with the certificate of this name.
    pub(crate) fn bureau(&self, name: &str) -> Bureau {
        Bureau::with(
            self.file("pki/ca.crt"),
            self.file(&format!("pki/issued/{name}.crt")),
            self.file(&format!("pki/issued/{name}.key")),
        )
    }

    /// The platform's side, with a token that may write.
    pub(crate) fn platform(&self) -> Platform {
        Platform::with(&self.token)
    }

    /// Starts the gateway and waits until it has said where it listens.
    pub(crate) fn open(&mut self) {
        assert!(self.running.is_none(), "it is open already");
        let log = OpenOptions::new().create(true).append(true).open(self.file("serve.log")).unwrap();
        let mut child = self
            .program()
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |name: &str| {
            let line =
                said.next().and_then(Result::ok).unwrap_or_else(|| panic!("no address\n{}", self.log()));
            line.strip_prefix(name).unwrap_or_else(|| panic!("{line}")).trim().to_owned()
        };
        let agencies = address("agencies").replace("127.0.0.1", "localhost");
        let platform = address("platform");
        self.running = Some(Running { child, agencies, platform });
    }

    /// Kills the gateway as a power cut would: SIGKILL.
    pub(crate) fn cut_power(&mut self) {
        let mut running = self.running.take().expect("it is open");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Asks the gateway to stop (SIGTERM) and waits until it has; it must end well.
    pub(crate) fn close(&mut self) {
        let mut running = self.running.take().expect("it is open");
        signal("-TERM", running.child.id());
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = running.child.try_wait().unwrap() {
                assert!(status.success(), "{status}\n{}", self.log());
                return;
            }
            if Instant::now() > end {
                running.child.kill().unwrap();
                panic!("it did not stop within 20 s\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where agencies call: `https://localhost:PORT`.
    pub(crate) fn agencies(&self) -> &str {
        &self.running.as_ref().expect("it is open").agencies
    }

    /// Where agencies call: `localhost:PORT`.
    pub(crate) fn agencies_address(&self) -> &str {
        self.agencies().strip_prefix("https://").unwrap()
    }

    /// Where the platform calls: `http://127.0.0.1:PORT`.
    pub(crate) fn platform_url(&self) -> &str {
        &self.running.as_ref().expect("it is open").platform
    }

    /// What the gateway has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("serve.log")).unwrap_or_default()
    }

    /// Waits until the log holds this, at most 10 s: files are looked at every second.
    pub(crate) fn wait_for_log(&self, wanted: &str) {
        until(&format!("the log says {wanted:?}"), Duration::from_secs(10), || {
            self.log().contains(wanted).then_some(())
        });
    }

    /// Whether the process lives.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| running.child.try_wait().unwrap().is_none())
    }

    /// Its resident memory now and at its highest, in KiB (`VmRSS`, `VmHWM` of proc(5)).
    pub(crate) fn memory_kib(&self) -> (u64, u64) {
        let id = self.running.as_ref().expect("it is open").child.id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").trim().parse().unwrap()
        };
        (figure("VmRSS:"), figure("VmHWM:"))
    }

    /// Writes a file of the data directory, so that a running gateway never sees half of it.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let beside = self.file("beside.new");
        fs::write(&beside, bytes).unwrap();
        File::open(&beside).unwrap().sync_all().unwrap();
        let target = self.file(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::rename(beside, target).unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("---- the gateway's log\n{}", tail(&self.log(), 60));
        }
    }
}

/// The last lines of a text.
fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn signal(which: &str, process: u32) {
    assert!(Command::new("kill").args([which, &process.to_string()]).status().unwrap().success());
}

/// Tries until there is something, or fails saying what was waited for.
pub(crate) fn until<T>(what: &str, most: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + most;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < end, "waited {most:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
