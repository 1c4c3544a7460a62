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
    /// A hold; also the id of its stream.
    HoldId;
    /// One log; a position means nothing without it.
    LogId;
    /// A person, or the service or operator a token was made for.
    MemberId;
    /// One stream of events.
    StreamId;
    /// A quote of the exchange; also the id of its stream.
    QuoteId;
    /// One of a kind, such as a collectible or a ticket; also the id of its stream.
    ItemId;
    /// An offer of an item for money; also the id of its stream.
    OfferId;
    /// A standing order; also the id of its stream.
    OrderId;
    /// A payout run; also the id of its stream.
    PayoutRunId;
    /// A payment code, by the keyed hash of it; also the id of its stream.
    PaymentCodeId;
    /// A transfer; also the id of its stream.
    TransferId;
}

macro_rules! stream_ids {
    ($($name:ident),*) => {$(
        impl From<$name> for StreamId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }
    )*};
}

stream_ids!(AccountId, CommandId, HoldId, ItemId, OfferId, OrderId, PaymentCodeId, PayoutRunId, QuoteId, TransferId);

/// The namespace of the rows of payout runs.
const PAYOUT_ROWS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f70_6179_6f75_7473_0001);

impl PayoutRunId {
    /// The stream that holds a chunk of its rows; the first chunk has number 1.
    pub fn chunk_stream(self, chunk: u32) -> StreamId {
        let name: Vec<u8> = self.0.as_bytes().iter().copied().chain(chunk.to_be_bytes()).collect();
        StreamId::new(Uuid::new_v5(&PAYOUT_ROWS, &name))
    }
}

/// The namespace of items.
const ITEMS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f69_7465_6d73_0000_0001);

impl ItemId {
    /// The item with this serial in a collection. The id follows from both, so that two items never share them.
    pub fn of(collection: &str, serial: &str) -> Self {
        // The length stands before, so that no two pairs are the same bytes.
        let name = format!("{}/{collection}/{serial}", collection.len());
        Self(Uuid::new_v5(&ITEMS, name.as_bytes()))
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

impl StreamId {
    /// The stream of all limits of the bank: a decision reads them at once.
    pub const LIMITS: Self = Self(Uuid::from_u128(0x6a61_6e67_6275_5f6c_696d_6974_7300_0001));
}
