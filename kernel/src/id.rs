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
    /// That a second operator looks at what a first one asked for; also the id of its stream.
    ApprovalId;
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
    /// An operator with an account; also the id of its stream.
    OperatorId;
    /// A standing order; also the id of its stream.
    OrderId;
    /// A payout run; also the id of its stream.
    PayoutRunId;
    /// A process with the outside world; also the id of its stream.
    ProcessId;
    /// A partner; also the id of its stream.
    PartnerId;
    /// A key of a partner; also the id of its stream.
    PartnerKeyId;
    /// A payment code, by the keyed hash of it; also the id of its stream.
    PaymentCodeId;
    /// A transfer; also the id of its stream.
    TransferId;
    /// A webhook; also the id of its stream.
    WebhookId;
    /// The sending of one event to one webhook, all its attempts.
    DeliveryId;
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

stream_ids!(
    AccountId,
    ApprovalId,
    CommandId,
    HoldId,
    ItemId,
    OfferId,
    OperatorId,
    OrderId,
    PartnerId,
    PartnerKeyId,
    PaymentCodeId,
    PayoutRunId,
    ProcessId,
    QuoteId,
    TransferId,
    WebhookId
);

impl ProcessId {
    /// The process that a command starts: known before the command is decided, so that what belongs to it can be sealed for its place.
    pub fn of_command(command: CommandId) -> Self {
        Self(Uuid::new_v5(&command.0, b"process"))
    }

    /// The key under which a step of it is asked for outside: the same on every server and after every crash. An UUID of version 5 (RFC
    /// 9562, 5.5).
    pub fn call_key(self, step: &str) -> Uuid {
        Uuid::new_v5(&self.0, step.as_bytes())
    }
}

impl PartnerId {
    /// The partner as a principal: the subject of its tokens, and the owner of its accounts.
    pub const fn principal(self) -> MemberId {
        MemberId(self.0)
    }
}

impl OperatorId {
    /// The operator as a principal: the subject of their tokens.
    pub const fn principal(self) -> MemberId {
        MemberId(self.0)
    }
}

/// The namespace of the streams that say which operator sent a command, and why.
const OPERATOR_ACTS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f6f_7061_6374_7300_0001);

/// The namespace of the streams that say with which key a partner sent a command.
const KEY_USES: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f6b_6579_7573_6573_0001);

/// The namespace of the keys of partners.
const PARTNER_KEYS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f70_6b65_7973_0000_0001);

impl CommandId {
    /// The key that this command issues to a partner. It follows from the command, so that a repeated request gets the same.
    pub fn partner_key(self) -> PartnerKeyId {
        PartnerKeyId(Uuid::new_v5(&PARTNER_KEYS, self.0.as_bytes()))
    }

    /// The stream that says which operator sent this command, and why. It has one event.
    pub fn operator_act_stream(self) -> StreamId {
        StreamId::new(Uuid::new_v5(&OPERATOR_ACTS, self.0.as_bytes()))
    }

    /// The stream that says with which key a partner sent this command. It has one event.
    pub fn key_use_stream(self) -> StreamId {
        StreamId::new(Uuid::new_v5(&KEY_USES, self.0.as_bytes()))
    }
}

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

    /// The stream of the names of all operators: adding one, and taking the last admin, meet there.
    pub const OPERATORS: Self = Self(Uuid::from_u128(0x6a61_6e67_6275_5f6f_7065_7261_746f_7273));
}
