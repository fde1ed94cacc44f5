//! What one caller may take of the listener, each figure with its reason.
//!
//! Time is in whole seconds and size in bytes, as the names say. The figures are settings because networks differ; the
//! defaults hold for bureaus on the public network and a machine with two processors and 1 GB.

use std::time::Duration;

use serde::Deserialize;

use crate::http::body::BodyLimits;

/// The limits of the agency listener: `[agency_listener.limits]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body. 8 MiB is what [`crate::wire`] reads at most: a complaint is 2 to 20 KB, a month's digest of
    /// a district 3 MB; photographs travel as attachments.
    pub body_bytes: usize,
    /// What all bodies that are being read or applied may hold together: eight of the largest, or 3,000 of 20 KB.
    pub bodies_bytes: usize,
    /// The longest time from a request's header to the end of its body. 8 MiB at 1 Mbit/s take 67 s.
    pub body_seconds: u32,
    /// How long a body may be slower than the minimum rate: two TCP retransmission pauses of a bad mobile link.
    pub body_grace_seconds: u32,
    /// The minimum average rate after the grace. 8 KB/s is a modem; less is an attack or a dead peer.
    pub body_bytes_per_second: u32,
    /// The largest request header. Ours come to 600 bytes; clients with traces and cookies stay under 8 KB.
    pub header_bytes: usize,
    /// The longest time for a request's header to arrive.
    pub header_seconds: u32,
    /// The longest time for a TLS handshake. Two round trips of 300 ms and 5 ms of signing, ten times over.
    pub handshake_seconds: u32,
    /// How long an idle connection is kept. Longer than the minute at which most clients poll.
    pub keep_alive_seconds: u32,
    /// The longest life of a connection: after it the next answer ends it, and the peer proves itself anew.
    pub connection_seconds: u32,
    /// Connections at once, over all addresses. Each costs about 40 KB with its TLS buffers: 2,000 are 80 MB.
    pub connections: usize,
    /// Connections at once from one address. A provincial exit hides some dozens of bureaus behind one address.
    pub connections_per_address: usize,
    /// TLS handshakes at once. One takes 1 to 2 ms of a processor: 256 are a quarter of a second of both.
    pub handshakes: usize,
    /// Threads that serve connections; 0 is one a processor but one, which is the writer's.
    pub workers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 * 1024 * 1024,
            bodies_bytes: 64 * 1024 * 1024,
            body_seconds: 90,
            body_grace_seconds: 5,
            body_bytes_per_second: 8 * 1024,
            header_bytes: 16 * 1024,
            header_seconds: 5,
            handshake_seconds: 6,
            keep_alive_seconds: 75,
            connection_seconds: 3600,
            connections: 2000,
            connections_per_address: 256,
            handshakes: 256,
            workers: 0,
        }
    }
}

impl Limits {
    /// What one body may take.
    #[must_use]
    pub fn body(&self) -> BodyLimits {
        BodyLimits {
            bytes: self.body_bytes,
            total: Duration::from_secs(self.body_seconds.into()),
            grace: Duration::from_secs(self.body_grace_seconds.into()),
            bytes_per_second: self.body_bytes_per_second,
        }
    }

    /// Which figure is out of all reason, and why: asked when the configuration is loaded.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let small = [
            ("body_bytes", self.body_bytes),
            ("bodies_bytes", self.bodies_bytes),
            ("body_seconds", self.body_seconds as usize),
            ("header_bytes", self.header_bytes),
            ("header_seconds", self.header_seconds as usize),
            ("handshake_seconds", self.handshake_seconds as usize),
            ("connection_seconds", self.connection_seconds as usize),
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("handshakes", self.handshakes),
        ];
        if let Some((name, _)) = small.into_iter().find(|(_, value)| *value == 0) {
            return Err((name, "0 would refuse everybody"));
        }
        if self.body_bytes > MOST_BODY_BYTES {
            return Err(("body_bytes", "more than 8 MiB is never read"));
        }
        if self.header_bytes > MOST_HEADER_BYTES {
            return Err(("header_bytes", "more than 131072 bytes never reach us"));
        }
        Ok(())
    }
}

/// What the readers of [`crate::wire`] take at most.
const MOST_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Where actix-http itself answers 431 (its `MAX_BUFFER_SIZE`).
const MOST_HEADER_BYTES: usize = 131_072;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_reasonable_and_zero_is_not() {
        assert_eq!(Limits::default().check(), Ok(()));
        let none = Limits { connections: 0, ..Limits::default() };
        assert_eq!(none.check().unwrap_err().0, "connections");
        let vast = Limits { body_bytes: usize::MAX, ..Limits::default() };
        assert_eq!(vast.check().unwrap_err().0, "body_bytes");
    }
}
