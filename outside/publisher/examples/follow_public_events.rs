//! Reads the public events from JetStream with the client of NATS, and prints each in a line: its place, and the CloudEvent.
//!
//! An ordered consumer begins at the oldest event that is kept and misses none. A service that goes on where it was makes a durable consumer
//! instead, and acknowledges what it has done; both may see an event again, and know it by its `id`.

use async_nats::{
    ConnectOptions, ServerAddr,
    jetstream::{
        self,
        consumer::{DeliverPolicy, pull::OrderedConfig},
    },
};
use clap::Parser;
use futures::StreamExt;
use public_events::{CloudEvent, nats};
use uuid::Uuid;

/// Prints public events.
#[derive(Parser)]
struct Arguments {
    /// NATS with the login of a reader
    #[arg(long, env = "JANGBU_NATS_PUBLIC_URL", hide_env_values = true)]
    nats_url: String,
    /// The stream
    #[arg(long, env = "JANGBU_PUBLIC_STREAM", default_value = nats::STREAM)]
    stream: String,
    /// One type only: `transfer.posted`
    #[arg(long)]
    event: Option<String>,
    /// One account only
    #[arg(long)]
    account: Option<Uuid>,
    /// Ends after so many
    #[arg(long, default_value_t = usize::MAX)]
    count: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { nats_url, stream, event, account, count } = Arguments::parse();
    let server: ServerAddr = nats_url.parse()?;
    // The client does not take the login from the URL by itself. A reader is sent the answers to itself only.
    let options = match (server.username(), server.password()) {
        (Some(user), Some(password)) => ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned()),
        _ => ConnectOptions::new(),
    };
    let client = options.custom_inbox_prefix("_INBOX.public").connect(server).await?;
    // The events of an account are all in one partition.
    let prefix = nats::prefix(&stream);
    let filter_subject = match (event, account.map(nats::partition)) {
        (Some(event), Some(partition)) => format!("{prefix}.{event}.{partition:x}"),
        (Some(event), None) => format!("{prefix}.{event}.*"),
        (None, _) => format!("{prefix}.>"),
    };
    let config = OrderedConfig { deliver_policy: DeliverPolicy::All, filter_subject, ..OrderedConfig::default() };
    let consumer = jetstream::new(client).get_stream(&stream).await?.create_consumer(config).await?;
    let mut messages = consumer.messages().await?;
    let mut left = count;
    while left > 0 {
        let Some(message) = messages.next().await else { break };
        let message = message?;
        let header = |name: &str| message.headers.as_ref()?.get(name).map(|value| value.as_str().to_owned());
        if account.is_some_and(|account| header(nats::ACCOUNT) != Some(account.to_string())) {
            continue;
        }
        let event: CloudEvent = serde_json::from_slice(&message.payload)?;
        println!("{} {}", header(nats::POSITION).unwrap_or_default(), serde_json::to_string(&event)?);
        left -= 1;
    }
    Ok(())
}
