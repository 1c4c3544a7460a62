//! The adapters of the ports to the outside, over HTTP.

mod answer;
mod bank;
mod caller;
mod error;
mod gift_cards;
mod options;
mod refusal;
mod toss;

pub use bank::Bank;
pub use caller::{Caller, Limits};
pub use error::SetupError;
pub use gift_cards::GiftCards;
pub use options::ProviderOptions;
pub use toss::Toss;
