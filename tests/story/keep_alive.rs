//! One open connection, held by Python, that asks again and again.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::bureau::Bureau;
use crate::house::House;

/// A connection that is never opened anew.
pub(crate) struct OpenConnection {
    child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl OpenConnection {
    pub(crate) fn of(bureau: &Bureau, house: &House) -> Self {
        let mut child = Command::new("python3")
            .args(["-c", include_str!("keep_alive.py"), house.agencies_address()])
            .args([&bureau.authority, &bureau.certificate, &bureau.key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asks = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, asks, answers }
    }

    /// Asks for a path: `status`, `closes`, `body`; status 0 when the connection is gone.
    pub(crate) fn get(&mut self, path: &str) -> Value {
        writeln!(self.asks, "{path}").unwrap();
        serde_json::from_str(&self.answers.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
