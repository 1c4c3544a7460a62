//! The stream in JetStream.

use std::{error::Error, future::IntoFuture, sync::Arc, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        self,
        context::PublishError,
        message::PublishMessage,
        stream::{
            Config as StreamConfig, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, State, StorageType, Stream,
        },
    },
};

use log::{
    Slice, SliceError,
    seal::{KeyWatch, verify},
};
use platform::nats;

use crate::{
    config::Config,
    flight::Flight,
    message::{Message, end_of},
    resume::Tail,
    status,
};

/// Something was asked of the stream and not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// It is not there and could not be made, or could not be asked about.
    #[error("the stream cannot be opened")]
    Open(#[source] Box<dyn Error + Send + Sync>),
    /// A stream of that name takes other subjects.
    #[error(
        "the stream {stream} does not take the subject {subject}; give the relay a stream of its own (JANGBU_NATS_STREAM)"
    )]
    Subject {
        /// The stream.
        stream: String,
        /// What it should take.
        subject: String,
    },
    /// Its last message could not be read.
    #[error("the tail of the stream cannot be read")]
    Tail(#[source] Box<dyn Error + Send + Sync>),
    /// A message could not be sent.
    #[error("a slice cannot be published")]
    Publish(#[source] PublishError),
}

/// The stream, open for writing at its end.
pub(crate) struct SliceStream {
    context: jetstream::Context,
    stream: Stream,
    subject: String,
    keys: Arc<KeyWatch>,
    /// The sequence of the last message sent.
    sent: u64,
}

impl SliceStream {
    /// How long an acknowledgement is waited for.
    const ACK: Duration = Duration::from_secs(3);

    /// Opens the stream, makes it if it is not there, and reads its tail.
    pub(crate) async fn open(
        client: Client,
        config: &Config,
        keys: Arc<KeyWatch>,
    ) -> Result<(Self, Tail), StreamError> {
        let context = jetstream::ContextBuilder::new().timeout(Self::ACK).build(client.clone());
        let stream = context.get_or_create_stream(wanted(config)).await.map_err(|e| StreamError::Open(e.into()))?;
        nats::warn_if_open(&client);
        let subject = config.subject();
        if !stream.cached_info().config.subjects.contains(&subject) {
            return Err(StreamError::Subject { stream: config.nats_stream.clone(), subject });
        }
        let state = stream.cached_info().state.clone();
        let open = Self { context, stream, subject, keys, sent: state.last_sequence };
        let tail = if state.messages == 0 { Tail::Empty } else { open.tail().await? };
        Ok((open, tail))
    }

    /// The last message. Only one that was sealed by a relay says anything.
    async fn tail(&self) -> Result<Tail, StreamError> {
        let message = match self.stream.get_last_raw_message_by_subject(&self.subject).await {
            Ok(message) => message,
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => return Ok(Tail::Empty),
            Err(error) => return Err(StreamError::Tail(error.into())),
        };
        let header = |name: &str| message.headers.get(name).map(|value| value.as_str());
        let keys = self.keys.keys_for_unknown();
        Ok(match verify(&keys, &self.subject, header, &message.payload) {
            Ok(authentic) => {
                let label = authentic.label();
                Tail::Slice(label.log, label.last, end_of(label.last, &message.headers, &message.payload))
            }
            Err(rejected) => {
                status::rejected_tail(rejected);
                Tail::Strange
            }
        })
    }

    /// Seals a slice for this stream.
    pub(crate) fn seal(&self, slice: &Slice, max_payload: usize) -> Result<Message, SliceError> {
        Message::of(slice, &self.keys.keys(), &self.subject, max_payload)
    }

    /// Sends a message that must follow the one sent before it, and does not wait for the acknowledgement.
    pub(crate) async fn send(&mut self, message: Message) -> Result<Flight, StreamError> {
        let name = &self.stream.cached_info().config.name;
        let headers = message.headers(name, self.sent);
        let publish = PublishMessage::build().payload(message.body).headers(headers);
        let ack = self.context.send_publish(self.subject.clone(), publish).await.map_err(StreamError::Publish)?;
        self.sent += 1;
        Ok(Flight { last: message.last, sequence: self.sent, ack: ack.into_future(), _spans: Vec::new() })
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

fn wanted(config: &Config) -> StreamConfig {
    StreamConfig {
        name: config.nats_stream.clone(),
        subjects: vec![config.subject()],
        description: Some("a cache of Jangbu's log: may be wiped, the relay fills it again".to_owned()),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        max_bytes: config.nats_max_bytes,
        max_age: config.max_age(),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        num_replicas: config.nats_replicas,
        duplicate_window: Duration::from_secs(120).min(config.max_age()),
        allow_direct: true,
        ..StreamConfig::default()
    }
}
