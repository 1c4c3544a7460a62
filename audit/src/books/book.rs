//! What the file of a view provides.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{assemble::Commit, ledger::Ledger, transfers::TransferEvents};

/// A view: what it is called, and what of it is proved.
pub struct Definition {
    /// Its name in the registry.
    pub name: &'static str,
    /// Its tables, in the order in which the rows are given.
    pub tables: &'static [Table],
    /// Whether its rows follow from the ledger. While events wait, such a view is held against a ledger without them.
    pub needs_ledger: bool,
}

/// A table with every column that is held against the log. The catalog is compared with this list, so that a column that is
/// added to a view and not proved here is reported.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
}

/// One view's rows as they follow from the log.
pub trait Book<S> {
    /// Takes what a commit adds, but for the events of it that wait behind a parked key.
    fn commit(&mut self, commit: &Commit, transfer_events: &HashMap<Uuid, TransferEvents<'_>>);

    /// Takes what the ledger says, at the position of the view.
    fn settle(&mut self, ledger: &Ledger);

    /// The rows, in the order of the view's tables.
    fn sinks(self: Box<Self>) -> Vec<S>;
}

/// A time to the microsecond, as Postgres keeps it.
pub fn time(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ")
}
