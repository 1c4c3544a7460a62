//! What all live pages share: fifty operators who look at the same figures cost the servers what one costs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    client::{Address, Caller, Client, Failure, Server},
    lag::Lags,
};

/// A figure this young is shown again.
const FRESH: Duration = Duration::from_millis(1800);
/// Whether a session goes on was asked this long ago, at most: it is over in the console within a second after it has ended.
const SESSION_FRESH: Duration = Duration::from_millis(800);
/// With more answers than this, those that nobody asks for at the moment are forgotten.
const MOST: usize = 64;
/// How far all views are.
const VIEWS: &str = "/v1/views";
/// No more sessions are remembered.
const MOST_SESSIONS: usize = 4096;

/// Something that is made for one and shown to all who ask within a moment.
#[derive(Debug)]
pub(crate) struct Recent<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Recent<T> {
    /// As it was a moment ago, else as it is made now. Who comes while it is made waits for it.
    pub(crate) async fn get<E>(&self, make: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.within(FRESH, make).await
    }

    async fn within<E>(&self, fresh: Duration, make: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut known = self.0.lock().await;
        if let Some((at, value)) = &*known
            && at.elapsed() < fresh
        {
            return Ok(value.clone());
        }
        let value = make.await?;
        *known = Some((Instant::now(), value.clone()));
        Ok(value)
    }
}

/// The last answer to each question. Only what every operator may see belongs here.
#[derive(Debug, Default)]
pub(crate) struct SharedReads {
    answers: StdMutex<HashMap<String, Arc<Recent<Value>>>>,
    /// What the answers said of the views.
    pub(crate) lags: Lags,
}

impl SharedReads {
    /// What is there, or was a moment ago. `now`: seconds since 1970.
    pub(crate) async fn get(
        &self,
        client: &Client,
        address: Address,
        caller: &Caller,
        now: i64,
    ) -> Result<Value, Failure> {
        let key = format!("{:?} {}", address.server, address.text());
        let recent = self.of(&key);
        let caller = Caller { seen: None, ..caller.clone() };
        let is_of_views = address.server == Server::Query && address.text() == VIEWS;
        let ask = async {
            let answer: Value = client.get(address, &caller).await?;
            if is_of_views {
                self.lags.note(now, &answer);
            }
            Ok::<_, Failure>(answer)
        };
        let answer = recent.get(ask).await;
        if answer.is_err() {
            // What is not there takes no place.
            self.known().remove(&key);
        }
        answer
    }

    fn of(&self, key: &str) -> Arc<Recent<Value>> {
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, recent| Arc::strong_count(recent) > 1);
        }
        known.entry(key.to_owned()).or_default().clone()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Recent<Value>>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which sessions go on, by their access tokens: the command server is asked about each once in a while, however many pages are open.
#[derive(Debug, Default)]
pub(crate) struct LiveSessions(StdMutex<HashMap<String, Arc<Recent<()>>>>);

impl LiveSessions {
    /// Whether the session of this token goes on. A server that is away ends none.
    pub(crate) async fn goes_on(&self, token: &str, client: &Client, caller: &Caller) -> bool {
        let asked = async {
            let me = client.get::<Value>(Address::command("/v1/operators/me"), caller).await;
            if me.is_err_and(|failure| failure.is_logged_out()) { Err(()) } else { Ok(()) }
        };
        self.of(token).within(SESSION_FRESH, asked).await.is_ok()
    }

    fn of(&self, token: &str) -> Arc<Recent<()>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_SESSIONS {
            known.clear();
        }
        known.entry(token.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_made_once_for_all_who_ask_at_the_same_moment_and_not_after_a_failure() {
        let recent = Recent::<u32>::default();
        assert_eq!(recent.get(async { Err::<u32, &str>("away") }).await, Err("away"));
        let (one, other) = tokio::join!(recent.get(async { Ok::<_, &str>(1) }), recent.get(async { Ok::<_, &str>(2) }));
        assert_eq!((one, other), (Ok(1), Ok(1)));
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let shared = SharedReads::default();
        let used = shared.of("Query /v1/views");
        for number in 0..200 {
            shared.of(&format!("Query /v1/views/{number}"));
        }
        assert!(shared.known().len() <= MOST + 1, "{}", shared.known().len());
        assert!(Arc::ptr_eq(&used, &shared.of("Query /v1/views")), "it is in use");
    }
}
