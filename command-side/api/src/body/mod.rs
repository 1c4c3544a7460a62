//! What bodies of requests have in common. What is deserialized here is right in form.

mod confidential;
mod contact;
mod fields;
mod ids;
mod money;
mod nothing;
mod reason;
mod secret;
mod text;
mod time;

pub(crate) use confidential::{Canonical, Confidential, canonical};
pub(crate) use contact::ContactDto;
pub(crate) use fields::Fields;
pub(crate) use ids::{PayeeRef, account_id, account_number, body_id, path_id};
pub(crate) use money::{MoneyDto, known_asset, not_negative, optional_money};
pub(crate) use nothing::NothingRequest;
pub(crate) use reason::OperatorsReasonRequest;
pub(crate) use secret::Secret;
pub(crate) use text::{Designation, Label, Note};
pub(crate) use time::{optional_time, time};
