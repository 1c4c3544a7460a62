//! The public events, for clients that listen.
//!
//! One consumer of each server follows the stream in JetStream, a ring keeps the newest events in memory, and each client gets what concerns it:
//! first what is older than the ring, read from JetStream, then what the ring has, then what comes. From one to the next there is neither a gap
//! nor a double, because the events of a log have an order that everybody knows ([`public_events::EventCursor`]).

mod client;
mod event;
mod follow;
mod history;
mod hub;
mod interest;
mod places;
mod ring;

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_nats::Client as NatsClient;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use tasks::Task;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use uuid::Uuid;

pub use event::{Event, EventError, Types};
pub use history::HistoryError;
pub use hub::Holds;
pub use interest::{Interest, Scope};
pub use places::{NoPlace, Place};
pub use public_events::{EventCursor, EventType, nats::STREAM};

use crate::{
    client::{Client, Past, Start},
    follow::Follower,
    history::{Found, History},
    hub::{Hub, Known, NotJoined},
    places::Places,
};

/// Clients that read old events from JetStream at once.
const READERS: usize = 16;
/// How long one more waits for its turn.
const TURN: Duration = Duration::from_secs(3);
/// How often it is asked whether the tokens of all clients still hold.
const TOKENS: Duration = Duration::from_millis(400);

/// How public events are passed on.
#[derive(Clone, Debug)]
pub struct Options {
    /// The stream in JetStream.
    pub stream: String,
    /// Bytes of events that are kept in memory.
    pub ring_bytes: usize,
    /// Streams to clients at once.
    pub streams: usize,
    /// Of which one principal may have this many.
    pub streams_of_one: usize,
}

/// The frames of a stream.
pub type Frames = BoxStream<'static, Result<Bytes, Infallible>>;

/// The public events, for the clients of one server.
pub struct LiveEvents {
    hub: Arc<Hub>,
    history: History,
    places: Places,
    readers: Arc<Semaphore>,
    _tasks: [Task; 2],
}

/// Why no stream was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Events after the place that was named may be kept no more.
    #[error("events after the place that was named are kept no more")]
    Gone {
        /// The first event that is kept; none if there is none.
        first: Option<EventCursor>,
    },
    /// The events cannot be read now.
    #[error("the public events cannot be read now")]
    Unavailable(#[source] Option<HistoryError>),
    /// Too many clients read old events.
    #[error("too many clients read old events")]
    Busy,
    /// The server is shutting down.
    #[error("the server is shutting down")]
    Closed,
}

impl LiveEvents {
    /// Begins to follow the stream; goes on for as long as this lives. It is no error if NATS or the stream is not there yet.
    pub fn start(nats: NatsClient, options: Options) -> Self {
        describe_metrics();
        let hub = Hub::new(options.ring_bytes);
        let history = History::new(nats, options.stream);
        let following = {
            let (history, hub) = (history.clone(), hub.clone());
            tasks::endless("live-events", move || Follower::new(history.clone(), hub.clone()).run())
        };
        let asking = {
            let hub = hub.clone();
            tasks::endless("live-tokens", move || ask_for_tokens(hub.clone()))
        };
        let places = Places::new(options.streams, options.streams_of_one);
        Self { hub, history, places, readers: Arc::new(Semaphore::new(READERS)), _tasks: [following, asking] }
    }

    /// A place for a stream of this principal.
    pub fn place(&self, principal: Uuid) -> Result<Place, NoPlace> {
        self.places.take(principal)
    }

    /// The newest event: where a stream begins that resumes none. Its accounts must be known as of its position, or later.
    pub fn now(&self) -> Result<EventCursor, OpenError> {
        if self.hub.is_closed() {
            return Err(OpenError::Closed);
        }
        match self.hub.known() {
            Known::Nothing => Err(OpenError::Unavailable(None)),
            Known::Empty => Ok(EventCursor::START),
            Known::UpTo(newest) => Ok(newest),
        }
    }

    /// The frames of a stream (text/event-stream) with every event after a place that is of interest. It ends when the token holds no more,
    /// when the client is too slow, and when the server ends.
    pub async fn open(
        &self,
        place: Place,
        interest: Interest,
        after: EventCursor,
        holds: Holds,
    ) -> Result<Frames, OpenError> {
        let mut interest = Some(interest);
        let start = loop {
            if let Some(past) = self.past(after).await? {
                break Start::Past(past);
            }
            match self.hub.join(&mut interest, after, &holds) {
                Ok((seat, missed)) => break Start::Present(seat, missed),
                // The ring has moved on; JetStream has what it has no more.
                Err(NotJoined::Behind(_)) => {}
                Err(NotJoined::Closed) => return Err(OpenError::Closed),
                Err(NotJoined::Unknown) => return Err(OpenError::Unavailable(None)),
            }
        };
        Ok(Client::new(self.hub.clone(), place, interest, holds, (after, start)).frames().boxed())
    }

    /// Reading from JetStream, if the ring does not have everything after this place.
    async fn past(&self, after: EventCursor) -> Result<Option<Past>, OpenError> {
        let floor = match (self.now()?, self.hub.floor()) {
            (_, Some(floor)) if after < floor => floor,
            (EventCursor::START, None) if after > EventCursor::START => {
                // The stream was emptied, and the publisher has not filled it again.
                return Err(OpenError::Unavailable(None));
            }
            _ => return Ok(None),
        };
        let turn = timeout(TURN, self.readers.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = turn else { return Err(OpenError::Busy) };
        let unavailable = |error| OpenError::Unavailable(Some(error));
        match self.history.find(after).await.map_err(unavailable)? {
            Found::Gone(first) => Err(OpenError::Gone { first }),
            Found::At { sequence, .. } => {
                let reading = self.history.read_from(sequence).await.map_err(unavailable)?;
                Ok(Some(Past::new(reading, floor, permit)))
            }
        }
    }

    /// Ends every stream. For a server that shuts down: an answer that never ends would hold it up.
    pub fn close(&self) {
        self.hub.close();
    }

    /// An error while the stream is not being followed, for a probe.
    pub fn check(&self) -> Result<(), String> {
        match self.hub.known() {
            Known::Nothing => Err("the stream of public events is not being followed".to_owned()),
            Known::Empty | Known::UpTo(_) => Ok(()),
        }
    }
}

async fn ask_for_tokens(hub: Arc<Hub>) {
    loop {
        sleep(TOKENS).await;
        hub.end_without_token().await;
    }
}

fn describe_metrics() {
    metrics::describe_gauge!("live_streams", "streams of public events that clients have open");
    metrics::describe_gauge!("live_following", "1 while the stream of public events in JetStream is being followed");
    metrics::describe_gauge!("live_ring_bytes", "bytes of public events that are kept in memory");
    metrics::describe_counter!("live_events_sent_total", "public events passed to clients, counted for each client");
    metrics::describe_counter!(
        "live_events_unreadable_total",
        "messages in the stream that are no event that this build knows"
    );
    metrics::describe_counter!("live_streams_ended_total", "streams that have ended, by reason");
}
