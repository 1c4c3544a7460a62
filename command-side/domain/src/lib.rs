//! The rules of the bank: what an account, a transfer and a member may do. Pure: no I/O, no clock, no randomness.
//!
//! Each aggregate is a state, `evolve` (a recorded event changes the state) and `decide` functions (a state and a request give
//! events or a [`Refusal`]). Knows nothing of HTTP, JSON, SQL or the log.

mod account;
pub mod approval;
pub mod characters;
mod evolve;
pub mod exchange;
pub mod hold;
pub mod item;
pub mod limit;
mod limits;
pub mod member;
mod movement;
pub mod operator;
mod owner;
pub mod partner;
pub mod payment_code;
pub mod payout;
pub mod process;
mod refusal;
pub mod schedule;
mod segments;
pub mod standing_order;
mod transfer;
pub mod webhook;

pub use account::{ACCOUNT_STATE_SCHEMA, Account, Status};
pub use approval::{Approval, ApprovalStatus};
pub use evolve::EvolveError;
pub use hold::{Hold, HoldStatus};
pub use item::{Item, ItemStatus, Offer, OfferStatus};
pub use limit::BankLimits;
pub use limits::{Limits, LimitsError};
pub use movement::{Freeze, Limited, Moved, Movement, payment, payments};
pub use operator::{Operator, OperatorList, OperatorName, OperatorNameError};
pub use owner::Owner;
pub use partner::{Partner, PartnerKey};
pub use payment_code::PaymentCode;
pub use payout::{PayoutRun, PayoutStatus};
pub use process::OutsideProcess;
pub use refusal::Refusal;
pub use standing_order::{Order, OrderStatus};
pub use transfer::Transfer;
pub use webhook::{Webhook, WebhookList, WebhookSettings};
