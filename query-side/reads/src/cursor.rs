//! Cursors: where a list goes on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::ReadsError;

/// The version written here.
const VERSION: u8 = 1;
/// Version, key, check.
const LENGTH: usize = 1 + 16 + 8;

/// One list: its name and everything that decides which items belong to it. A cursor made for one list is refused by
/// every other, for there it would silently skip items.
#[derive(Clone, Debug)]
pub struct List(Sha256);

impl List {
    /// The list of that name.
    pub fn named(name: &str) -> Self {
        Self(Sha256::new()).bound_to(name.as_bytes())
    }

    /// The same, bound to one more thing.
    #[must_use]
    pub fn bound_to(mut self, part: &[u8]) -> Self {
        // The length keeps two parts from running into one another.
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    /// The cursor that goes on after the item with this key: a position or an id. Opaque to clients; it opens nothing,
    /// so it carries a check and no signature.
    pub fn cursor(&self, last: u128) -> String {
        let mut bytes = [0; LENGTH];
        bytes[0] = VERSION;
        bytes[1..17].copy_from_slice(&last.to_be_bytes());
        bytes[17..].copy_from_slice(&self.check(last));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key of the item after which the list goes on.
    pub fn after(&self, cursor: &str) -> Result<u128, ReadsError> {
        let bytes: [u8; LENGTH] =
            URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(ReadsError::Cursor)?;
        let mut key = [0; 16];
        key.copy_from_slice(&bytes[1..17]);
        let last = u128::from_be_bytes(key);
        if bytes[0] != VERSION || bytes[17..] != self.check(last) {
            return Err(ReadsError::Cursor);
        }
        Ok(last)
    }

    fn check(&self, last: u128) -> [u8; 8] {
        let digest = self.0.clone().chain_update([VERSION]).chain_update(last.to_be_bytes()).finalize();
        let mut check = [0; 8];
        check.copy_from_slice(&digest[..8]);
        check
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_goes_there_and_back(name in ".{0,20}", part in any::<[u8; 16]>(), last: u128) {
            let list = List::named(&name).bound_to(&part);
            prop_assert_eq!(list.after(&list.cursor(last)).ok(), Some(last));
        }

        #[test]
        fn another_list_refuses_it(a in any::<[u8; 16]>(), b in any::<[u8; 16]>(), last: u128) {
            prop_assume!(a != b);
            let cursor = List::named("transactions").bound_to(&a).cursor(last);
            prop_assert!(List::named("transactions").bound_to(&b).after(&cursor).is_err());
            prop_assert!(List::named("accounts").bound_to(&a).after(&cursor).is_err());
        }

        #[test]
        fn one_changed_character_is_caught(last: u128, place in 0..34_usize, with in "[A-Za-z0-9_-]") {
            let list = List::named("accounts");
            let cursor = list.cursor(last);
            let mut changed = cursor.clone();
            changed.replace_range(place..=place, &with);
            prop_assume!(changed != cursor);
            prop_assert!(list.after(&changed).is_err());
        }

        #[test]
        fn garbage_is_refused_without_panic(text in ".{0,60}") {
            prop_assert!(List::named("accounts").after(&text).is_err());
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let cursor = List::named("a").bound_to(b"bc").bound_to(b"d").cursor(1);
        assert!(List::named("a").bound_to(b"b").bound_to(b"cd").after(&cursor).is_err());
    }
}
