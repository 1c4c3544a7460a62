//! Bodies whose fingerprint is keyed.

use serde::Serialize;
use zeroize::Zeroizing;

/// What a body asked for, in one spelling; there may be secrets in it.
pub(crate) type Canonical = Zeroizing<Vec<u8>>;

/// A body whose fingerprint is keyed, because there may be secrets in it.
pub(crate) trait Confidential: Send + Sync {
    /// Every field in its order, as a list. What goes in never changes: digests of it are kept for ever.
    fn canonical(&self) -> Canonical;
}

/// The fields in one spelling.
pub(crate) fn canonical(fields: &impl Serialize) -> Canonical {
    // Large enough for nearly all of them at once: what a vector grows out of is not wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    // Strings and numbers into memory: it cannot fail, and if it did, the digest would be one of less.
    let _ = serde_json::to_writer(&mut *bytes, fields);
    bytes
}
