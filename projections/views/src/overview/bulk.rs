//! Totals from ranges of the log: each range adds up what it can alone, the merge adds up the ranges.

use async_trait::async_trait;
use events::recorded::Event;
use kernel::{Position, Zone};
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::fold::Additions;
use crate::copy::CopyRows;

pub(super) struct AddUp {
    pub(super) zone: Zone,
}

/// About what an entry of one of the maps takes in memory.
const ENTRY_BYTES: usize = 150;

const COPY_MOVED: &str = "copy moved_parts (account_id, asset, amount) from stdin (format binary)";
const COPY_STATES: &str = "copy state_parts (account_id, position, asset, system, status) from stdin (format binary)";
const COPY_ACTIVITY: &str = "copy activity_parts (bucket, bucket_start, asset, kind, posted_count, rejected_count, \
    posted_volume) from stdin (format binary)";
const COPY_HELD: &str = "copy held_parts (account_id, amount) from stdin (format binary)";
const COPY_RECORDS: &str = "copy record_parts (record_id, position, asset, counted_as) from stdin (format binary)";
const COPY_COUNTS: &str = "copy count_parts (what, number) from stdin (format binary)";
const COPY_REFUSALS: &str = "copy refusal_parts (bucket_start, code, kind, count) from stdin (format binary)";

const MERGE: &[&str] = &[
    "insert into account_states (account_id, asset, status, system)
     select account_id, opened.asset, last.status, opened.system
     from (
        select account_id, (array_agg(status order by position desc))[1] as status from state_parts group by account_id
     ) as last
     join state_parts as opened using (account_id)
     where opened.asset is not null",
    "do $$ begin
        if exists (
            select from (select account_id from state_parts union all select account_id from held_parts) as parts
            left join account_states using (account_id) where account_states.account_id is null
        ) then
            raise exception 'an account changed its state, or funds of it were held, that was never opened';
        end if;
     end $$",
    "insert into record_states (record_id, asset, counted_as)
     select record_id, begun.asset, last.counted_as
     from (
        select record_id, (array_agg(counted_as order by position desc))[1] as counted_as
        from record_parts group by record_id
     ) as last
     join record_parts as begun using (record_id)
     where begun.asset is not null and last.counted_as is not null",
    "do $$ begin
        if exists (select from record_parts group by record_id having bool_and(asset is null)) then
            raise exception 'a hold or standing order changed that never began';
        end if;
     end $$",
    "insert into asset_totals (asset, member_sum, system_sum, members_open, members_frozen, members_closed,
        system_accounts, held, open_holds)
     select asset, sum(member_sum), sum(system_sum), sum(members_open), sum(members_frozen), sum(members_closed),
        sum(system_accounts), sum(held), sum(open_holds)
     from (
        select asset, 0 as member_sum, 0 as system_sum,
            count(*) filter (where not system and status = 'open') as members_open,
            count(*) filter (where not system and status = 'frozen') as members_frozen,
            count(*) filter (where not system and status = 'closed') as members_closed,
            count(*) filter (where system) as system_accounts, 0 as held, 0 as open_holds
        from account_states group by asset
        union all
        select moved_parts.asset, coalesce(sum(amount::numeric) filter (where not coalesce(system, false)), 0),
            coalesce(sum(amount::numeric) filter (where coalesce(system, false)), 0), 0, 0, 0, 0, 0, 0
        from moved_parts left join account_states using (account_id) group by moved_parts.asset
        union all
        select asset, 0, 0, 0, 0, 0, 0, sum(amount::numeric), 0
        from held_parts join account_states using (account_id) where not system group by asset
        union all
        select asset, 0, 0, 0, 0, 0, 0, 0, count(*) from record_states where counted_as = 'open_holds' group by asset
     ) as parts
     group by asset",
    "insert into bank_counts (what, number)
     select what, sum(number)
     from (
        select what, number from count_parts
        union all
        select counted_as, count(*) from record_states where counted_as <> 'open_holds' group by counted_as
     ) as parts
     group by what having sum(number) <> 0",
    "insert into activity (bucket, bucket_start, asset, kind, posted_count, rejected_count, posted_volume)
     select bucket, bucket_start, asset, kind, sum(posted_count), sum(rejected_count), sum(posted_volume::numeric)
     from activity_parts group by bucket, bucket_start, asset, kind",
    "insert into refusals (bucket_start, code, kind, count)
     select bucket_start, code, kind, sum(count) from refusal_parts group by bucket_start, code, kind",
    "drop table moved_parts, held_parts, state_parts, record_parts, count_parts, activity_parts, refusal_parts",
];

impl Bulk<Event> for AddUp {
    fn staging(&self) -> &'static str {
        "create table moved_parts (account_id uuid not null, asset text not null, amount text not null);
         create table state_parts (
            position bigint not null,
            account_id uuid not null,
            system boolean,
            asset text,
            status text not null
         );
         create table activity_parts (
            bucket_start timestamptz not null,
            posted_count bigint not null,
            rejected_count bigint not null,
            bucket text not null,
            asset text not null,
            kind text not null,
            posted_volume text not null
         );
         create table held_parts (account_id uuid not null, amount text not null);
         create table record_parts (position bigint not null, record_id uuid not null, asset text, counted_as text);
         create table count_parts (number bigint not null, what text not null);
         create table refusal_parts (
            bucket_start timestamptz not null,
            count bigint not null,
            code text not null,
            kind text not null
         )"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts { zone: self.zone, additions: Additions::none(self.zone), end: Position::ZERO })
    }
}

struct Parts {
    zone: Zone,
    additions: Additions,
    /// The states are those of this position: what comes later has a later one.
    end: Position,
}

#[async_trait]
impl Loader<Event> for Parts {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        for commit in commits {
            self.additions.commit(commit);
            self.end = commit.last();
        }
        Ok(())
    }

    fn held(&self) -> usize {
        let Additions { moved, held, states, records, counts, activity, refusals } = &self.additions;
        let of_accounts = moved.len() + held.len() + states.len();
        (of_accounts + records.len() + counts.len() + activity.len() + refusals.len()) * ENTRY_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let additions = std::mem::replace(&mut self.additions, Additions::none(self.zone));
        let Additions { moved, held, states, records, counts, activity, refusals } = additions;
        let mut rows = CopyRows::new(COPY_MOVED, 3);
        for (account, (asset, amount)) in moved {
            rows.row().uuid(account.uuid()).text(asset.as_str()).text(&amount.to_string());
        }
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_HELD, 2);
        for (account, amount) in held.iter().filter(|(_, amount)| !amount.is_zero()) {
            rows.row().uuid(account.uuid()).text(&amount.to_string());
        }
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_STATES, 5);
        states.copy(&mut rows, self.end);
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_RECORDS, 4);
        records.copy(&mut rows, self.end);
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_COUNTS, 2);
        counts.copy(&mut rows);
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_ACTIVITY, 7);
        activity.copy(&mut rows);
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_REFUSALS, 4);
        refusals.copy(&mut rows);
        rows.send(connection).await
    }
}
