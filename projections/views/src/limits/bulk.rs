//! Limits from ranges of the log: each range says what it last knew, the merge lets the last one have the last word.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::{Event, LimitDeleted, LimitsEvent};
use kernel::Position;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::{
    fold::Changes,
    rows::{cap, kinds},
};
use crate::copy::CopyRows;

pub(super) struct LastWord;

/// About what one entry takes in memory.
const ENTRY_BYTES: usize = 300;

const COPY_LIMITS: &str = "copy limit_parts (position, recorded_at, day_count, month_count, per_transfer, day_amount, month_amount, \
    everyone, name, asset, kinds, zone) from stdin (format binary)";
const COPY_ASSIGNMENTS: &str = "copy assignment_parts (position, account_id, name) from stdin (format binary)";
const COPY_USES: &str =
    "copy use_parts (position, count, until, account_id, amount, name, per) from stdin (format binary)";

const MERGE: &[&str] = &[
    "insert into limits (first_position, position, recorded_at, day_count, month_count, per_transfer, day_amount,
        month_amount, everyone, name, asset, kinds, zone)
     select first.position, last.position, recorded_at, day_count, month_count, per_transfer, day_amount, month_amount,
        everyone, name, asset, kinds, zone
     from (select distinct on (name) * from limit_parts order by name, position desc) as last
     cross join lateral (
        select min(part.position) as position
        from limit_parts as part
        where part.name = last.name and part.position > coalesce(
            (select max(gone.position) from limit_parts as gone where gone.name = last.name and gone.asset is null), 0)
     ) as first
     where last.asset is not null",
    "insert into limit_assignments (position, account_id, name)
     select position, account_id, name
     from (select account_id, max(position) as position from assignment_parts group by account_id) as last
     join assignment_parts using (account_id, position)
     where name is not null",
    "insert into limit_uses (position, count, until, account_id, amount, name, per)
     select distinct on (account_id, name, per) position, count, until, account_id, amount, name, per
     from use_parts order by account_id, name, per, position desc",
    "drop table limit_parts, assignment_parts, use_parts",
];

impl Bulk<Event> for LastWord {
    fn staging(&self) -> &'static str {
        // A limit that was deleted has no asset, and an account that has nothing assigned no name.
        "create table limit_parts (
            position bigint not null,
            recorded_at timestamptz not null,
            day_count bigint,
            month_count bigint,
            per_transfer numeric(38, 0),
            day_amount numeric(38, 0),
            month_amount numeric(38, 0),
            everyone boolean,
            name text not null,
            asset text,
            kinds text,
            zone text
         );
         create table assignment_parts (position bigint not null, account_id uuid not null, name text);
         create table use_parts (
            position bigint not null,
            count bigint not null,
            until timestamptz not null,
            account_id uuid not null,
            amount numeric(38, 0) not null,
            name text not null,
            per text not null
         )"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts { limits: CopyRows::new(COPY_LIMITS, 12), changes: Changes::default() })
    }
}

/// What a range knows so far.
struct Parts {
    /// Each event of a limit: there are few.
    limits: CopyRows,
    changes: Changes,
}

impl Parts {
    fn limit(&mut self, event: &LimitsEvent, position: Position, recorded_at: DateTime<Utc>) {
        let row = self.limits.row().int8(position.number()).time(recorded_at);
        match event {
            LimitsEvent::Set(limit) => {
                let ((day_amount, day_count), (month_amount, month_count)) = (cap(limit.per_day), cap(limit.per_month));
                row.maybe(day_count, CopyRows::int8)
                    .maybe(month_count, CopyRows::int8)
                    .maybe(limit.per_transfer, CopyRows::numeric)
                    .maybe(day_amount, CopyRows::numeric)
                    .maybe(month_amount, CopyRows::numeric)
                    .bool(limit.everyone)
                    .text(&limit.name)
                    .text(limit.asset.as_str())
                    .text(&kinds(limit))
                    .text(&limit.zone);
            }
            LimitsEvent::Deleted(LimitDeleted { name }) => {
                row.null().null().null().null().null().null().text(name).null().null().null();
            }
        }
    }
}

#[async_trait]
impl Loader<Event> for Parts {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        for commit in commits {
            for (position, event) in commit.positioned() {
                if let Some(Event::Limits(limits)) = &event.body {
                    self.limit(limits, position, commit.recorded_at);
                }
            }
            self.changes.commit(commit);
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.limits.held() + self.changes.len() * ENTRY_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let Changes { assigned, used, .. } = std::mem::take(&mut self.changes);
        self.limits.flush(connection).await?;
        let mut rows = CopyRows::new(COPY_ASSIGNMENTS, 3);
        for (account, (names, position)) in assigned {
            // Without a name the row says that there are none.
            let none = names.is_empty().then_some(None);
            for name in names.iter().map(|name| Some(name.as_str())).chain(none) {
                rows.row().int8(position.number()).uuid(account.uuid()).maybe(name, CopyRows::text);
            }
        }
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_USES, 7);
        for ((account, name, per), (used, position)) in used {
            rows.row()
                .int8(position.number())
                .int8(i64::from(used.count))
                .time(used.until)
                .uuid(account.uuid())
                .numeric(used.amount)
                .text(&name)
                .text(per);
        }
        rows.send(connection).await
    }
}
