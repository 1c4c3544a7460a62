//! Parts of pages that renew themselves: server-sent events with a piece of the page in each. The token stays here.

use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use askama::Template;
use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::stream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::{
    client::{Address, Failure, Server},
    visit::Visit,
};

/// Between two looks of a part that nothing tells of, and between two updates of one that changes all the time.
const EVERY: Duration = Duration::from_secs(2);
/// Events that come together are shown together.
const TOGETHER: Duration = Duration::from_millis(300);
/// A look that would come this soon after the last one is left out.
const SOON: Duration = Duration::from_millis(500);
/// Where nothing happens, it is looked so often all the same.
const SILENCE: Duration = Duration::from_secs(15);

/// What tells that a part may have changed.
pub(crate) enum Pulse {
    /// Time.
    Every,
    /// An event of the bank, as the query server tells it. It tells none to a session that has ended.
    Events(Box<AccountEvents>),
}

/// The events of some accounts.
pub(crate) struct AccountEvents {
    response: reqwest::Response,
    /// Some came so late that the part may not show them yet.
    is_behind: bool,
}

struct Part<F> {
    visit: Visit,
    pulse: Pulse,
    make: F,
    shown: Arc<str>,
    /// When it was made last; none before the first time.
    made: Option<Instant>,
    ends: i64,
}

impl Pulse {
    /// The events of these accounts; time if the query server tells none.
    pub(crate) async fn of_accounts(visit: &Visit, accounts: &str) -> Self {
        let address = Address::query("/v1/events/stream").with("accounts", accounts);
        match visit.client().stream(address, &visit.caller()).await {
            Ok(response) => Self::Events(Box::new(AccountEvents { response, is_behind: false })),
            Err(_) => Self::Every,
        }
    }

    /// Waits for the next one; `false` if there will be none. `last`: when the part was made last.
    async fn next(&mut self, visit: &Visit, last: Instant) -> bool {
        match self {
            Self::Every => {
                sleep(until_look(visit)).await;
                true
            }
            Self::Events(events) => events.next(last).await,
        }
    }
}

impl AccountEvents {
    /// The first event of many is shown at once; an account that moves all the time is not read all the time.
    async fn next(&mut self, last: Instant) -> bool {
        if !self.is_behind {
            match timeout(SILENCE, self.event()).await {
                Err(_) => return true,
                Ok(false) => return false,
                Ok(true) => {}
            }
        }
        self.is_behind = false;
        let until = (Instant::now() + TOGETHER).max(last + EVERY);
        // They are taken meanwhile: whoever takes events too slowly is told no more of them.
        while let Ok(goes_on) = timeout_at(until, self.event()).await {
            if !goes_on {
                return false;
            }
            self.is_behind = true;
        }
        true
    }

    /// Waits for an event; `false` if there will be none.
    async fn event(&mut self) -> bool {
        loop {
            match self.response.chunk().await {
                Ok(Some(chunk)) if chunk.windows(5).any(|window| window == b"data:") => return true,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return false,
            }
        }
    }
}

/// How long until the parts of this session look again: all of them at the same moment, so that they share what they ask, and those of
/// other sessions at another one.
fn until_look(visit: &Visit) -> Duration {
    let mut hasher = DefaultHasher::new();
    visit.caller().token.hash(&mut hasher);
    let every = EVERY.as_millis() as u64;
    let now = visit.house().clock.now().timestamp_millis().unsigned_abs();
    let left = Duration::from_millis(every - (now + hasher.finish() % every) % every);
    if left < SOON { left + EVERY } else { left }
}

/// The part as it is now, and again whenever it differs. Ends when the token does: the browser comes back, and brings the session.
pub(crate) fn part<F, R>(visit: Visit, pulse: Pulse, make: F) -> Response
where
    F: Fn(Visit) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Arc<str>, Failure>> + Send + 'static,
{
    let ends = visit.token_ends();
    let first = Part { visit, pulse, make, shown: Arc::default(), made: None, ends };
    let parts = stream::unfold(first, |mut part| async move {
        let html = part.next().await?;
        let event = Event::default().event("part").data(html);
        Some((Ok::<_, Infallible>(event), part))
    });
    let headers = [("x-accel-buffering", "no")];
    (headers, Sse::new(parts).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))).into_response()
}

/// A part that all operators of one role see alike, in each language: it is made once for all who look at the same moment.
pub(crate) fn shared_part<F, R>(visit: Visit, name: String, make: F) -> Response
where
    F: Fn(Visit) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Arc<str>, Failure>> + Send + 'static,
{
    part(visit, Pulse::Every, move |visit| {
        let (name, made) = (name.clone(), make(visit.clone()));
        async move { visit.shared_part(&name, made).await }
    })
}

/// The part as it is sent.
pub(crate) fn rendered(template: &impl Template) -> Result<Arc<str>, Failure> {
    let html = template.render().map_err(|error| Failure::Answer(Server::Query, error.to_string()))?;
    // Events have lines of their own.
    Ok(html.replace('\r', "").into())
}

impl<F, R> Part<F>
where
    F: Fn(Visit) -> R,
    R: Future<Output = Result<Arc<str>, Failure>>,
{
    /// Whether the session goes on. Where events tell of the part, it is read with the token of the session alone, and the query server
    /// knows.
    async fn goes_on(&self) -> bool {
        matches!(self.pulse, Pulse::Events(_)) || self.visit.goes_on().await
    }

    /// The next form of it; none if the stream ends. The browser then opens it again, and says so to the reader if nothing comes.
    async fn next(&mut self) -> Option<Arc<str>> {
        let closing = self.visit.house().closing.clone();
        loop {
            // However often it changes, it is made once for each pulse.
            if let Some(last) = self.made {
                tokio::select! {
                    () = closing.requested() => return None,
                    more = self.pulse.next(&self.visit, last) => if !more { return None },
                }
            }
            if closing.is_requested() || self.visit.house().now() >= self.ends || !self.goes_on().await {
                return None;
            }
            self.made = Some(Instant::now());
            match (self.make)(self.visit.clone()).await {
                Ok(html) if html != self.shown => {
                    self.shown = html.clone();
                    return Some(html);
                }
                Ok(_) => {}
                // Nobody is logged in any more, or a server is away: what is shown grows old, and the reader is to know.
                Err(_) => return None,
            }
        }
    }
}
