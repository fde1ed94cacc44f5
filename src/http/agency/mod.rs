//! The agency listener: mutual TLS, `/agency/v1`, and the old open platform's `/router/rest`.

pub mod limits;
