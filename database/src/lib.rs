//! Postgres with limits in the client: no call waits for ever, and a connection that gave no answer is not used again.
//! And [`migrations`]: how a database is brought to the end of its history, and [`schema`]: whether it still looks like that.

mod connection;
mod limits;
mod listener;
pub mod migrations;
mod pool;
pub mod schema;
mod sessions;
mod state;
mod transaction;
mod waiting;

pub use connection::Connection;
pub use limits::{Limits, NoAnswer, is_no_answer};
pub use listener::Listener;
pub use pool::{Pool, PoolOptions, PooledConnection, require_sessions};
pub use sessions::{SharedSessions, is_shared_sessions};
pub use sqlx::postgres::PgConnectOptions as ConnectOptions;
pub use transaction::Transaction;
