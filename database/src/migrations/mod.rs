//! The histories of the databases, and how a database is brought to the end of its history.
//!
//! A history is a row of small files with a time in their names. Each is applied once, whole or not at all, and written
//! down in the database with a checksum. Files may arrive out of order, from several branches. A file that was edited or
//! removed after it had been applied stops everything until a person has decided what it means.

mod database;
mod ddl;
mod error;
mod history;
mod record;

pub use database::Database;
pub use ddl::{NotDdl, check as check_ddl};
pub use error::MigrateError;
pub use history::{Entry, History, Repaired, State};
pub use sqlx::migrate::Migration;
