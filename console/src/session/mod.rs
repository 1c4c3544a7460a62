//! What the browser keeps for the console: a sealed cookie, and nothing on the server.

mod cookie;
mod seal;
mod state;

pub(crate) use cookie::{Cookies, Kind};
pub(crate) use seal::Seal;
pub(crate) use state::{Begun, Operator, Person, Session, SignUp, Theme, Tokens, secret};
