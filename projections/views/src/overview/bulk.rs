//! Totals from ranges of the log: each range adds up what it can alone, the merge adds up the ranges.

use async_trait::async_trait;
use events::recorded::Event;
use kernel::Position;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::fold::Additions;
use crate::copy::CopyRows;

pub(super) struct AddUp;

/// About what an entry of one of the maps takes in memory.
const ENTRY_BYTES: usize = 150;

const COPY_MOVED: &str = "copy moved_parts (account_id, asset, amount) from stdin (format binary)";
const COPY_STATES: &str = "copy state_parts (account_id, position, asset, system, status) from stdin (format binary)";
const COPY_ACTIVITY: &str = "copy activity_parts (bucket, bucket_start, asset, kind, posted_count, rejected_count, \
    posted_volume) from stdin (format binary)";

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
            select from state_parts left join account_states using (account_id) where account_states.account_id is null
        ) then
            raise exception 'an account changed its state that was never opened';
        end if;
     end $$",
    "insert into asset_totals (asset, member_sum, system_sum, members_open, members_frozen, members_closed,
        system_accounts)
     select asset, coalesce(moved.member_sum, 0), coalesce(moved.system_sum, 0), members_open, members_frozen,
        members_closed, system_accounts
     from (
        select asset,
            count(*) filter (where not system and status = 'open') as members_open,
            count(*) filter (where not system and status = 'frozen') as members_frozen,
            count(*) filter (where not system and status = 'closed') as members_closed,
            count(*) filter (where system) as system_accounts
        from account_states group by asset
     ) as states
     full join (
        select moved_parts.asset, sum(amount::numeric) filter (where coalesce(system, false)) as system_sum,
            sum(amount::numeric) filter (where not coalesce(system, false)) as member_sum
        from moved_parts left join account_states using (account_id) group by moved_parts.asset
     ) as moved using (asset)",
    "insert into activity (bucket, bucket_start, asset, kind, posted_count, rejected_count, posted_volume)
     select bucket, bucket_start, asset, kind, sum(posted_count), sum(rejected_count), sum(posted_volume::numeric)
     from activity_parts group by bucket, bucket_start, asset, kind",
    "drop table moved_parts, state_parts, activity_parts",
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
         )"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts { additions: Additions::default(), end: Position::ZERO })
    }
}

struct Parts {
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
        let Additions { moved, states, activity } = &self.additions;
        (moved.len() + states.len() + activity.len()) * ENTRY_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let Additions { moved, states, activity } = std::mem::take(&mut self.additions);
        let mut rows = CopyRows::new(COPY_MOVED, 3);
        for (account, (asset, amount)) in moved {
            rows.row().uuid(account.uuid()).text(asset.as_str()).text(&amount.to_string());
        }
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_STATES, 5);
        states.copy(&mut rows, self.end);
        rows.send(connection).await?;
        let mut rows = CopyRows::new(COPY_ACTIVITY, 7);
        activity.copy(&mut rows);
        rows.send(connection).await
    }
}
