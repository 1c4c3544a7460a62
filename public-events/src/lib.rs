//! What the bank tells others: the public events, as CloudEvents 1.0.
//!
//! The recorded events are private: their shapes follow the rules of the bank. [`translate()`] makes public events of them, by one match that
//! names every recorded event. It is pure: the same commit gives the same events with the same ids, whoever asks and however often. What a
//! commit leaves out of an earlier one, [`Earlier`] brings.
//!
//! - An event about an account is made for that account alone. It never shows one side of a payment what the other side has.
//! - No personal data: no names, no words of people, no references.
//! - A type only grows: what a version says, it says for ever.

pub mod asyncapi;
mod cloud_event;
mod cursor;
pub mod data;
mod earlier;
mod event_type;
pub mod nats;
mod public_event;
mod schema;
mod translate;

pub use cloud_event::CloudEvent;
pub use cursor::{CursorError, EventCursor};
pub use earlier::Earlier;
pub use event_type::{EventType, UnknownType};
pub use public_event::PublicEvent;
pub use schema::Described;
pub use translate::{TranslateError, translate};
