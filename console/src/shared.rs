//! What all live pages share: fifty operators who look at the same figures cost the servers what one costs.

use std::{
    collections::HashMap,
    convert::Infallible,
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
/// A part of a page this young is shown again. What it is made of was as old as `FRESH` at most.
const PART_FRESH: Duration = Duration::from_secs(1);
/// Whether a session goes on was asked this long ago, at most: it is over in the console within a second after it has ended.
const SESSION_FRESH: Duration = Duration::from_millis(800);
/// With more answers than this, those that nobody asks for at the moment are forgotten.
const MOST: usize = 64;
/// How far all views are.
const VIEWS: &str = "/v1/views";
/// No more sessions are remembered.
const MOST_SESSIONS: usize = 4096;

/// Something that is made for one and shown to all who ask within a moment: also that it could not be made, where that is so for all.
#[derive(Debug)]
pub(crate) struct Recent<T, E = Infallible>(Mutex<Option<(Instant, Result<T, E>)>>);

impl<T, E> Default for Recent<T, E> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Recent<T> {
    /// As it was a moment ago, else as it is made now. Who comes while it is made waits for it.
    pub(crate) async fn get(&self, make: impl Future<Output = T>) -> T {
        let Ok(value) = self.within(FRESH, |_| true, async { Ok(make.await) }).await;
        value
    }
}

impl<T: Clone, E: Clone> Recent<T, E> {
    /// `is_for_all`: whether others who ask now would get the same failure. If they made a call each, and each call took its time, the
    /// last one of many would wait for all of them.
    async fn within(
        &self,
        fresh: Duration,
        is_for_all: impl FnOnce(&E) -> bool,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut known = self.0.lock().await;
        if let Some((at, made)) = &*known
            && at.elapsed() < fresh
        {
            return made.clone();
        }
        let made = make.await;
        let is_kept = match &made {
            Ok(_) => true,
            Err(failure) => is_for_all(failure),
        };
        *known = is_kept.then(|| (Instant::now(), made.clone()));
        made
    }
}

/// What was made last, each under its key.
#[derive(Debug)]
struct RecentByKey<T>(StdMutex<HashMap<String, Arc<Recent<T, Failure>>>>);

impl<T> Default for RecentByKey<T> {
    fn default() -> Self {
        Self(StdMutex::default())
    }
}

impl<T> RecentByKey<T> {
    fn of(&self, key: &str) -> Arc<Recent<T, Failure>> {
        let mut known = self.all();
        if known.len() >= MOST {
            known.retain(|_, recent| Arc::strong_count(recent) > 1);
        }
        known.entry(key.to_owned()).or_default().clone()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Recent<T, Failure>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last answer to each question, and the parts of pages that were made of them. Only what every operator may see belongs here.
#[derive(Debug, Default)]
pub(crate) struct SharedReads {
    answers: RecentByKey<Arc<Value>>,
    parts: RecentByKey<Arc<str>>,
    /// What the answers said of the views.
    pub(crate) lags: Lags,
}

impl SharedReads {
    /// What is there, or was a moment ago. That a server is away is shared as well; what is refused depends on who asks. `now`: seconds
    /// since 1970.
    pub(crate) async fn get(
        &self,
        client: &Client,
        address: Address,
        caller: &Caller,
        now: i64,
    ) -> Result<Arc<Value>, Failure> {
        let key = format!("{:?} {}", address.server, address.text());
        let caller = Caller { seen: None, ..caller.clone() };
        let is_of_views = address.server == Server::Query && address.text() == VIEWS;
        let ask = async {
            let answer: Value = client.get(address, &caller).await?;
            if is_of_views {
                self.lags.note(now, &answer);
            }
            Ok(Arc::new(answer))
        };
        self.answers.of(&key).within(FRESH, Failure::is_of_server, ask).await
    }

    /// A part of a page that everybody with this key sees alike: what was made of it a moment ago, else what is made now.
    pub(crate) async fn part(
        &self,
        key: &str,
        make: impl Future<Output = Result<Arc<str>, Failure>>,
    ) -> Result<Arc<str>, Failure> {
        self.parts.of(key).within(PART_FRESH, Failure::is_of_server, make).await
    }
}

/// Which sessions go on, by their access tokens: the command server is asked about each once in a while, however many pages are open.
#[derive(Debug, Default)]
pub(crate) struct LiveSessions(StdMutex<HashMap<String, Arc<Recent<(), ()>>>>);

impl LiveSessions {
    /// Whether the session of this token goes on. A server that is away ends none.
    pub(crate) async fn goes_on(&self, token: &str, client: &Client, caller: &Caller) -> bool {
        let asked = async {
            let me = client.get::<Value>(Address::command("/v1/operators/me"), caller).await;
            if me.is_err_and(|failure| failure.is_logged_out()) { Err(()) } else { Ok(()) }
        };
        self.of(token).within(SESSION_FRESH, |()| true, asked).await.is_ok()
    }

    fn of(&self, token: &str) -> Arc<Recent<(), ()>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_SESSIONS {
            known.clear();
        }
        known.entry(token.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn it_is_made_once_for_all_who_ask_at_the_same_moment() {
        let recent = Recent::<u32>::default();
        assert_eq!(tokio::join!(recent.get(async { 1 }), recent.get(async { 2 })), (1, 1));
    }

    /// Ten calls that hang, one after the other, would make the last one wait ten times as long.
    #[tokio::test]
    async fn ten_who_wait_for_a_server_that_is_away_make_one_call() {
        let (recent, calls) = (Recent::<u32, &str>::default(), AtomicU32::new(0));
        let calls = &calls;
        let ask = |failure: &'static str| async move {
            calls.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err(failure)
        };
        let is_for_all = |failure: &&str| *failure == "away";
        let asked = (0..10).map(|_| recent.within(FRESH, is_for_all, ask("away")));
        assert_eq!(join_all(asked).await, [Err::<u32, &str>("away"); 10]);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert_eq!(
            recent.within(Duration::ZERO, is_for_all, async { Ok(1) }).await,
            Ok(1),
            "a moment later it is asked again"
        );

        let refused = Recent::<u32, &str>::default();
        let asked = (0..3).map(|_| refused.within(FRESH, is_for_all, ask("not for you")));
        join_all(asked).await;
        assert_eq!(calls.load(Ordering::Relaxed), 4, "that one is refused says nothing to the next");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let known = RecentByKey::<u32>::default();
        let used = known.of("Query /v1/views");
        for number in 0..200 {
            known.of(&format!("Query /v1/views/{number}"));
        }
        assert!(known.all().len() <= MOST + 1, "{}", known.all().len());
        assert!(Arc::ptr_eq(&used, &known.of("Query /v1/views")), "it is in use");
    }
}
