//! The log in Postgres: the adapter of the port in `event-store/log`. SQL on the log lives here and nowhere else.
//!
//! Knows nothing of banking: a payload is text, an event type is a word.

mod append;
mod append_health;
mod archive;
mod audit;
mod audited;
mod browse;
mod classify;
mod columns;
mod commits;
mod connect;
mod copy_out;
mod cursor;
mod detached;
mod encode;
mod head;
mod leader;
mod lease;
mod lock;
mod partitions;
mod plan;
mod processes;
mod ranges;
mod rows;
mod select;
mod store;
mod streams;
mod walk;
mod watch;

pub use append_health::AppendHealth;
pub use connect::{ConnectError, PoolOptions, connect, lively};
pub use cursor::{CursorError, CursorState, RelayCursor, TakenOver};
pub use encode::{EventsEncoder, PreviousVersion, chain_digest, commit_digest};
pub use leader::{Lead, LeaderRecord, LeaderSeat, WriterEpoch};
pub use lease::ServerLease;
pub use lock::{LockContender, LockError, LockHandle, SessionLock};
pub use processes::PostgresProcesses;
pub use select::INDEXED_TYPES;
pub use store::PostgresLog;
pub use watch::AppendWatch;
