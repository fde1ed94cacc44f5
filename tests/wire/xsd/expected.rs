//! Where the two judges differ and ours is right, or xmllint's judgement is no judgement.

/// Whether a difference is one of those.
pub(super) fn is(_of: &str, _text: &str, _words: &str) -> bool {
    false
}
