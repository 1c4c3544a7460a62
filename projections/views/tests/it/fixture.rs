//! A views database with every view, and a log.

use std::{collections::HashSet, sync::Arc};

use events::recorded::Event;
use kernel::{LogId, Position};
use log::Commit;
use projection_engine::{
    Slice, ensure,
    testing::{MemoryLog, Post, Scratch, Worker, brisk},
};
use uuid::Uuid;
use views::{Decoder, View};

use crate::{
    bank::Bank,
    oracle::{self, Tables},
};

pub struct ViewsFixture {
    pub scratch: Scratch,
    pub log: Arc<MemoryLog>,
}

impl ViewsFixture {
    pub async fn new(bank: &Bank) -> Self {
        let scratch = Scratch::new().await;
        ensure(&scratch.database, &views::all()).await.expect("generation 1");
        let log = Arc::new(MemoryLog::new(LogId::new(Uuid::from_u128(1)), bank.commits.clone()));
        Self { scratch, log }
    }

    /// Starts one view, by its role alone.
    pub fn start(&self, view: View) -> Worker<Event> {
        let database = self.scratch.database.clone().options([("role", "jangbu_projector")]);
        Worker::start(view, &database, self.log.clone(), Arc::new(Decoder), brisk())
    }

    /// Starts every view.
    pub fn start_all(&self) -> Vec<Worker<Event>> {
        views::all().into_iter().map(|view| self.start(view)).collect()
    }

    pub fn slice(&self, commits: &[Commit]) -> Arc<Slice<Event>> {
        Post::of(&self.log).slice(commits, &Decoder)
    }

    /// Checks that every table is what the oracle says at a position.
    pub async fn check(&self, bank: &Bank, position: Position) {
        let (found, expected) = (self.tables().await, oracle::tables(&bank.commits, position));
        same("accounts", &found.accounts, &expected.accounts);
        same("entries", &found.entries, &expected.entries);
        same("ticks", &found.ticks, &expected.ticks);
        same("transfers", &found.transfers, &expected.transfers);
        same("asset_totals", &found.totals, &expected.totals);
        same("activity", &found.activity, &expected.activity);
        same("members", &found.members, &expected.members);
        same("member_counts", &found.member_counts, &expected.member_counts);
        same("movers", &found.movers, &expected.movers);
        let unbalanced =
            self.scratch.lines("select asset from live.asset_totals where member_sum + system_sum <> 0").await;
        assert!(unbalanced.is_empty(), "these do not add up to zero: {unbalanced:?}");
    }

    async fn tables(&self) -> Tables {
        let lines = |sql| self.scratch.lines(sql);
        Tables {
            accounts: lines(ACCOUNTS).await,
            entries: lines(ENTRIES).await,
            ticks: lines(TICKS).await,
            transfers: lines(TRANSFERS).await,
            totals: lines(TOTALS).await,
            activity: lines(ACTIVITY).await,
            members: lines(MEMBERS).await,
            member_counts: lines(MEMBER_COUNTS).await,
            movers: lines(MOVERS).await,
        }
    }
}

fn same(table: &str, found: &[String], expected: &[String]) {
    let (have, want): (HashSet<_>, HashSet<_>) = (found.iter().collect(), expected.iter().collect());
    let extra: Vec<_> = found.iter().filter(|line| !want.contains(line)).take(5).collect();
    let missing: Vec<_> = expected.iter().filter(|line| !have.contains(line)).take(5).collect();
    assert!(
        found.len() == expected.len() && extra.is_empty() && missing.is_empty(),
        "{table}: {} rows, expected {}\n found but wrong: {extra:#?}\n expected: {missing:#?}",
        found.len(),
        expected.len()
    );
}

const ACCOUNTS: &str =
    "select concat_ws('|', account_id, coalesce(account_number, '-'), coalesce(owner::text, '-'), kind,
    coalesce(name, '-'), asset, status, balance, version, (extract(epoch from opened_at) * 1000000)::int8, position)
    from live.accounts order by account_id";
const ENTRIES: &str =
    "select concat_ws('|', position, version, (extract(epoch from recorded_at) * 1000000)::int8, account_id,
    transfer_id, coalesce(counterparty::text, '-'), amount, balance_after, kind, coalesce(memo, '-'), coalesce(reference, '-'),
    coalesce(reverses::text, '-'))
    from live.entries order by account_id, position";
const TICKS: &str = "select concat_ws('|', (extract(epoch from recorded_at) * 1000000)::int8, position)
    from live.ticks order by recorded_at";
const TRANSFERS: &str =
    "select concat_ws('|', transfer_id, kind, status, coalesce(code, '-'), coalesce(available::text, '-'),
    coalesce(source::text, '-'), coalesce(destination::text, '-'), coalesce(asset, '-'), coalesce(amount::text, '-'), coalesce(memo, '-'),
    coalesce(reference, '-'), coalesce(reverses::text, '-'), coalesce(reversed_by::text, '-'),
    coalesce(source_balance_after::text, '-'), coalesce(source_version::text, '-'),
    coalesce(destination_balance_after::text, '-'), coalesce(destination_version::text, '-'), position,
    (extract(epoch from recorded_at) * 1000000)::int8,
    coalesce((select string_agg(concat_ws(' ', leg ->> 'account_id', leg ->> 'asset', leg ->> 'amount',
        leg ->> 'balance_after', leg ->> 'version'), ', ' order by place)
        from jsonb_array_elements(postings) with ordinality as legs (leg, place)), '-'))
    from live.transfers order by transfer_id";
const TOTALS: &str =
    "select concat_ws('|', asset, member_sum, system_sum, members_open, members_frozen, members_closed,
    system_accounts) from live.asset_totals order by asset";
const ACTIVITY: &str = "select concat_ws('|', bucket, (extract(epoch from bucket_start) * 1000000)::int8, asset, kind,
    posted_count, rejected_count, posted_volume) from live.activity order by bucket, bucket_start, asset, kind";
const MEMBERS: &str = "select concat_ws('|', member_id, status, (extract(epoch from joined_at) * 1000000)::int8,
    coalesce((extract(epoch from erased_at) * 1000000)::int8::text, '-'),
    coalesce(login_id || '@' || login_id_version, '-'), coalesce(real_name || '@' || real_name_version, '-'),
    coalesce(channel || ':' || contact || '@' || contact_version, '-'), position)
    from live.members order by member_id";
const MOVERS: &str = "select concat_ws('|', asset, day, account_id, transfers, volume)
    from live.movers order by asset, day, account_id";
const MEMBER_COUNTS: &str = "select concat_ws('|', status, members) from live.member_counts order by status";
