//! Mails to staff over SMTP (RFC 5321), as submission (RFC 6409).
//!
//! Promise: neither a password nor a mail leaves unencrypted. TLS is from the first byte (RFC 8314) or by a STARTTLS that
//! is required (RFC 3207); there is no third way. The server's certificate must be of the system's authorities, or of the
//! ones that are named and then of those alone. A mail has one recipient, so that none is kept from it by another. Its
//! Message-ID is made of the notice's id: what is sent twice can be known.
//!
//! When a mail is tried again is the exchange's affair, what it says as well.

pub mod error;
pub mod message;
pub mod probe;
pub mod smtp;

pub use message::Sender;
pub use smtp::{Server, Smtp};
