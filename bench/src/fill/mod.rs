//! Fills a log by SQL, through the tables that the command servers write, so that every rule of the books holds: `jangbu log verify` finds
//! nothing. No command server may run meanwhile.

mod block;
mod chain;
mod numbers;
mod space;

use anyhow::{Context, Result, ensure};
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::numbers::{FUNDS, MEMBERS, account, members};
pub(crate) use self::space::{disk_space, require_space};
use self::{block::Block, chain::Chain, numbers::CASH};
use crate::connection::{checkpoint, connect};
use testkit::kit::Database;

const FUNCTIONS: &str = include_str!("functions.sql");
/// A log that is being filled.
#[derive(Debug)]
pub struct Filler {
    log: Database,
    connection: PgConnection,
    /// The accounts that were opened so far.
    pub accounts: i64,
    /// Where the commit begins that debited the cash account last.
    cash_at: i64,
}

impl Filler {
    /// Makes what is needed, and the account that funds come from. Nothing may be in the log.
    pub async fn open(log: &Database) -> Result<Self> {
        let mut connection = connect(&log.superuser_url()).await?;
        sqlx::raw_sql(FUNCTIONS).execute(&mut connection).await.context("making the functions that fill a log")?;
        let mut filler = Self { log: log.clone(), connection, accounts: 0, cash_at: 1 };
        filler.open_cash().await?;
        Ok(filler)
    }

    async fn open_cash(&mut self) -> Result<()> {
        let mut chain = Chain::read(&mut self.connection).await?;
        ensure!(chain.position == 0, "the log that is to be filled is not empty");
        let events = format!(
            r#"[["{CASH}",1,0,"AccountOpened",1,{{"holder":{{"kind":"system","name":"cash/bench"}},"asset":"KRW"}}]]"#
        );
        let digest: Vec<u8> = sqlx::query_scalar(
            "with made as (select $1::uuid as id, gen_random_uuid() as correlation, '\\x00000000000000000000000000000000'::bytea as fingerprint),
             commits as (insert into log_commits select 1, 1, $2, id, id, correlation, fingerprint, 's', false, $3::json from made),
             commands as (insert into log_commands select id, 1 from made),
             streams as (insert into log_streams (stream_id, version, first_position, newest_position, kind) select $4, 1, 1, 1, 'account')
             select bench_fill.commit_digest(id, 's', id, correlation, fingerprint, $3) from made",
        )
        .bind(Uuid::from_u128(CASH.as_u128() + 1))
        .bind(chain.recorded_at)
        .bind(events)
        .bind(CASH)
        .fetch_one(&mut self.connection)
        .await
        .context("opening the cash account")?;
        chain.add(&digest, 1, 1)?;
        chain.write(&mut self.connection).await
    }

    /// Opens so many accounts, an even number, and lets each take part in so many transfers among them.
    pub async fn add(&mut self, accounts: i64, rounds: i64) -> Result<()> {
        ensure!(accounts > 0 && accounts % 2 == 0, "accounts are opened in pairs");
        let mut chain = Chain::read(&mut self.connection).await?;
        let block =
            Block { first: self.accounts + 1, accounts, rounds, opened_at: chain.position, cash_at: self.cash_at };
        let partitions = 1 + block.events() / 20_000_000;
        sqlx::query("select add_commit_partitions($1)")
            .bind(i32::try_from(partitions)?)
            .execute(&mut self.connection)
            .await
            .context("making the partitions")?;
        block.commits(&self.log, &mut chain).await?;
        block.streams(&self.log).await?;
        (self.accounts, self.cash_at) = (self.accounts + accounts, block.cash_at());
        self.cash_stands().await?;
        chain.write(&mut self.connection).await
    }

    async fn cash_stands(&mut self) -> Result<()> {
        let balance = -i128::from(self.accounts) * i128::from(FUNDS);
        let state = format!(
            r#"{{"holder":{{"kind":"system","name":"cash/bench"}},"asset":"KRW","balance":"{balance}","status":"open"}}"#
        );
        sqlx::query(
            "update log_streams set version = $2, newest_position = $3, state_version = $2, state_schema = 1, state = $4
             where stream_id = $1",
        )
        .bind(CASH)
        .bind(self.accounts + 1)
        .bind(self.cash_at)
        .bind(state)
        .execute(&mut self.connection)
        .await
        .context("moving the cash account on")
        .map(drop)
    }

    /// Leaves the tables as autovacuum would some time later, so that it does not work during a measurement, and begins a checkpoint's
    /// interval.
    pub async fn settle(&mut self) -> Result<()> {
        for table in ["log_streams", "log_commands", "log_commits"] {
            let statement = format!("vacuum (analyze) {table}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut self.connection).await.context("vacuum")?;
        }
        checkpoint(&mut self.connection).await
    }

    /// Removes the functions: the schema is again what the migrations make.
    pub async fn close(mut self) -> Result<()> {
        sqlx::raw_sql("drop schema bench_fill cascade")
            .execute(&mut self.connection)
            .await
            .context("removing the functions that fill a log")
            .map(drop)
    }
}
