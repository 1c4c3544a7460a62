//! What one view adds to the engine: its rule and its SQL.

use async_trait::async_trait;
use sqlx::PgConnection;

use crate::{Commit, Fault, WriteError};

/// The rule by which events become the rows of one view.
pub trait Projection: Send + Sync + 'static {
    /// The decoded events it is given.
    type Event: Send + Sync + 'static;

    /// The view's name: lower case, as it stands in the registry and before `_g1` in the names of schemas.
    fn name(&self) -> &'static str;

    /// The version of rule and tables together; another version needs another generation.
    fn version(&self) -> i32;

    /// The DDL of its tables, with unqualified names; executed with `search_path` at the schema of a new generation.
    fn schema(&self) -> &'static str;

    /// The tables that readers see through schema `live`; their names are unique among all views.
    fn tables(&self) -> &'static [&'static str];

    /// Whether an event of this type can change the view. Asked only where an event could not be decoded: `true`, the
    /// answer for everything unheard of, stops the view there; `false` passes over it.
    fn uses(&self, event_type: &str) -> bool;

    /// Folds commits into what is to be written: pure, and per key, so that a key changed often is written once.
    fn fold(&self, commits: &[&Commit<Self::Event>]) -> Result<Box<dyn Rows>, Fault>;
}

/// What a fold wants written: independent of where it is read from and of how often it is tried.
#[async_trait]
pub trait Rows: Send + Sync {
    /// Writes all of it with unqualified names, within a transaction that already holds the view's checkpoint.
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError>;
}
