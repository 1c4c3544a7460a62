//! NATS, and the stream that carries the log.

use std::time::Duration;

use async_nats::jetstream::{self, context::GetStreamErrorKind};

use super::finding::Finding;
use crate::{config::Config, db::Database, failure::Failure};

/// How long NATS may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at it.
pub async fn look(config: &Config) -> Vec<Finding> {
    let Some(address) = &config.nats_url else {
        let failure = Failure::Unset { variable: "JANGBU_NATS_URL", meaning: "where NATS is" };
        return vec![Finding::failed("NATS", &failure)];
    };
    if let Err(failure) = address.checked("JANGBU_NATS_URL") {
        return vec![Finding::failed("NATS", &failure)];
    }
    let options = async_nats::ConnectOptions::new().connection_timeout(PATIENCE).request_timeout(Some(PATIENCE));
    let client = match options.name("jangbu").connect(address.secret()).await {
        Ok(client) => client,
        Err(error) => {
            let failure = Failure::unreachable("NATS", address, "JANGBU_NATS_URL", error);
            return vec![Finding::failed("NATS", &failure)];
        }
    };
    let version = client.server_info().version;
    let answers = Finding::ok("NATS", format!("answers at {address}, version {version}"));
    vec![answers, stream(jetstream::new(client), config).await]
}

async fn stream(context: jetstream::Context, config: &Config) -> Finding {
    let what = format!("stream {}", config.nats_stream);
    let stream = match context.get_stream(&config.nats_stream).await {
        Ok(stream) => stream,
        Err(error) => {
            let missing = matches!(error.kind(), GetStreamErrorKind::JetStream(e) if e.code() == 404);
            let to_do = if missing {
                "start outbox-relay: it makes the stream; or check JANGBU_NATS_STREAM"
            } else {
                "is JetStream enabled on the server (`nats-server -js`)?"
            };
            return Finding::fail(what, if missing { "is not there".to_owned() } else { error.to_string() }, to_do);
        }
    };
    let state = &stream.cached_info().state;
    let size = format!("{} messages, {} bytes", state.messages, state.bytes);
    if state.last_sequence == 0 {
        return Finding::ok(what, format!("{size}: nothing published yet"));
    }
    // The last message may have been purged: then there is nothing to tell, and nothing wrong.
    let tail = stream.get_raw_message(state.last_sequence).await.ok();
    let header = |name: &str| tail.as_ref().and_then(|m| m.headers.get(name).map(ToString::to_string));
    let (Some(carried), Some(last)) = (header("Jangbu-Log-Id"), header("Jangbu-Last")) else {
        return Finding::ok(what, size);
    };
    match log_id(config).await {
        Some(ours) if ours != carried => Finding::fail(
            what,
            format!("carries log {carried}, not {ours}"),
            "another bank publishes to it: give each its own stream (JANGBU_NATS_STREAM)",
        ),
        _ => Finding::ok(what, format!("{size}, up to position {last}")),
    }
}

/// Which log this is, if its database answers; that it does not is told elsewhere.
async fn log_id(config: &Config) -> Option<String> {
    let mut connection = Database::Log.connect(config).await.ok()?;
    let id = sqlx::query_scalar!("select log_id from log_head").fetch_optional(&mut connection).await;
    id.ok().flatten().map(|id| id.to_string())
}
