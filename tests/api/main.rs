//! The listeners through their front doors: real TLS, real client certificates, a database and an authority of their
//! own for every test. The folders mirror the addresses.

mod agency;
mod support;
