//! Transactions. One that is dropped is rolled back.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use futures::FutureExt;
use sqlx::{Error, postgres::PgTransactionManager};
use sqlx_core::transaction::TransactionManager;

use crate::{
    connection::{Connection, settle},
    pool::{Pool, PooledConnection},
    state::State,
};

/// A transaction, or a savepoint in one.
pub struct Transaction<'c> {
    held: Held<'c>,
    open: bool,
}

enum Held<'c> {
    Pooled(PooledConnection),
    Borrowed(&'c mut Connection),
}

impl Pool {
    /// Begins a transaction on a connection of its own.
    pub async fn begin(&self) -> Result<Transaction<'static>, Error> {
        Transaction::pooled(self.acquire().await?).await
    }
}

impl Connection {
    /// Begins a transaction, or a savepoint in one.
    pub async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        Transaction::borrowed(self).await
    }
}

impl Transaction<'static> {
    async fn pooled(connection: PooledConnection) -> Result<Self, Error> {
        let mut transaction = Self { held: Held::Pooled(connection), open: false };
        transaction.start().await?;
        Ok(transaction)
    }
}

impl<'c> Transaction<'c> {
    async fn borrowed(connection: &'c mut Connection) -> Result<Self, Error> {
        let mut transaction = Self { held: Held::Borrowed(connection), open: false };
        transaction.start().await?;
        Ok(transaction)
    }

    async fn start(&mut self) -> Result<(), Error> {
        let (raw, state, limits) = self.parts()?;
        settle(state, limits, PgTransactionManager::begin(raw, None).boxed()).await?;
        self.open = true;
        Ok(())
    }

    /// Makes what was done durable. If there is no answer, it is not known whether it is.
    pub async fn commit(mut self) -> Result<(), Error> {
        let (raw, state, limits) = self.parts()?;
        settle(state, limits, PgTransactionManager::commit(raw).boxed()).await?;
        self.open = false;
        Ok(())
    }

    /// Undoes what was done.
    pub async fn rollback(mut self) -> Result<(), Error> {
        let (raw, state, limits) = self.parts()?;
        settle(state, limits, PgTransactionManager::rollback(raw).boxed()).await?;
        self.open = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.held {
            Held::Pooled(connection) => connection,
            Held::Borrowed(connection) => connection,
        }
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.held {
            Held::Pooled(connection) => connection,
            Held::Borrowed(connection) => connection,
        }
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open && self.state != State::Broken {
            let connection: &mut Connection = &mut *self;
            PgTransactionManager::start_rollback(&mut connection.raw);
            connection.unsent = true;
        }
    }
}
