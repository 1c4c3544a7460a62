//! Which codes are worth nothing any more because a newer one of the same sign-up or change was seen.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;
use uuid::Uuid;
use vault::Notice;

/// Of so many sign-ups and changes the newest code is remembered; one forgotten costs a message that says less.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("more than none");

/// The newest code seen of each sign-up and change. Speed and courtesy only: an older code opens nothing anyway.
pub(super) struct Newest(Mutex<LruCache<Uuid, u32>>);

impl Newest {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }

    /// Takes note of a message that is to be sent.
    pub(super) fn see(&self, notice: Notice) {
        if let Some((of, serial)) = code(notice) {
            let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = newest.get_or_insert_mut(of, || serial);
            *known = (*known).max(serial);
        }
    }

    /// Whether a newer code was seen.
    pub(super) fn has_passed(&self, notice: Notice) -> bool {
        let Some((of, serial)) = code(notice) else { return false };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&of).is_some_and(|newest| *newest > serial)
    }
}

fn code(notice: Notice) -> Option<(Uuid, u32)> {
    match notice {
        Notice::SignUpCode { sign_up, serial } => Some((sign_up, serial)),
        Notice::ContactCode { member, serial } => Some((member.uuid(), serial)),
        Notice::PasswordResetCode { .. }
        | Notice::ContactIsMember
        | Notice::ContactReplaced
        | Notice::PasswordChanged
        | Notice::MoneyReceived
        | Notice::ChargePosted
        | Notice::HoldPlaced
        | Notice::LoggedIn => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(sign_up: u128, serial: u32) -> Notice {
        Notice::SignUpCode { sign_up: Uuid::from_u128(sign_up), serial }
    }

    #[test]
    fn only_older_codes_of_the_same_sign_up_have_passed() {
        let newest = Newest::new();
        newest.see(code_of(1, 2));
        newest.see(code_of(1, 1));
        newest.see(code_of(2, 1));
        assert!(newest.has_passed(code_of(1, 1)));
        assert!(!newest.has_passed(code_of(1, 2)));
        assert!(!newest.has_passed(code_of(2, 1)) && !newest.has_passed(code_of(3, 1)));
        assert!(!newest.has_passed(Notice::PasswordChanged));
    }
}
