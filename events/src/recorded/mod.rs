//! The recorded events: their names, schema versions and payloads, as they stand in the log for ever.
//!
//! A payload's shape never changes. A new shape is a new schema version with its own type and an upcast in
//! [`Event::decode`]; the golden corpus under `events/golden/` decodes in every build, for ever.

mod account;
mod decode;
mod event;
mod legs;
mod member;
mod owner;
mod stream_kind;
mod transfer;

pub use account::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, Holder,
};
pub use decode::DecodeError;
pub use event::{
    AccountEvent, AccountNumberEvent, Event, EventType, MemberEvent, OwnerEvent, RefusedCommandEvent, ReservationEvent,
    SignUpEvent, TransferEvent,
};
pub use legs::{Leg, Legs, LegsError, Pair};
pub use member::{
    Channel, Consent, ContactChangeStarted, ContactChanged, ContactCodeRefused, ErasureRequested, MemberErased,
    MemberJoined, NameHolder, NameKind, NameReleased, NameReserved, PasswordChanged, PersonalDataDisclosed,
    SignUpCodeIssued, SignUpCodeRefused, SignUpCompleted, SignUpEnd, SignUpEnded, SignUpStarted, UnknownChannel,
};
pub use owner::{OwnerAccountAdded, OwnerLeft};
pub use stream_kind::StreamKind;
pub use transfer::{
    CommandRefused, Refusal, TransferFacts, TransferKind, TransferPosted, TransferRejected, TransferReversed,
};
