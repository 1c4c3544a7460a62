//! The connection to NATS.

use std::{
    sync::{Arc, Mutex, Once, PoisonError},
    time::Duration,
};

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};

/// Connects, and connects again for ever, whatever happens; answers at once even if the server is away.
pub(crate) async fn connect(urls: &str) -> Result<Client, ConnectError> {
    let servers: Vec<ServerAddr> = urls
        .split(',')
        .map(|url| url.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|error| ConnectError::with_source(ConnectErrorKind::ServerParse, error))?;
    let refused = Arc::new(Mutex::new(String::new()));
    login(&servers)
        .name("projector")
        // An inbox of its own: the server lets no other login read the answers.
        .custom_inbox_prefix("_INBOX.projector")
        .retry_on_initial_connect()
        .max_reconnects(None)
        .reconnect_delay_callback(|attempts| Duration::from_millis((50 << attempts.min(5)) as u64))
        .connection_timeout(Duration::from_secs(2))
        .request_timeout(Some(Duration::from_secs(3)))
        .ping_interval(Duration::from_secs(5))
        .event_callback(move |event| tell(event, refused.clone()))
        .connect(servers)
        .await
}

/// The login in the first URL that has one; the client does not take it from there by itself.
fn login(servers: &[ServerAddr]) -> ConnectOptions {
    let login = servers.iter().find_map(|server| Some((server.username()?.to_owned(), server.password()?.to_owned())));
    match login {
        Some((user, password)) => ConnectOptions::with_user_and_password(user, password),
        None => ConnectOptions::new(),
    }
}

async fn tell(event: Event, refused: Arc<Mutex<String>>) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("disconnected from NATS; the views follow the log itself"),
        // A wrong password or a missing right is an operator's to correct; it comes again with every try.
        Event::ServerError(error) => {
            let text = error.to_string();
            let before = std::mem::replace(&mut *refused.lock().unwrap_or_else(PoisonError::into_inner), text.clone());
            if before != text {
                tracing::warn!(error = text, "NATS refuses: check JANGBU_NATS_PROJECTOR_URL and the login's rights");
            }
        }
        other => tracing::debug!(event = %other, "NATS"),
    }
}

/// Says once if the server lets anybody in. Slices are sealed, so nobody changes a view that way; but anybody may read
/// them, and may flood or delete the stream.
pub(crate) fn warn_if_open(client: &Client) {
    static TOLD: Once = Once::new();
    if !client.server_info().auth_required {
        TOLD.call_once(|| {
            tracing::warn!("NATS asks for no login: anybody who reaches it reads the log; see docs/security.md");
        });
    }
}
