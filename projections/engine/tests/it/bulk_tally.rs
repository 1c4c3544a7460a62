//! The same sums, with a bulk rule beside the fold.

use std::collections::BTreeMap;

use async_trait::async_trait;
use projection_engine::{Bulk, Commit, Fault, Loader, Projection, Rows, SumColumn, WriteError};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::tally::{Added, Tally};

/// What is wrong with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// It forgets one stream.
    Forgets,
    /// It adds one too many to one stream.
    Miscounts,
    /// It has one stream too many.
    Invents,
    /// The database refuses its rows.
    Fails,
}

/// [`Tally`] as a newer program might have it.
pub struct BulkTally {
    pub tally: Tally,
    pub flaw: Flaw,
}

impl BulkTally {
    pub fn sound() -> Self {
        Self::flawed(Flaw::None)
    }

    pub fn flawed(flaw: Flaw) -> Self {
        Self { tally: Tally { name: "tally", version: 1 }, flaw }
    }
}

impl Projection for BulkTally {
    type Event = Added;

    fn name(&self) -> &'static str {
        self.tally.name
    }

    fn version(&self) -> i32 {
        self.tally.version
    }

    fn schema(&self) -> &'static str {
        self.tally.schema()
    }

    fn tables(&self) -> &'static [&'static str] {
        self.tally.tables()
    }

    fn uses(&self, event_type: &str) -> bool {
        self.tally.uses(event_type)
    }

    fn fold(&self, commits: &[&Commit<Added>]) -> Result<Box<dyn Rows>, Fault> {
        self.tally.fold(commits)
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Added>>> {
        Some(Box::new(SumParts(self.flaw)))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "sums", column: "total", by: None }]
    }
}

struct SumParts(Flaw);

impl Bulk<Added> for SumParts {
    fn staging(&self) -> &'static str {
        "create table parts (stream uuid not null, total bigint not null, version bigint not null)"
    }

    fn merge(&self) -> &'static [&'static str] {
        const ADD_UP: &str = "insert into sums select stream, sum(total), max(version) from parts group by stream";
        const FORGET: &str = "delete from sums where stream = (select min(stream::text)::uuid from sums)";
        const MISCOUNT: &str =
            "update sums set total = total + 1 where stream = (select min(stream::text)::uuid from sums)";
        const INVENT: &str = "insert into sums values ('ffffffff-ffff-ffff-ffff-ffffffffffff', 0, 1)";
        match self.0 {
            Flaw::None | Flaw::Fails => &[ADD_UP, "drop table parts"],
            Flaw::Forgets => &[ADD_UP, FORGET, "drop table parts"],
            Flaw::Miscounts => &[ADD_UP, MISCOUNT, "drop table parts"],
            Flaw::Invents => &[ADD_UP, INVENT, "drop table parts"],
        }
    }

    fn loader(&self) -> Box<dyn Loader<Added>> {
        Box::new(Parts(BTreeMap::new(), self.0))
    }
}

struct Parts(BTreeMap<Uuid, (i64, i64)>, Flaw);

#[async_trait]
impl Loader<Added> for Parts {
    fn add(&mut self, commits: &[Commit<Added>]) -> Result<(), Fault> {
        for event in commits.iter().flat_map(|commit| &commit.events) {
            let Some(Added::Number(number)) = event.body else { continue };
            let sum = self.0.entry(event.stream.uuid()).or_default();
            sum.0 += number;
            sum.1 = event.version.number();
        }
        Ok(())
    }

    fn held(&self) -> usize {
        // Enough to be asked to write in the middle of a range.
        self.0.len() << 20
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        for (stream, (total, version)) in std::mem::take(&mut self.0) {
            sqlx::query("insert into parts values ($1, $2, $3)")
                .bind((self.1 != Flaw::Fails).then_some(stream))
                .bind(total)
                .bind(version)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}
