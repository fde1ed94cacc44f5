//! Python as a caller and as a receiver.

use std::process::{Command, Stdio};

/// The Python that has this module: Debian's own where another one stands before it.
pub(crate) fn with(module: &str) -> &'static str {
    let has = |python: &&str| {
        let asked =
            Command::new(python).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has);
    found.unwrap_or_else(|| panic!("no Python has {module}: apt-get install python3-{module}"))
}

/// Runs a script with arguments; what it printed.
pub(crate) fn run(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(arguments)
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}
