//! What one view adds to the engine: its rule and its SQL.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{StreamId, Zone};
use sqlx::PgConnection;

use crate::{Bulk, Commit, Fault, WriteError};

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

    /// How many times longer than other views this one rests between two transactions while the log is busy.
    ///
    /// A view whose rows change often writes a row once for each transaction, however many events changed it. So it
    /// costs less with fewer, larger transactions. Its readers wait longer for it: a view that is read right after a
    /// payment keeps the 1.
    fn rest(&self) -> u32 {
        1
    }

    /// How the view is filled from the beginning, if there is a faster way than applying commit by commit.
    fn bulk(&self) -> Option<Box<dyn Bulk<Self::Event>>> {
        None
    }

    /// The columns, table by table, that this version has and an earlier one has not: a comparison with a generation of an older
    /// version expects them where that has none. A bank may skip builds, so they stay listed. `*` instead of a column stands for a table that an earlier version has not. Whatever else changed on purpose, the operator who rebuilds the view must name.
    fn new_columns(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The columns whose sums a comparison of two generations shows.
    fn sums(&self) -> &'static [SumColumn] {
        &[]
    }

    /// The view with the days of a zone; none if nothing in it depends on when a day begins.
    ///
    /// What is folded, loaded and merged may differ, nothing else: name, version, tables, keys and used events are those of
    /// the view. Each generation has a zone that never changes, and the engine folds into it with the view in that zone.
    fn in_zone(&self, zone: Zone) -> Option<Arc<dyn Projection<Event = Self::Event>>> {
        let _ = zone;
        None
    }

    /// The columns that say on which day of the zone something was counted: generations of different zones are compared
    /// without them.
    fn day_columns(&self) -> &'static [DayColumn] {
        &[]
    }

    /// The keys whose order an event belongs to; none for one that changes nothing. `None` stands for an event that could
    /// not be decoded. An operator may take a key aside because an event of it cannot be applied: events that have a parked key wait, everything else
    /// goes on. Events that share no key must lead to the same rows in any order.
    fn keys(&self, stream: StreamId, event: Option<&Self::Event>) -> Vec<String> {
        let _ = event;
        vec![stream.to_string()]
    }

    /// Whether an event changes nothing by itself, but is needed to apply others of its commit. It is shown again, with
    /// [`Commit::is_late`], when one of those is applied later.
    fn is_context(&self, event: &Self::Event) -> bool {
        let _ = event;
        false
    }
}

/// A column that adds up to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SumColumn {
    /// The table.
    pub table: &'static str,
    /// The column that is summed.
    pub column: &'static str,
    /// The column by which the sums are grouped; none for one sum.
    pub by: Option<&'static str>,
}

/// A column that says on which day of a zone the rows of a table are counted.
///
/// It is part of the primary key, and all columns outside of the key are numbers that add up. So what is counted by day in one
/// zone is, added up over all days, the same as in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// In which rows it depends on the zone, as a condition in SQL; none for all of them.
    pub only: Option<&'static str>,
}

/// The view in the zone of a generation; as it is if nothing in it depends on the zone.
pub(crate) fn in_zone<E: Send + Sync + 'static>(
    projection: &Arc<dyn Projection<Event = E>>,
    zone: Zone,
) -> Arc<dyn Projection<Event = E>> {
    projection.in_zone(zone).unwrap_or_else(|| projection.clone())
}

/// The zone of a generation that is made while this one is set.
pub(crate) fn zone_of<E: Send + Sync + 'static>(projection: &dyn Projection<Event = E>, set: Zone) -> Zone {
    if projection.in_zone(set).is_some() { set } else { Zone::UTC }
}

/// What a fold wants written: independent of where it is read from and of how often it is tried.
#[async_trait]
pub trait Rows: Send + Sync {
    /// Whether there is nothing to write, so that only the checkpoint moves.
    fn is_empty(&self) -> bool {
        false
    }

    /// Writes all of it with unqualified names, within a transaction that already holds the view's checkpoint.
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError>;
}
