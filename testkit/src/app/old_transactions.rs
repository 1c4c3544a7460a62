//! The view `transactions` as version 1 had it, without `reverses`: what an older program beside a newer one runs.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crate::kit::Database;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use events::recorded::{AccountEvent, Event, Pair, TransferEvent, TransferPosted};
use kernel::{AccountId, Minor, Position, TransferId, Zone};
use log::ReadHead;
use projection_engine::{
    Commit, Fault, Options, Projection, Rebuilder, Reporter, Rows, Runner, Settings, Sources, WriteError, ensure, inbox,
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;
use views::{Decoder, Transactions, View};

/// Version 1 of the view.
struct OldTransactions;

impl Projection for OldTransactions {
    type Event = Event;

    fn name(&self) -> &'static str {
        "transactions"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        "create table entries (position bigint not null, version bigint not null, recorded_at timestamptz not null,
            account_id uuid not null, transfer_id uuid not null, counterparty uuid not null,
            amount numeric(38, 0) not null, balance_after numeric(38, 0) not null, kind text not null, memo text,
            reference text, primary key (account_id, position));
         create table ticks (recorded_at timestamptz primary key, position bigint not null);"
    }

    fn tables(&self) -> &'static [&'static str] {
        Transactions.tables()
    }

    fn uses(&self, event_type: &str) -> bool {
        Transactions.uses(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        let mut rows = OldRows::default();
        for commit in commits {
            let mut facts = HashMap::new();
            for (position, event) in commit.positioned() {
                let account = event.stream.uuid();
                let at = (position, event.version.number(), commit.recorded_at);
                match &event.body {
                    Some(Event::Transfer(TransferEvent::Posted(posted))) => drop(facts.insert(account, posted)),
                    Some(Event::Account(AccountEvent::Debited(it))) => {
                        rows.entry(
                            at,
                            account,
                            it.transfer,
                            it.amount.negated(),
                            it.balance,
                            |pair| pair.destination,
                            &facts,
                        );
                    }
                    Some(Event::Account(AccountEvent::Credited(it))) => {
                        rows.entry(at, account, it.transfer, it.amount, it.balance, |pair| pair.source, &facts);
                    }
                    _ => {}
                }
            }
            rows.ticks.push((commit.recorded_at, commit.last()));
        }
        Ok(Box::new(rows))
    }
}

#[derive(Default)]
struct OldRows {
    entries: Vec<serde_json::Value>,
    ticks: Vec<(DateTime<Utc>, Position)>,
}

impl OldRows {
    #[allow(clippy::too_many_arguments, reason = "the columns of a row")]
    fn entry(
        &mut self,
        (position, version, recorded_at): (Position, i64, DateTime<Utc>),
        account: Uuid,
        transfer: TransferId,
        amount: Minor,
        balance: Minor,
        other: fn(Pair) -> AccountId,
        facts: &HashMap<Uuid, &TransferPosted>,
    ) {
        let facts = facts[&transfer.uuid()];
        self.entries.push(serde_json::json!({
            "position": position.number(), "version": version, "recorded_at": recorded_at, "account_id": account,
            "transfer_id": transfer.uuid(), "counterparty": other(facts.legs.pair().unwrap()).uuid(),
            "amount": amount.to_string(), "balance_after": balance.to_string(), "kind": facts.kind.as_str(),
            "memo": facts.memo, "reference": facts.reference,
        }));
    }
}

#[async_trait]
impl Rows for OldRows {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query("insert into entries select (jsonb_populate_record(null::entries, row)).* from jsonb_array_elements($1) as row")
            .bind(serde_json::Value::from(self.entries.clone()))
            .execute(&mut *connection)
            .await?;
        for (recorded_at, position) in &self.ticks {
            sqlx::query("insert into ticks values ($1, $2) on conflict (recorded_at) do update set position = excluded.position")
                .bind(recorded_at)
                .bind(position.number())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

/// Puts the first generation of version 1 in the place of the one that every test database has.
pub async fn begin_with_old_transactions(views: &Database) {
    let database: PgConnectOptions = views.superuser_url().parse().unwrap();
    let mut connection = PgConnection::connect_with(&database).await.unwrap();
    let forget = "begin; drop schema transactions_g1 cascade; delete from registry.generations where view = 'transactions'; commit";
    sqlx::raw_sql(forget).execute(&mut connection).await.unwrap();
    ensure(&database, &[Arc::new(OldTransactions) as View], Zone::UTC).await.unwrap();
}

/// An older projector: one view of it, in this process.
pub struct OldWorker {
    log: PostgresLog,
    views: PgConnectOptions,
    tasks: Vec<JoinHandle<()>>,
}

impl OldWorker {
    /// Follows the log; these are the databases' URLs.
    pub fn start(log: &str, views: &str) -> Self {
        let log = PostgresLog::new(connect(log, &PoolOptions::log("old-projector", 2)).unwrap());
        let views: PgConnectOptions = views.parse().unwrap();
        let views = views.options([("role", projection_engine::GENERATIONS_ROLE)]);
        // Nothing is published to it: what it is to read is in the log.
        let (outlet, inbox) = inbox(1);
        let (reach, reachable) = watch::channel(Position::ZERO);
        let (_never, recheck) = watch::channel(0);
        let sources = Sources { inbox, reachable, recheck, log: Arc::new(log.clone()), decoder: Arc::new(Decoder) };
        let runner = Runner::new(Arc::new(OldTransactions), &views, sources, Settings::default());
        let follow = tokio::spawn(async move { match runner.run().await {} });
        let head = log.clone();
        let look = tokio::spawn(async move {
            let _open = outlet;
            loop {
                if let Ok(head) = head.head().await {
                    reach.send_replace(head.position);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        Self { log, views, tasks: vec![follow, look] }
    }

    /// What an older `jangbu` makes and promotes generations with.
    pub fn rebuilder(&self) -> Rebuilder<Event> {
        Rebuilder {
            projection: Arc::new(OldTransactions),
            zone: Zone::UTC,
            database: self.views.clone(),
            log: Arc::new(self.log.clone()),
            ranges: Arc::new(self.log.clone()),
            decoder: Arc::new(Decoder),
            settings: Settings::default(),
            options: Options::default(),
            reporter: Reporter::default(),
        }
    }
}

impl Drop for OldWorker {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
