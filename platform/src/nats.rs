//! The connection to NATS.

use std::{
    sync::{Arc, Mutex, Once, PoisonError},
    time::Duration,
};

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};

/// Who connects to NATS, and what its log says when the connection fails.
#[derive(Clone, Copy, Debug)]
pub struct NatsClient {
    /// The name of the connection, as the server lists it.
    pub name: &'static str,
    /// An inbox of its own: the server lets no other login read the answers.
    pub inbox_prefix: &'static str,
    /// The variable that holds its URL and login.
    pub url_variable: &'static str,
    /// What is logged when the server is away.
    pub disconnected: &'static str,
}

impl NatsClient {
    /// Connects, and connects again for ever, whatever happens; answers at once even if the server is away.
    pub async fn connect(self, urls: &str) -> Result<Client, ConnectError> {
        let servers: Vec<ServerAddr> = urls
            .split(',')
            .map(|url| url.trim().parse())
            .collect::<Result<_, _>>()
            .map_err(|error| ConnectError::with_source(ConnectErrorKind::ServerParse, error))?;
        let refused = Arc::new(Mutex::new(String::new()));
        login(&servers)
            .name(self.name)
            .custom_inbox_prefix(self.inbox_prefix)
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| Duration::from_millis((50 << attempts.min(5)) as u64))
            .connection_timeout(Duration::from_secs(2))
            .request_timeout(Some(Duration::from_secs(3)))
            .ping_interval(Duration::from_secs(5))
            .event_callback(move |event| self.log(event, refused.clone()))
            .connect(servers)
            .await
    }

    async fn log(self, event: Event, refused: Arc<Mutex<String>>) {
        match event {
            Event::Connected => tracing::info!("connected to NATS"),
            Event::Disconnected => tracing::warn!("{}", self.disconnected),
            // A wrong password or a missing right has to be corrected by an operator; every retry meets it again.
            Event::ServerError(error) => {
                let text = error.to_string();
                let mut last = refused.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != text {
                    let variable = self.url_variable;
                    tracing::warn!(error = text, "NATS refuses: check {variable} and the login's rights");
                    *last = text;
                }
            }
            other => tracing::debug!(event = %other, "NATS"),
        }
    }
}

/// The login in the first URL that has one; the client does not take it from there by itself.
fn login(servers: &[ServerAddr]) -> ConnectOptions {
    let login = servers.iter().find_map(|server| Some((server.username()?.to_owned(), server.password()?.to_owned())));
    match login {
        Some((user, password)) => ConnectOptions::with_user_and_password(user, password),
        None => ConnectOptions::new(),
    }
}

/// Says once if the server lets anybody in. Slices are sealed, so nobody changes a view that way; but anybody may read
/// them, and may flood or delete the stream.
pub fn warn_if_open(client: &Client) {
    static WARNED: Once = Once::new();
    if !client.server_info().auth_required {
        WARNED.call_once(|| {
            tracing::warn!("NATS asks for no login: anybody who reaches it reads the log; see docs/security.md");
        });
    }
}
