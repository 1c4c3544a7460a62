//! What members are told of.

use std::str::FromStr;

/// What a member is told of, by a push or a mail. Its word stands in preferences and in pushes, and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotificationKind {
    /// Money came to an account of theirs.
    MoneyReceived,
    /// A payment code of theirs was charged.
    ChargePosted,
    /// Funds of theirs were held.
    HoldPlaced,
    /// They logged in from a device or network that is new.
    NewDevice,
}

/// The text is the word of no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a notification is one of money.received, charge.posted, hold.placed, login.new_device")]
pub struct NotificationKindError;

impl NotificationKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::MoneyReceived, Self::ChargePosted, Self::HoldPlaced, Self::NewDevice];

    /// Its word, such as `money.received`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MoneyReceived => "money.received",
            Self::ChargePosted => "charge.posted",
            Self::HoldPlaced => "hold.placed",
            Self::NewDevice => "login.new_device",
        }
    }
}

impl FromStr for NotificationKind {
    type Err = NotificationKindError;

    fn from_str(text: &str) -> Result<Self, NotificationKindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(NotificationKindError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_by_its_word() {
        for kind in NotificationKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert!(NotificationKindError.to_string().contains(kind.as_str()));
        }
        for other in ["", "money", "Money.received", "transfer.posted", "*"] {
            assert_eq!(other.parse::<NotificationKind>(), Err(NotificationKindError));
        }
    }
}
