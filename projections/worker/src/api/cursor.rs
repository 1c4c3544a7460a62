//! Cursors: where a list goes on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use platform::problem::{Code, Problem};
use sha2::{Digest, Sha256};

/// The key, and its check.
const LENGTH: usize = 8 + 8;

/// One list: its name and everything that decides which items belong to it. A cursor made for one list is refused by every other, for there it
/// would silently skip items.
#[derive(Clone, Debug)]
pub(super) struct List(Sha256);

impl List {
    /// The list of that name, with these filters.
    pub(super) fn of(name: &str, filters: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in std::iter::once(&name).chain(filters) {
            // The length keeps two parts from running into one another.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(digest)
    }

    /// The cursor that goes on after the item with this key. Opaque to clients; it opens nothing, so it carries a check and no signature.
    pub(super) fn cursor(&self, last: i64) -> String {
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&last.to_be_bytes());
        bytes[8..].copy_from_slice(&self.check(last));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key of the item after which the list goes on.
    pub(super) fn after(&self, cursor: &str) -> Result<i64, Problem> {
        let wrong = || {
            Problem::new(Code::CursorInvalid).detail("send the next_cursor of this very list, with the same filters")
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|bytes| bytes.len() == LENGTH).ok_or_else(wrong)?;
        let mut key = [0; 8];
        key.copy_from_slice(&bytes[..8]);
        let last = i64::from_be_bytes(key);
        if bytes[8..] == self.check(last) { Ok(last) } else { Err(wrong()) }
    }

    fn check(&self, last: i64) -> [u8; 8] {
        let digest = self.0.clone().chain_update(last.to_be_bytes()).finalize();
        let mut check = [0; 8];
        check.copy_from_slice(&digest[..8]);
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_there_and_back_and_no_other_list_takes_it() {
        let list = List::of("actions", &["a", "", "bc"]);
        for last in [1, 4711, i64::MAX] {
            let cursor = list.cursor(last);
            assert_eq!(list.after(&cursor).ok(), Some(last));
            for other in [List::of("actions", &["a", "b", "c"]), List::of("others", &["a", "", "bc"])] {
                assert!(other.after(&cursor).is_err());
            }
        }
        for garbage in ["", "x", "AAAA", "\u{d55c}", &"A".repeat(22), &"A".repeat(4000)] {
            assert!(list.after(garbage).is_err(), "{garbage}");
        }
    }
}
