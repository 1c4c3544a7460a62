//! The bodies of requests, parsed at the door: what is deserialized here is right in form.

mod fields;
mod ids;
mod money;
mod people;
mod requests;
mod secret;
mod text;

pub(crate) use ids::{PayeeRef, path_id};
pub(crate) use money::MoneyDto;
pub(crate) use people::{
    CodeRequest, Confidential, LeaveRequest, LogInRequest, NewContactRequest, NothingRequest, OperatorsReasonRequest,
    PasswordRequest, RefreshRequest, SignUpRequest, VerifyRequest,
};
pub(crate) use requests::{
    BatchRequest, BookingRequest, OpenAccountRequest, ReasonRequest, ReverseRequest, TransferRequest,
};
pub(crate) use secret::Secret;
pub(crate) use text::{Label, Note};
