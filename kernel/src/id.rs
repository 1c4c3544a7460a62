//! The ids of the bank: one type each, so that none can stand where another belongs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that this UUID stands for.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID behind the id.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// An account, of a member or of the system; also the id of its stream.
    AccountId;
    /// What one command wrote is found again by this; derived from principal and idempotency key.
    CommandId;
    /// Follows one request through log, relay and views.
    CorrelationId;
    /// One log; a position means nothing without it.
    LogId;
    /// A person, or the service or operator a token was made for.
    MemberId;
    /// One stream of events.
    StreamId;
    /// A transfer; also the id of its stream.
    TransferId;
}

impl From<AccountId> for StreamId {
    fn from(id: AccountId) -> Self {
        Self(id.0)
    }
}

impl From<TransferId> for StreamId {
    fn from(id: TransferId) -> Self {
        Self(id.0)
    }
}

impl From<CommandId> for StreamId {
    fn from(id: CommandId) -> Self {
        Self(id.0)
    }
}

/// The namespace of the streams on which opening an account and leaving meet.
const OWNERS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f6f_776e_6572_7300_0001);

impl MemberId {
    /// The stream that decides whether an account may be opened for this member.
    pub fn owner_stream(self) -> StreamId {
        StreamId::new(Uuid::new_v5(&OWNERS, self.0.as_bytes()))
    }
}
