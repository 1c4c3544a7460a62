//! The list of the public types.

use std::{fmt, str::FromStr};

use serde_json::Value;

use crate::{data, schema};

/// Not the name of a public type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no public event has this name; the list is in docs/public-events.md")]
pub struct UnknownType;

macro_rules! public_types {
    ($($(#[doc = $doc:literal])* $variant:ident = $short:literal, $data:ident;)*) => {
        /// A type of public event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            $($(#[doc = $doc])* $variant,)*
        }

        impl EventType {
            /// Every type, once.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As filters name it: `transfer.posted`.
            pub const fn short(self) -> &'static str {
                match self {
                    $(Self::$variant => $short,)*
                }
            }

            /// The type of the CloudEvent: `bank.jangbu.transfer.posted.v1`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("bank.jangbu.", $short, ".v1"),)*
                }
            }

            /// Names the schema of its data: `urn:jangbu:schema:transfer.posted:v1`.
            pub const fn schema_name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("urn:jangbu:schema:", $short, ":v1"),)*
                }
            }

            /// What happened, in words.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),*).trim(),)*
                }
            }

            /// The JSON Schema of its data.
            pub fn schema(self) -> Value {
                let mut schema = match self {
                    $(Self::$variant => <data::$data as schema::Described>::schema(),)*
                };
                schema["$id"] = self.schema_name().into();
                schema["title"] = self.short().into();
                schema
            }
        }
    };
}

public_types! {
    /// An account was opened.
    AccountOpened = "account.opened", AccountOpened;
    /// An account was closed for good.
    AccountClosed = "account.closed", AccountClosed;
    /// An account was frozen, or its freeze stops something else from now on.
    AccountFrozen = "account.frozen", AccountFrozen;
    /// The freeze of an account was lifted.
    AccountUnfrozen = "account.unfrozen", AccountUnfrozen;
    /// Money came to an account or left it. Each movement on an account is told once: by this type, or by `transfer.reversed`, `charge.posted` or `exchange.posted`.
    TransferPosted = "transfer.posted", Posting;
    /// A transfer from an account was refused.
    TransferRejected = "transfer.rejected", TransferRejected;
    /// Money moved on an account because an earlier transfer was undone. The subject is the transfer that was undone.
    TransferReversed = "transfer.reversed", Posting;
    /// Money moved on an account because a payment code was used.
    ChargePosted = "charge.posted", Posting;
    /// Money moved on an account because one asset was exchanged for another.
    ExchangePosted = "exchange.posted", Posting;
    /// Funds of an account were held.
    HoldPlaced = "hold.placed", HoldPlaced;
    /// Held funds were paid. The movement of the money is told as well, as `transfer.posted`.
    HoldCaptured = "hold.captured", HoldCaptured;
    /// Held funds were given back.
    HoldReleased = "hold.released", HoldReleased;
    /// The time of a hold was over, and what remained was given back.
    HoldExpired = "hold.expired", HoldReleased;
    /// An item came to be.
    ItemMinted = "item.minted", ItemMinted;
    /// An item was given or sold. Each of the two members is told of their own part.
    ItemTransferred = "item.transferred", ItemTransferred;
    /// An item was offered for money.
    OfferOpened = "offer.opened", OfferOpened;
    /// An offer was accepted. Seller and buyer are told of their own part.
    OfferAccepted = "offer.accepted", OfferAccepted;
    /// An offer ended without a trade.
    OfferEnded = "offer.ended", OfferEnded;
    /// A run of a standing order was posted.
    OrderRun = "order.run", OrderRun;
    /// A run of a standing order was refused.
    OrderRefused = "order.refused", OrderRefused;
    /// A payout run began to pay.
    PayoutRunStarted = "payout.run.started", PayoutRunStarted;
    /// A payout run has ended: each row was posted or refused, or it was cancelled.
    PayoutRunFinished = "payout.run.finished", PayoutRunFinished;
    /// A process with the outside world has done what it was for: a top-up, a bank payout or a gift card.
    ProcessDone = "process.done", Process;
    /// A process with the outside world has taken back what it had done.
    ProcessCompensated = "process.compensated", Process;
    /// A process with the outside world cannot go on by itself: an operator has to say how.
    ProcessStuck = "process.stuck", Process;
    /// A person became a member.
    MemberJoined = "member.joined", MemberJoined;
    /// Nothing personal of a member can be read any more.
    MemberErased = "member.erased", MemberErased;
    /// A payment was refused because of a limit.
    LimitExceeded = "limit.exceeded", LimitExceeded;
}

impl EventType {
    /// The type that filters name so.
    pub fn from_short(short: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.short() == short)
    }

    /// The type of a CloudEvent.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.name() == name)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl FromStr for EventType {
    type Err = UnknownType;

    /// Reads the short name.
    fn from_str(short: &str) -> Result<Self, UnknownType> {
        Self::from_short(short).ok_or(UnknownType)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_lead_to_their_types() {
        let names: HashSet<&str> = EventType::ALL.iter().map(|event_type| event_type.name()).collect();
        assert_eq!(names.len(), EventType::ALL.len());
        for event_type in EventType::ALL {
            assert_eq!(EventType::from_name(event_type.name()), Some(*event_type));
            assert_eq!(event_type.short().parse(), Ok(*event_type));
            assert!(event_type.description().ends_with('.'), "{event_type}");
        }
        assert_eq!("transfer".parse::<EventType>(), Err(UnknownType));
    }
}
