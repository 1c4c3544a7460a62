//! NATS, and the stream that carries the log.

use std::time::Duration;

use ::log::seal::{Label, Rejected, SliceKeys, verify};
use async_nats::jetstream::{self, context::GetStreamErrorKind, message::StreamMessage};

use super::finding::Finding;
use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    log_tables::{self, Named},
};

/// How long NATS may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Looks at it.
pub async fn look(config: &Config) -> Vec<Finding> {
    let Some(address) = &config.nats_url else {
        let failure = Failure::Unset { variable: "JANGBU_NATS_URL", meaning: "where NATS is" };
        return vec![Finding::failed("NATS", &failure)];
    };
    if let Err(failure) = address.checked("JANGBU_NATS_URL") {
        return vec![Finding::failed("NATS", &failure)];
    }
    // The client does not take the login from the URL by itself.
    let options = match address.login() {
        Some((user, password)) => async_nats::ConnectOptions::with_user_and_password(user, password),
        None => async_nats::ConnectOptions::new(),
    };
    let options = options.connection_timeout(TIMEOUT).request_timeout(Some(TIMEOUT));
    let client = match options.name("jangbu").connect(address.secret()).await {
        Ok(client) => client,
        Err(error) => {
            let failure = Failure::unreachable("NATS", address, "JANGBU_NATS_URL", error);
            return vec![Finding::failed("NATS", &failure)];
        }
    };
    let info = client.server_info();
    let answers = format!("answers at {address}, version {}", info.version);
    let answers = if info.auth_required {
        Finding::ok("NATS", answers)
    } else {
        let to_do = "give NATS a login for each role (deploy/nats.conf); `./justw up` does it";
        Finding::fail("NATS", format!("{answers}, and lets anybody in without a login"), to_do)
    };
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
    // The last message may have been purged: then there is nothing to compare, and nothing wrong.
    let tail = stream.get_raw_message(state.last_sequence).await.ok();
    let Some(tail) = tail else { return Finding::ok(what, size) };
    let header = |name: &str| tail.headers.get(name).map(ToString::to_string);
    let commit = header("Jangbu-Last").zip(header("Jangbu-Commit"));
    let commit = commit.and_then(|(last, commit)| super::history::named(&last, &commit));
    match check_tail(&tail, config) {
        Tail::Unchecked => Finding::ok(what, format!("{size}; without JANGBU_SLICE_KEY_FILE not checked whose")),
        Tail::Keys(failure) => Finding::failed(what, &failure),
        Tail::Rejected(rejected) => Finding::fail(
            what,
            format!("{size}; the last one counts for nothing: {rejected}"),
            "does the relay run, with the same JANGBU_SLICE_KEY_FILE? if so, find out who else can publish to it",
        ),
        Tail::Of(label) => match held(config, commit).await {
            Some((ours, false)) if ours == label.log.to_string() => Finding::fail(
                what,
                format!(
                    "carries another history up to position {}: the log does not hold the commit at its end",
                    label.last
                ),
                super::history::ADOPT,
            ),
            Some((ours, _)) if ours != label.log.to_string() => Finding::fail(
                what,
                format!("carries log {}, not {ours}", label.log),
                "another bank publishes to it: give each its own stream (JANGBU_NATS_STREAM)",
            ),
            _ => Finding::ok(what, format!("{size}, up to position {}", label.last)),
        },
    }
}

/// What the last message of the stream is worth.
enum Tail {
    Unchecked,
    Keys(Failure),
    Rejected(Rejected),
    Of(Label),
}

/// Only a sealed message says anything.
fn check_tail(message: &StreamMessage, config: &Config) -> Tail {
    let Ok(path) = config.slice_keys() else { return Tail::Unchecked };
    let keys = match SliceKeys::read(path) {
        Ok(keys) => keys,
        Err(error) => return Tail::Keys(error.into()),
    };
    let header = |name: &str| message.headers.get(name).map(|value| value.as_str());
    match verify(&keys, &message.subject, header, &message.payload) {
        Ok(authentic) => Tail::Of(authentic.label()),
        Err(rejected) => Tail::Rejected(rejected),
    }
}

/// Which log this is, and whether it holds a commit, if one is named. Nothing if its database does not answer: another check
/// reports that.
async fn held(config: &Config, commit: Option<Named>) -> Option<(String, bool)> {
    let mut connection = Database::Log.connect(config).await.ok()?;
    let id = sqlx::query_scalar!("select log_id from log_head").fetch_optional(&mut connection).await.ok()??;
    let held = match commit {
        Some(commit) => log_tables::holds(&mut connection, &commit).await.ok()?,
        None => true,
    };
    Some((id.to_string(), held))
}
