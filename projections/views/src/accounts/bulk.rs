//! Accounts from ranges of the log: each range says what it last knew of an account, the merge lets the last one have the
//! last word.

use std::collections::HashMap;

use async_trait::async_trait;
use events::recorded::{Event, Holder};
use kernel::AccountId;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::fold::{Change, State, fold_commit};
use crate::copy::CopyRows;

pub(super) struct LastWord;

/// About what one change takes in memory.
const CHANGE_BYTES: usize = 400;

const COPY_PARTS: &str = "copy account_parts (account_id, account_number, owner, name, asset, opened_at, status, \"freeze\", balance, \
    held, version, position) from stdin (format binary)";

/// How many columns [`COPY_PARTS`] names.
const COLUMNS: i16 = 12;

const MERGE: &[&str] = &[
    r#"insert into accounts (account_id, account_number, owner, kind, name, asset, opened_at, status, "freeze", balance, held,
        version, position)
     select account_id, opened.account_number, opened.owner,
        case when opened.name is null then 'member' else 'system' end, opened.name, opened.asset, opened.opened_at,
        last.status, last."freeze", last.balance, last.held, last.version, last.position
     from (
        select account_id, max(version) as version, max(position) as position,
            (array_agg(status order by position desc) filter (where status is not null))[1] as status,
            (array_agg("freeze" order by position desc) filter (where status is not null))[1] as "freeze",
            (array_agg(balance order by position desc) filter (where balance is not null))[1] as balance,
            (array_agg(held order by position desc) filter (where held is not null))[1] as held
        from account_parts group by account_id
     ) as last
     join account_parts as opened using (account_id)
     where opened.asset is not null"#,
    "do $$ begin
        if exists (
            select from account_parts as part left join accounts using (account_id) where accounts.account_id is null
        ) then
            raise exception 'an account changed that was never opened';
        end if;
     end $$",
    "drop table account_parts",
];

impl Bulk<Event> for LastWord {
    fn staging(&self) -> &'static str {
        r#"create table account_parts (
            version bigint not null,
            position bigint not null,
            opened_at timestamptz,
            account_id uuid not null,
            owner uuid,
            balance numeric(38, 0),
            held numeric(38, 0),
            asset text,
            status text,
            "freeze" text,
            account_number text,
            name text
        )"#
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts(HashMap::new()))
    }
}

/// What a range knows of each account so far.
struct Parts(HashMap<AccountId, Change>);

#[async_trait]
impl Loader<Event> for Parts {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        commits.iter().try_for_each(|commit| fold_commit(&mut self.0, commit))
    }

    fn held(&self) -> usize {
        self.0.len() * CHANGE_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let mut rows = CopyRows::new(COPY_PARTS, COLUMNS);
        for (account, change) in self.0.drain() {
            let opened = change.opened.as_ref();
            let (owner, number, name) = match opened.map(|(opened, _)| &opened.holder) {
                Some(Holder::Member { owner, number }) => (Some(owner.uuid()), Some(number.to_string()), None),
                Some(Holder::System { name }) => (None, None, Some(name.as_str())),
                None => (None, None, None),
            };
            rows.row()
                .uuid(account.uuid())
                .maybe(number.as_deref(), CopyRows::text)
                .maybe(owner, CopyRows::uuid)
                .maybe(name, CopyRows::text)
                .maybe(opened.map(|(opened, _)| opened.asset.as_str()), CopyRows::text)
                .maybe(opened.map(|(_, at)| *at), CopyRows::time)
                .maybe(change.state.map(State::status), CopyRows::text)
                .maybe(change.state.and_then(State::freeze), CopyRows::text)
                .maybe(change.balance, CopyRows::numeric)
                .maybe(change.held, CopyRows::numeric)
                .int8(change.version)
                .int8(change.position);
        }
        rows.send(connection).await
    }
}
