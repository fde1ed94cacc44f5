//! How a record came to us.

use crate::domain::digest::Digest;
use crate::domain::id::SubmissionId;
use crate::domain::record::codes::codes;
use crate::domain::record::part::part;

part! {
    /// Where a record was read from. The gateway's own words, never a map's.
    pub struct Source {
        /// The way it came.
        must channel: SourceChannel,
        /// The submission that held it.
        may submission: SubmissionId,
        /// Its place in that submission, from 1.
        may position: u32,
        /// The profile that read it.
        may profile: String,
        /// The digest of that profile's files.
        may map_sha256: Digest,
    }
}

codes! {
    /// The way a record came.
    pub enum SourceChannel as "source-channel" {
        /// The agency's own call over mutual TLS.
        Api = "api" "接口",
        /// The old open-platform call.
        Router = "router" "开放平台",
        /// The platform's side.
        Platform = "platform" "平台",
        /// A file.
        File = "file" "文件",
        /// A scheduled pull.
        Sync = "sync" "定时拉取",
    }
}
