//! The bodies of requests, parsed at the door: what is deserialized here is right in form.

mod ids;
mod money;
mod requests;
mod text;

pub(crate) use ids::{PayeeRef, path_id};
pub(crate) use money::MoneyDto;
pub(crate) use requests::{
    BatchRequest, BookingRequest, OpenAccountRequest, ReasonRequest, ReverseRequest, TransferRequest,
};
pub(crate) use text::{Label, Note};
