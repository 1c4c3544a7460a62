//! Reads the stream of public events as a stranger would, with the login of readers.

use std::time::Duration;

use async_nats::{
    HeaderMap,
    jetstream::{
        self, Context,
        consumer::{DeliverPolicy, pull::OrderedConfig},
    },
};
use futures::StreamExt;
use serde_json::Value;
use testkit::{
    chaos::BankPlan,
    kit::{NatsRole, nats_login, nats_options},
};

/// A message of the stream.
#[derive(Debug)]
pub struct Message {
    pub subject: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Message {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.as_str())
    }

    /// Its place: position and number.
    pub fn place(&self) -> (i64, u16) {
        let (position, number) = self.header("Jangbu-Position").unwrap().split_once('.').unwrap();
        (position.parse().unwrap(), number.parse().unwrap())
    }
}

/// JetStream with this login.
pub async fn context(plan: &BankPlan, role: NatsRole, inbox: &str) -> Context {
    let url = nats_login(&plan.nats_url, role).unwrap();
    let options = nats_options(&url).unwrap().custom_inbox_prefix(inbox);
    let client = options.request_timeout(Some(Duration::from_secs(5))).connect(url).await.unwrap();
    jetstream::new(client)
}

/// Everything that the stream holds now, oldest first; nothing if there is no stream.
pub async fn read(plan: &BankPlan) -> Vec<Message> {
    let context = context(plan, NatsRole::Public, "_INBOX.public").await;
    let Ok(stream) = context.get_stream(plan.public_stream()).await else { return Vec::new() };
    let count = stream.cached_info().state.messages;
    let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..OrderedConfig::default() };
    let consumer = stream.create_consumer(config).await.unwrap();
    let messages = consumer.messages().await.unwrap().take(usize::try_from(count).unwrap());
    let messages = messages.map(|message| {
        let message = message.unwrap();
        Message {
            subject: message.subject.to_string(),
            headers: message.headers.clone().unwrap_or_default(),
            body: serde_json::from_slice(&message.payload).unwrap(),
        }
    });
    tokio::time::timeout(Duration::from_secs(60), messages.collect()).await.expect("the messages are there")
}
