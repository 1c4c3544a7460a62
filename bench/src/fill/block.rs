//! A block of accounts with the transfers among them.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::PgConnection;
use tokio::sync::Mutex;

use super::{
    chain::Chain,
    numbers::{CASH, FUNDS, MEMBERS},
};
use crate::{connection::connect, progress::say};
use testkit::kit::Database;

/// Both cores.
const AT_ONCE: usize = 2;
/// Commits in one transaction.
const COMMITS: i64 = 40_000;

/// Accounts that are opened one after the other, and then take part in each round of transfers once.
pub(super) struct Block {
    /// The number of the first account.
    pub first: i64,
    pub accounts: i64,
    pub rounds: i64,
    /// The position before the first opening.
    pub opened_at: i64,
    /// Where the commit begins that debited the cash account last.
    pub cash_at: i64,
}

/// What is made of numbers.
#[derive(Clone, Copy)]
enum Made {
    Accounts,
    Transfers,
}

impl Block {
    fn transfers(&self) -> i64 {
        self.accounts / 2 * self.rounds
    }

    /// The position before the first transfer.
    fn base(&self) -> i64 {
        self.opened_at + 5 * self.accounts
    }

    pub fn events(&self) -> i64 {
        5 * self.accounts + 3 * self.transfers()
    }

    /// Where the commit begins that debits the cash account last.
    pub fn cash_at(&self) -> i64 {
        self.base() - 4
    }

    /// Writes the commits and their commands, and adds them to the chain.
    pub async fn commits(&self, log: &Database, chain: &mut Chain) -> Result<()> {
        let start = chain.recorded_at + TimeDelta::microseconds(1);
        self.make(Made::Accounts, log, chain, start).await?;
        let start = chain.recorded_at + TimeDelta::microseconds(1);
        self.make(Made::Transfers, log, chain, start).await?;
        ensure!(chain.position == self.base() + 3 * self.transfers(), "the positions do not add up");
        Ok(())
    }

    async fn make(&self, made: Made, log: &Database, chain: &mut Chain, start: DateTime<Utc>) -> Result<()> {
        let (count, events) = match made {
            Made::Accounts => (self.accounts, 5),
            Made::Transfers => (self.transfers(), 3),
        };
        let connections = connections(log).await?;
        let batches = (0..count).step_by(COMMITS as usize).enumerate().map(|(batch, from)| {
            let (connection, to) = (&connections[batch % AT_ONCE], (from + COMMITS).min(count) - 1);
            async move {
                let mut connection = connection.lock().await;
                let digests = match made {
                    Made::Accounts => self.accounts_between(&mut connection, from, to, start).await,
                    Made::Transfers => self.transfers_between(&mut connection, from, to, start).await,
                };
                digests.map(|digests| (from, to, digests))
            }
        });
        // Batches come back in order, so the chain follows while the next ones are made.
        let (mut made, began) = (stream::iter(batches).buffered(AT_ONCE), Instant::now());
        let mut said = 0;
        while let Some((from, to, digests)) = made.try_next().await? {
            ensure!(digests.len() as i64 == 32 * (to - from + 1), "not one digest for each commit");
            chain.add_from(start, from, &digests, events)?;
            let minutes = began.elapsed().as_secs() / 60;
            if minutes > said {
                said = minutes;
                say(&format!("filling: {} of {count} commits after {minutes} min", to + 1));
            }
        }
        Ok(())
    }

    async fn accounts_between(
        &self,
        connection: &mut PgConnection,
        from: i64,
        to: i64,
        start: DateTime<Utc>,
    ) -> Result<Vec<u8>> {
        sqlx::query_scalar("select bench_fill.accounts($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(self.first + from)
            .bind(self.first + to)
            .bind(self.first)
            .bind(self.opened_at)
            .bind(CASH)
            .bind(self.cash_at)
            .bind(MEMBERS)
            .bind(FUNDS)
            .bind(start)
            .fetch_one(connection)
            .await
            .context("opening accounts")
    }

    async fn transfers_between(
        &self,
        connection: &mut PgConnection,
        from: i64,
        to: i64,
        start: DateTime<Utc>,
    ) -> Result<Vec<u8>> {
        sqlx::query_scalar("select bench_fill.transfers($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(from)
            .bind(to)
            .bind(self.base())
            .bind(self.opened_at)
            .bind(self.first)
            .bind(self.accounts)
            .bind(MEMBERS)
            .bind(FUNDS)
            .bind(start)
            .fetch_one(connection)
            .await
            .context("making transfers")
    }

    /// Writes where the streams stand.
    pub async fn streams(&self, log: &Database) -> Result<()> {
        let connections = connections(log).await?;
        let batches = (0..self.accounts).step_by(COMMITS as usize).enumerate().map(|(batch, from)| {
            let (connection, to) = (&connections[batch % AT_ONCE], (from + COMMITS).min(self.accounts) - 1);
            async move {
                sqlx::query("select bench_fill.streams($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                    .bind(self.first + from)
                    .bind(self.first + to)
                    .bind(self.base())
                    .bind(self.opened_at)
                    .bind(self.first)
                    .bind(self.accounts)
                    .bind(MEMBERS)
                    .bind(FUNDS)
                    .bind(self.rounds)
                    .execute(&mut *connection.lock().await)
                    .await
                    .context("writing where the streams stand")
            }
        });
        stream::iter(batches).buffered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await
    }
}

/// What is lost in a crash of Postgres is the whole fill, so its transactions need not wait for the disk.
async fn connections(log: &Database) -> Result<Vec<Mutex<PgConnection>>> {
    let mut connections = Vec::with_capacity(AT_ONCE);
    for _ in 0..AT_ONCE {
        let mut connection = connect(&log.superuser_url()).await?;
        sqlx::raw_sql("set synchronous_commit = off; set work_mem = '256MB'").execute(&mut connection).await?;
        connections.push(Mutex::new(connection));
    }
    Ok(connections)
}
