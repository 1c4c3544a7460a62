//! Notices, as a row of messages keeps them.

use kernel::MemberId;
use uuid::Uuid;

use super::classify::unknown;
use crate::{Notice, VaultError};

/// Word, whose, which.
pub(super) type Columns = (&'static str, Option<Uuid>, Option<i64>);

pub(super) fn columns(notice: Notice) -> Columns {
    match notice {
        Notice::SignUpCode { sign_up, serial } => ("sign_up_code", Some(sign_up), Some(serial.into())),
        Notice::ContactIsMember => ("contact_is_member", None, None),
        Notice::ContactCode { member, serial } => ("contact_code", Some(member.uuid()), Some(serial.into())),
        Notice::PasswordResetCode { reset } => ("password_reset_code", Some(reset), Some(1)),
        Notice::ContactReplaced => ("contact_replaced", None, None),
        Notice::PasswordChanged => ("password_changed", None, None),
        Notice::MoneyReceived => ("money_received", None, None),
        Notice::ChargePosted => ("charge_posted", None, None),
        Notice::HoldPlaced => ("hold_placed", None, None),
        Notice::LoggedIn => ("logged_in", None, None),
    }
}

pub(super) fn notice(word: &str, subject: Option<Uuid>, serial: Option<i64>) -> Result<Notice, VaultError> {
    let serial = serial.and_then(|serial| u32::try_from(serial).ok());
    Ok(match (word, subject, serial) {
        ("sign_up_code", Some(sign_up), Some(serial)) => Notice::SignUpCode { sign_up, serial },
        ("contact_is_member", ..) => Notice::ContactIsMember,
        ("contact_code", Some(member), Some(serial)) => Notice::ContactCode { member: MemberId::new(member), serial },
        ("password_reset_code", Some(reset), Some(1)) => Notice::PasswordResetCode { reset },
        ("contact_replaced", ..) => Notice::ContactReplaced,
        ("password_changed", ..) => Notice::PasswordChanged,
        ("money_received", ..) => Notice::MoneyReceived,
        ("charge_posted", ..) => Notice::ChargePosted,
        ("hold_placed", ..) => Notice::HoldPlaced,
        ("logged_in", ..) => Notice::LoggedIn,
        _ => return Err(unknown("a notice of an unknown kind")),
    })
}

pub(super) fn channel(word: &str) -> Result<&'static str, VaultError> {
    one_of(&["email", "phone"], word).ok_or_else(|| unknown("a message over an unknown channel"))
}

pub(super) fn field(word: &str) -> Result<&'static str, VaultError> {
    one_of(&["contact", "old_contact"], word).ok_or_else(|| unknown("a message with a contact in an unknown field"))
}

fn one_of(known: &[&'static str], word: &str) -> Option<&'static str> {
    known.iter().copied().find(|known| *known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_is_read_as_it_was_written() {
        let id = Uuid::from_u128(7);
        for written in [
            Notice::SignUpCode { sign_up: id, serial: u32::MAX },
            Notice::ContactIsMember,
            Notice::ContactCode { member: MemberId::new(id), serial: 1 },
            Notice::PasswordResetCode { reset: id },
            Notice::ContactReplaced,
            Notice::PasswordChanged,
            Notice::MoneyReceived,
            Notice::ChargePosted,
            Notice::HoldPlaced,
            Notice::LoggedIn,
        ] {
            let (word, subject, serial) = columns(written);
            assert_eq!(notice(word, subject, serial).expect("known"), written);
        }
        for (word, subject, serial) in
            [("", None, None), ("sign_up_code", None, Some(1)), ("contact_code", Some(id), Some(-1))]
        {
            assert!(matches!(notice(word, subject, serial), Err(VaultError::Damaged(_))), "{word}");
        }
    }
}
