//! The other servers, over HTTP.

mod address;
mod caller;
mod failure;
mod http;
mod probe;

pub(crate) use address::{Address, Server};
pub(crate) use caller::{Act, Caller};
pub(crate) use failure::{Failure, Refusal};
pub(crate) use http::{Client, Done};
pub(crate) use probe::{Probed, Series};
