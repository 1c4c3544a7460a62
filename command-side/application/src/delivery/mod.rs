//! The courier: sends the messages in the vault's queue, one channel for e-mail and one for text messages.
//!
//! Nothing is sent inside a request. An event asks for a message, the process runner queues it with the cursor that follows the
//! events, and the courier takes it under a lease, opens the contact with the member's data key, writes the text, and
//! hands it to the channel. **At least once:** a server that dies between the channel's "taken" and the settling lets the
//! lease run out, and the message is sent again, under the same key. Otherwise, however many servers work, it is
//! sent once.

mod deliver;
mod health;
mod options;
mod port;
mod push;
mod push_courier;
mod push_text;
mod retry;
mod run;
mod superseded;
#[cfg(test)]
mod tests;
mod text;

pub use health::DeliveryHealth;
pub use options::CourierOptions;
pub use port::{Channel, Channels, DeliverError, Text};
pub use push::{Push, PushChannel, PushError};
pub use push_courier::PushCourier;
pub use run::Courier;
