//! Debian's own Python, where another one stands before it.

use std::process::Command;

/// The Python that has this module: the first in the PATH, or the system's. Without one there is nothing to test against.
pub(crate) fn python_with(module: &str) -> &'static str {
    let has = |python: &&str| {
        let asked = Command::new(python)
            .args(["-c", &format!("import {module}")])
            .stderr(std::process::Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has);
    found.unwrap_or_else(|| panic!("no python3 has {module}; on Debian: apt-get install python3-{module}"))
}
