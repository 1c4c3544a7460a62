//! The kit: everything a test, a benchmark or a demonstration needs around it, real and its own.
//!
//! - [`Servers`]: a private Postgres and a private NATS server, on their own ports and folders.
//! - [`Databases`]: roles, template databases, and fresh databases for each test.
//! - [`Keys`]: a signing key and the tokens made with it.
//! - [`Program`], [`Identity`]: processes, started and ended by pid.

mod connection;
mod databases;
mod describe;
mod edited_log;
mod keys;
mod nats;
mod nats_access;
mod place;
mod ports;
mod postgres;
mod process;
mod schema;
mod secrets;
mod servers;
mod test_database;
#[cfg(test)]
mod tests;
mod totp;

pub use databases::{Database, Databases, Pair, Passwords, Role, test_variable};
pub use describe::descriptions;
pub use edited_log::{EditedCommit, EditedEvent, EditedHead, EditedLog, fill_with_commits};
pub use keys::Keys;
pub use nats::{Nats, NatsOptions};
pub use nats_access::{NatsAccess, NatsRole, connect_nats, nats_login, nats_options};
pub use place::{Place, make_dir, server_user, write_secret};
pub use ports::{free_port, port_is_free};
pub use postgres::{Postgres, PostgresOptions};
pub use process::{Identity, Life, Program, Signal, Started, tail};
pub use schema::{LAST_BEFORE_COMMIT_ROWS, migrate_until};
pub use secrets::random_secret;
pub use servers::{Options, Servers};
pub use test_database::{TestDatabase, run_on_test_server};
pub use totp::{CODE_SECONDS, one_time_code};
