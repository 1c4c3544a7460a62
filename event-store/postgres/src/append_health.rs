//! Whether the log takes appends: remembered when one fails, and tried before it is believed again.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use database::Pool;
use log::AppendError;

use crate::classify::code;

/// What the statement of a probe ends with when everything before it went well.
const DONE: &str = "JG011";

/// Whether the last append came through; shared by clones. A log on a full disk answers every read, so only this tells.
#[derive(Clone, Debug, Default)]
pub struct AppendHealth(Arc<Mutex<Option<String>>>);

impl AppendHealth {
    /// Notes how an append ended. One that met another writer, another history or an alarm says nothing about the store.
    pub(crate) fn note<T>(&self, outcome: &Result<T, AppendError>) {
        match outcome {
            Ok(_) => self.set(None),
            Err(
                AppendError::Conflict
                | AppendError::OtherHistory
                | AppendError::NotLeader
                | AppendError::Stopped { .. },
            ) => {}
            Err(error) => self.set(Some(chain(error))),
        }
    }

    /// An error text while the log does not take appends. Where the last one failed, a row is written and taken back: so a log
    /// that works again is believed again without a client who had to try.
    pub async fn check(&self, pool: &Pool) -> Result<(), String> {
        let Some(failure) = self.get() else { return Ok(()) };
        match probe(pool).await {
            Ok(()) => {
                self.set(None);
                Ok(())
            }
            Err(error) => {
                let error = chain(&error);
                Err(if error == failure { error } else { format!("{failure}; tried again: {error}") })
            }
        }
    }

    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, failure: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// Writes as much as a large append does, and ends with an error, so that nothing of it can ever be committed. Positions below
/// 0 are nobody's, and differ for servers that try at the same time.
async fn probe(pool: &Pool) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    match sqlx::query(include_str!("sql/probe_append.sql")).persistent(false).execute(&mut *connection).await {
        Err(error) if code(&error) == Some(DONE) => Ok(()),
        Err(error) => {
            connection.discard();
            Err(error)
        }
        Ok(_) => Ok(()),
    }
}

fn chain(error: &dyn Error) -> String {
    let texts = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
