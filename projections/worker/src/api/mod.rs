//! Views that operators change by HTTP.

mod document;
mod orders;
mod problem;
mod revoked;
mod routes;
mod state;

pub use document::openapi;
pub(crate) use revoked::Revoked;
pub(crate) use routes::router;
pub(crate) use state::ViewsApi;
