//! curl as a caller: arguments in, an answer out.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A call to make.
pub(crate) struct Curl {
    folder: tempfile::TempDir,
    command: Command,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Curl {
    /// A call of this address.
    pub(crate) fn to(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "60"]);
        command.arg("--dump-header").arg(folder.path().join("headers"));
        command.arg("--output").arg(folder.path().join("body")).arg(url);
        Self { folder, command }
    }

    /// With one argument more.
    pub(crate) fn with(mut self, argument: &str, value: &str) -> Self {
        self.command.arg(argument).arg(value);
        self
    }

    /// With a switch.
    pub(crate) fn flag(mut self, flag: &str) -> Self {
        self.command.arg(flag);
        self
    }

    /// With a header.
    pub(crate) fn header(self, header: &str) -> Self {
        self.with("--header", header)
    }

    /// With a file's name.
    pub(crate) fn file(mut self, argument: &str, path: &Path) -> Self {
        self.command.arg(argument).arg(path);
        self
    }

    /// As a POST of these bytes.
    pub(crate) fn post(mut self, body: &[u8]) -> Self {
        let file = self.folder.path().join("sent");
        std::fs::write(&file, body).unwrap();
        self.command.arg("--data-binary").arg(format!("@{}", file.display()));
        self
    }

    /// Makes the call; without an answer, what curl says.
    pub(crate) fn try_call(mut self) -> Result<Answer, String> {
        let output = self.command.output().unwrap();
        let headers = std::fs::read_to_string(self.folder.path().join("headers")).unwrap_or_default();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let body = std::fs::read(self.folder.path().join("body")).unwrap_or_default();
        Ok(Answer::read(&headers, body))
    }

    /// Makes the call, which must be answered.
    pub(crate) fn call(self) -> Answer {
        self.try_call().unwrap_or_else(|why| panic!("no answer: {why}"))
    }
}

impl Answer {
    /// From the header blocks that curl dumped: the last one counts, others were `100 Continue`.
    fn read(headers: &str, body: Vec<u8>) -> Self {
        let block = headers.replace("\r\n", "\n");
        let block = block.trim_end().rsplit("\n\n").next().unwrap_or_default().to_owned();
        let mut lines = block.lines();
        let status = lines.next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { status, headers, body }
    }

    /// A header's value; empty without it.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The body as text: UTF-8.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// This very status, or the body says why not.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// A problem document of this type and status, in Chinese and English; its JSON.
    #[track_caller]
    #[expect(
        clippy::wrong_self_convention,
        reason = "it says what the answer is, and hands on what is in it"
    )]
    pub(crate) fn is_problem(self, status: u16, slug: &str) -> Value {
        let answer = self.is(status);
        assert!(answer.header("content-type").starts_with("application/problem+json"), "{answer:?}");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:regbridge:problem:{slug}"), "{problem}");
        assert_eq!(problem["status"], status);
        for (english, chinese) in [("title", "title_zh"), ("detail", "detail_zh")] {
            assert!(is_english(&problem[english]) && is_chinese(&problem[chinese]), "{problem}");
        }
        problem
    }
}

/// Whether this is a text with English words; what it quotes may be Chinese.
pub(crate) fn is_english(text: &Value) -> bool {
    text.as_str()
        .is_some_and(|text| text.split(' ').any(|word| word.chars().all(|c| c.is_ascii_alphabetic())))
}

/// Whether this is a text with Chinese characters.
pub(crate) fn is_chinese(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
}
