//! Encodings.

/// The encodings that are read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// GB18030.
    Gb18030,
    /// GBK.
    Gbk,
    /// GB2312.
    Gb2312,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}
