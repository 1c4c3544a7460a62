//! What bodies of requests have in common. What is deserialized here is right in form.

mod confidential;
mod contact;
mod fields;
mod ids;
mod money;
mod reason;
mod secret;
mod text;

pub(crate) use confidential::{Canonical, Confidential, canonical};
pub(crate) use contact::ContactDto;
pub(crate) use fields::Fields;
pub(crate) use ids::{PayeeRef, account_id, path_id};
pub(crate) use money::{MoneyDto, known_asset};
pub(crate) use reason::OperatorsReasonRequest;
pub(crate) use secret::Secret;
pub(crate) use text::{Label, Note};
