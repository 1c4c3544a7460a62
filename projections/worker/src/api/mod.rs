//! Views that operators change by HTTP.

mod command_server;
mod document;
mod orders;
mod problem;
mod revoked;
mod routes;
mod state;

pub(crate) use command_server::CommandServer;
pub use document::openapi;
pub(crate) use revoked::Revoked;
pub(crate) use routes::router;
pub(crate) use state::ViewsApi;
