//! What JetStream keeps: where an event stands, and reading on from there.

use std::{error::Error, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        self, Message,
        consumer::{
            DeliverPolicy,
            pull::{Ordered, OrderedConfig},
        },
        stream::{DirectGetErrorKind, Stream},
    },
};
use futures::StreamExt;
use kernel::LogId;
use public_events::{EventCursor, nats};

use crate::event::{Event, EventError, place_of};

/// How long one question to JetStream may take.
const LIMIT: Duration = Duration::from_secs(3);
/// A search begins again so often when the oldest messages go while it looks.
const TRIES: usize = 3;

/// The stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is not there, or JetStream does not answer.
    #[error("the stream of public events cannot be opened")]
    Open(#[source] Box<dyn Error + Send + Sync>),
    /// A message could not be read.
    #[error("a message of the stream of public events cannot be read")]
    Read(#[source] Box<dyn Error + Send + Sync>),
    /// A message is no event.
    #[error("a message of the stream of public events is no event")]
    Event(#[source] EventError),
    /// Messages went while they were looked for.
    #[error("messages of the stream of public events went while they were looked for")]
    Gone,
    /// Reading ended.
    #[error("reading the stream of public events ended")]
    Ended,
    /// Messages are missing in the middle.
    #[error("messages are missing in the stream of public events: {expected} was expected, {found} came")]
    Gap {
        /// The sequence of the next message.
        expected: u64,
        /// That of the one that came.
        found: u64,
    },
}

/// Where the events after a place are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The first of them has this sequence, or will have it; the log that they are of, if there are any.
    At { sequence: u64, log: Option<LogId> },
    /// Some of them may be kept no more; the first event that is kept, if there is one.
    Gone(Option<EventCursor>),
}

/// The stream of public events, for reading.
#[derive(Clone)]
pub(crate) struct History {
    context: jetstream::Context,
    name: String,
}

impl History {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { context: jetstream::ContextBuilder::new().timeout(LIMIT).build(client), name }
    }

    /// The stream, with what is known of it now.
    pub(crate) async fn stream(&self) -> Result<Stream, HistoryError> {
        self.context.get_stream(&self.name).await.map_err(|error| HistoryError::Open(error.into()))
    }

    /// Where the events after this place are. Whoever asks for what is after the beginning gets what is kept.
    pub(crate) async fn find(&self, after: EventCursor) -> Result<Found, HistoryError> {
        for _ in 0..TRIES {
            match search(&self.stream().await?, after).await {
                Err(HistoryError::Gone) => {}
                found => return found,
            }
        }
        Err(HistoryError::Gone)
    }

    /// Reads from this sequence on.
    pub(crate) async fn read_from(&self, sequence: u64) -> Result<Reading, HistoryError> {
        let stream = self.context.get_stream_no_info(&self.name).await;
        let stream = stream.map_err(|error| HistoryError::Open(error.into()))?;
        let config = OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: sequence },
            ..OrderedConfig::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(|error| HistoryError::Open(error.into()))?;
        let messages = consumer.messages().await.map_err(|error| HistoryError::Open(error.into()))?;
        Ok(Reading { messages: Box::new(messages), next: sequence })
    }
}

/// The first sequence whose event is after the place: sequences and places grow together, so it is found by halving. Only the newest log
/// counts: where the stream goes on with a log that was restored, places begin again.
async fn search(stream: &Stream, after: EventCursor) -> Result<Found, HistoryError> {
    let state = &stream.cached_info().state;
    let (first, last) = (state.first_sequence.max(1), state.last_sequence);
    if state.messages == 0 {
        return Ok(if after == EventCursor::START {
            Found::At { sequence: last + 1, log: None }
        } else {
            Found::Gone(None)
        });
    }
    let (mut oldest, newest) = (Mark::at(stream, first).await?, Mark::at(stream, last).await?);
    let mut begin = first;
    if oldest.log != newest.log {
        begin = halve(stream, first, last, |mark| mark.log != newest.log).await?;
        oldest = Mark::at(stream, begin).await?;
    }
    if after == EventCursor::START {
        return Ok(Found::At { sequence: begin, log: Some(newest.log) });
    }
    if after < oldest.cursor {
        return Ok(Found::Gone(Some(oldest.cursor)));
    }
    let sequence = halve(stream, begin, last + 1, |mark| mark.cursor <= after).await?;
    Ok(Found::At { sequence, log: Some(newest.log) })
}

/// The first sequence from `low` on whose message is not before what is looked for; `high` if all are.
async fn halve(
    stream: &Stream,
    mut low: u64,
    mut high: u64,
    is_before: impl Fn(&Mark) -> bool,
) -> Result<u64, HistoryError> {
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(&Mark::at(stream, middle).await?) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// What a search looks at.
struct Mark {
    cursor: EventCursor,
    log: LogId,
}

impl Mark {
    async fn at(stream: &Stream, sequence: u64) -> Result<Self, HistoryError> {
        match stream.direct_get(sequence).await {
            Ok(message) => {
                let (cursor, log) = place_of(&message.headers).map_err(HistoryError::Event)?;
                Ok(Self { cursor, log })
            }
            Err(error) if matches!(error.kind(), DirectGetErrorKind::NotFound) => Err(HistoryError::Gone),
            Err(error) => Err(HistoryError::Read(error.into())),
        }
    }
}

/// Reading the stream, message by message and without a gap.
pub(crate) struct Reading {
    messages: Box<Ordered>,
    next: u64,
}

impl Reading {
    /// The sequence of the next message.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next
    }

    /// The next message. May be given up while it waits: none is lost by that.
    pub(crate) async fn next(&mut self) -> Result<Message, HistoryError> {
        let message = match self.messages.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(HistoryError::Read(error.into())),
            None => return Err(HistoryError::Ended),
        };
        let found = message.info().map_err(HistoryError::Read)?.stream_sequence;
        if found != self.next {
            return Err(HistoryError::Gap { expected: self.next, found });
        }
        self.next += 1;
        Ok(message)
    }
}

/// The event in a message.
pub(crate) fn event_in(message: &Message) -> Result<Event, EventError> {
    let headers = message.headers.as_ref().ok_or(EventError::Header(nats::POSITION))?;
    Event::read(headers, &message.payload)
}
