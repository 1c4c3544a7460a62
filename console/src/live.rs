//! Parts of pages that renew themselves: server-sent events with a piece of the page in each. The token stays here.

use std::{convert::Infallible, time::Duration};

use askama::Template;
use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::stream;
use tokio::time::{sleep, timeout};

use crate::{
    client::{Address, Failure, Server},
    visit::Visit,
};

/// Between two looks of a part that nothing tells of.
const EVERY: Duration = Duration::from_secs(2);
/// Events that come together are shown together.
const TOGETHER: Duration = Duration::from_millis(300);
/// Where nothing happens, it is looked so often all the same.
const SILENCE: Duration = Duration::from_secs(15);

/// What tells that a part may have changed.
pub(crate) enum Pulse {
    /// Time.
    Every,
    /// An event of the bank, as the query server tells it.
    Events(Box<reqwest::Response>),
}

struct Part<F> {
    visit: Visit,
    pulse: Pulse,
    make: F,
    shown: String,
    is_begun: bool,
    ends: i64,
}

impl Pulse {
    /// The events of these accounts; time if the query server tells none.
    pub(crate) async fn of_accounts(visit: &Visit, accounts: &str) -> Self {
        let address = Address::query("/v1/events/stream").with("accounts", accounts);
        match visit.client().stream(address, &visit.caller()).await {
            Ok(response) => Self::Events(Box::new(response)),
            Err(_) => Self::Every,
        }
    }

    /// Waits for the next one; `false` if there will be none.
    async fn next(&mut self) -> bool {
        let Self::Events(response) = self else {
            sleep(EVERY).await;
            return true;
        };
        loop {
            match timeout(SILENCE, response.chunk()).await {
                Err(_) => return true,
                Ok(Ok(Some(chunk))) if chunk.windows(5).any(|window| window == b"data:") => break,
                Ok(Ok(Some(_))) => {}
                Ok(Ok(None) | Err(_)) => return false,
            }
        }
        sleep(TOGETHER).await;
        true
    }
}

/// The part as it is now, and again whenever it differs. Ends when the token does: the browser comes back, and brings the session.
pub(crate) fn part<F, R>(visit: Visit, pulse: Pulse, make: F) -> Response
where
    F: Fn(Visit) -> R + Send + Sync + 'static,
    R: Future<Output = Result<String, Failure>> + Send + 'static,
{
    let ends = visit.token_ends();
    let first = Part { visit, pulse, make, shown: String::new(), is_begun: false, ends };
    let parts = stream::unfold(first, |mut part| async move {
        let html = part.next().await?;
        let event = Event::default().event("part").data(html.replace('\r', ""));
        Some((Ok::<_, Infallible>(event), part))
    });
    let headers = [("x-accel-buffering", "no")];
    (headers, Sse::new(parts).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))).into_response()
}

/// The part as it is sent.
pub(crate) fn rendered(template: &impl Template) -> Result<String, Failure> {
    template.render().map_err(|error| Failure::Answer(Server::Query, error.to_string()))
}

impl<F, R> Part<F>
where
    F: Fn(Visit) -> R,
    R: Future<Output = Result<String, Failure>>,
{
    /// The next form of it; none if the stream ends.
    async fn next(&mut self) -> Option<String> {
        let closing = self.visit.house().closing.clone();
        loop {
            // However often it changes, it is made once for each pulse.
            if self.is_begun {
                tokio::select! {
                    () = closing.requested() => return None,
                    more = self.pulse.next() => if !more { return None },
                }
            }
            self.is_begun = true;
            if closing.is_requested() || self.visit.house().now() >= self.ends || !self.visit.goes_on().await {
                return None;
            }
            match (self.make)(self.visit.clone()).await {
                Ok(html) if html != self.shown => {
                    self.shown.clone_from(&html);
                    return Some(html);
                }
                Err(failure) if failure.is_logged_out() => return None,
                // The same as before, or a server that is away for a moment: the page shows how old it is.
                Ok(_) | Err(_) => {}
            }
        }
    }
}
