//! The recorded events: their names, schema versions and payloads, as they stand in the log for ever.
//!
//! A payload's shape never changes. A new shape is a new schema version with its own type and an upcast in
//! [`Event::decode`]; the golden corpus under `events/golden/` decodes in every build, for ever.

mod account;
mod approval;
mod decode;
mod event;
mod event_type;
mod exchange;
mod hold;
mod item;
mod legs;
mod limit;
mod member;
mod operator;
mod owner;
mod partner;
mod password_reset;
mod payment_code;
mod payout;
mod process;
mod reference;
mod refusal;
mod standing_order;
mod stream_kind;
mod transfer;
mod transfer_count;
mod webhook;

pub use account::*;
pub use approval::*;
pub use decode::DecodeError;
pub use event::Event;
pub use event_type::EventType;
pub use exchange::*;
pub use hold::*;
pub use item::*;
pub use legs::{Leg, Legs, LegsError, Pair};
pub use limit::*;
pub use member::*;
pub use operator::*;
pub use owner::*;
pub use partner::*;
pub use password_reset::*;
pub use payment_code::*;
pub use payout::*;
pub use process::*;
pub use reference::*;
pub use refusal::*;
pub use standing_order::*;
pub use stream_kind::StreamKind;
pub use transfer::*;
pub use transfer_count::{CountedFor, TransferCount};
pub use webhook::*;
