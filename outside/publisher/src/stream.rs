//! The stream in JetStream.

use std::{error::Error, future::IntoFuture, time::Duration};

use async_nats::{
    Client, HeaderMap,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM},
    jetstream::{
        self,
        context::PublishError,
        message::{PublishMessage, StreamMessage},
        stream::{
            Config as StreamConfig, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, State, StorageType, Stream,
        },
    },
};
use bytes::Bytes;
use kernel::LogId;
use platform::nats::warn_if_open;
use public_events::{EventCursor, PublicEvent, nats};

use crate::{config::Config, flight::Flight, resume::Tail};

/// Something was asked of the stream and not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// It is not there and could not be made, or could not be asked about.
    #[error("the stream cannot be opened")]
    Open(#[source] Box<dyn Error + Send + Sync>),
    /// A stream of that name takes other subjects.
    #[error(
        "the stream {stream} does not take the subjects {subjects}; give the publisher a stream of its own (JANGBU_PUBLIC_STREAM)"
    )]
    Subjects {
        /// The stream.
        stream: String,
        /// What it should take.
        subjects: String,
    },
    /// Its last message could not be read.
    #[error("the last message of the stream cannot be read")]
    Tail(#[source] Box<dyn Error + Send + Sync>),
    /// An event cannot be written as JSON.
    #[error("an event cannot be written")]
    Json(#[from] serde_json::Error),
    /// A message could not be sent.
    #[error("an event cannot be published")]
    Publish(#[source] PublishError),
}

/// The stream, open for writing at its end.
pub(crate) struct EventStream {
    context: jetstream::Context,
    stream: Stream,
    name: String,
    /// The sequence of the last message sent.
    sent: u64,
}

impl EventStream {
    /// How long an acknowledgement is waited for.
    const ACK: Duration = Duration::from_secs(3);

    /// Opens the stream, makes it if it is not there, and reads its last message.
    pub(crate) async fn open(client: Client, config: &Config) -> Result<(Self, Tail), StreamError> {
        let context = jetstream::ContextBuilder::new().timeout(Self::ACK).build(client.clone());
        let stream = context.get_or_create_stream(wanted(config)).await.map_err(|e| StreamError::Open(e.into()))?;
        warn_if_open(&client);
        let subjects = nats::subjects(&config.stream);
        if !stream.cached_info().config.subjects.contains(&subjects) {
            return Err(StreamError::Subjects { stream: config.stream.clone(), subjects });
        }
        let state = stream.cached_info().state.clone();
        let open = Self { context, stream, name: config.stream.clone(), sent: state.last_sequence };
        let tail = if state.messages == 0 { Tail::Empty } else { open.tail(&subjects).await? };
        Ok((open, tail))
    }

    async fn tail(&self, subjects: &str) -> Result<Tail, StreamError> {
        match self.stream.get_last_raw_message_by_subject(subjects).await {
            Ok(message) => Ok(tail_of(&message).unwrap_or(Tail::Strange)),
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(Tail::Empty),
            Err(error) => Err(StreamError::Tail(error.into())),
        }
    }

    /// Sends an event that must follow the one sent before it, and does not wait for the acknowledgement. Answers the size of the body, too.
    pub(crate) async fn send(&mut self, event: &PublicEvent) -> Result<(Flight, usize), StreamError> {
        let body = Bytes::from(serde_json::to_vec(&event.event)?);
        let bytes = body.len();
        let mut headers = HeaderMap::new();
        for (name, value) in event.headers() {
            headers.insert(name, value.as_str());
        }
        headers.insert(NATS_EXPECTED_STREAM, self.name.as_str());
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, self.sent.to_string());
        let publish = PublishMessage::build().payload(body).headers(headers);
        let ack = self.context.send_publish(event.subject(&self.name), publish).await.map_err(StreamError::Publish)?;
        self.sent += 1;
        Ok((Flight { sequence: self.sent, ack: ack.into_future() }, bytes))
    }

    /// The state of the stream now.
    pub(crate) async fn state(&self) -> Result<State, StreamError> {
        Ok(self.stream.get_info().await.map_err(|e| StreamError::Open(e.into()))?.state)
    }

    /// The sequence of the last message sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }
}

/// What a message says, if it is a publisher's.
fn tail_of(message: &StreamMessage) -> Option<Tail> {
    let header = |name: &str| message.headers.get(name).map(|value| value.as_str());
    let log: LogId = header(nats::LOG)?.parse().ok()?;
    let cursor: EventCursor = header(nats::POSITION)?.parse().ok()?;
    let event = serde_json::from_slice(&message.payload).ok()?;
    Some(Tail::Event { log, cursor, event: Box::new(event) })
}

fn wanted(config: &Config) -> StreamConfig {
    StreamConfig {
        name: config.stream.clone(),
        subjects: vec![nats::subjects(&config.stream)],
        description: Some(
            "Jangbu's public events, made from its log: may be wiped, the publisher fills it again".to_owned(),
        ),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        max_bytes: config.max_bytes,
        max_age: config.max_age(),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        num_replicas: config.replicas,
        duplicate_window: DUPLICATES.min(config.max_age()),
        allow_direct: true,
        ..StreamConfig::default()
    }
}

/// How long the server remembers the id of a message. What keeps an event from being stored twice is the sequence; after a wipe, the same
/// events are to be taken again soon.
const DUPLICATES: Duration = Duration::from_secs(2);
