//! Views that operators change by HTTP.

mod acting;
mod actions;
mod command_server;
mod cursor;
mod document;
mod key;
mod orders;
mod params;
mod problem;
mod revoked;
mod route;
mod routes;
mod state;

pub(crate) use command_server::CommandServer;
pub use document::openapi;
pub(crate) use revoked::Revoked;
pub(crate) use routes::router;
pub(crate) use state::ViewsApi;
