//! A call that failed as a call: the open platform's error codes.
//!
//! Codes below 100 are the platform's own, as its public documentation lists them; `sub_code` begins with `isv.` where
//! the client must mend something and with `isp.` where we must.

/// An error of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) sub_code: &'static str,
    /// What it is about, in the client's own words: a parameter's name or value, cut.
    pub(super) sub_msg: String,
}

macro_rules! codes {
    ($($name:ident = $number:literal $text:literal),* $(,)?) => {
        /// The open platform's codes that are answered here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Code { $($name),* }

        impl Code {
            pub(super) const fn number(self) -> u32 {
                match self { $(Self::$name => $number),* }
            }

            pub(super) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

codes! {
    CallLimited = 7 "App Call Limited",
    InsufficientPermissions = 11 "Insufficient isv permissions",
    RemoteServiceError = 15 "Remote service error",
    MissingMethod = 21 "Missing method",
    InvalidMethod = 22 "Invalid method",
    InvalidFormat = 23 "Invalid format",
    MissingSignature = 24 "Missing signature",
    InvalidSignature = 25 "Invalid signature",
    MissingAppKey = 28 "Missing app key",
    InvalidAppKey = 29 "Invalid app Key",
    MissingTimestamp = 30 "Missing timestamp",
    InvalidTimestamp = 31 "Invalid timestamp",
    MissingVersion = 32 "Missing version",
    InvalidVersion = 33 "Invalid version",
    MissingArguments = 40 "Missing required arguments",
    InvalidArguments = 41 "Invalid arguments",
}

impl Fault {
    pub(super) fn new(code: Code, sub_code: &'static str, about: &str) -> Self {
        Self { code, sub_code, sub_msg: crate::domain::problem::cut(about) }
    }

    /// A parameter that is not there.
    pub(super) fn missing(code: Code, parameter: &'static str) -> Self {
        Self::new(code, "isv.missing-parameter", parameter)
    }

    /// Under which name the journal is told of it: attempts to be somebody, or to do what one may not. A slip in a
    /// parameter is no such attempt.
    pub(super) const fn noted(&self) -> Option<&'static str> {
        match self.code {
            Code::InvalidSignature | Code::MissingSignature => Some("router-signature"),
            Code::InvalidAppKey | Code::MissingAppKey => Some("router-app-key"),
            Code::InvalidTimestamp => Some("router-timestamp"),
            Code::InsufficientPermissions => Some("out-of-scope"),
            _ => None,
        }
    }
}
