//! The processes of Jangbu, in the order they are started.

use std::{net::SocketAddr, time::Duration};

/// One process.
pub struct Process {
    /// Its name, and its binary's.
    pub name: &'static str,
    /// The variable that says where it listens.
    pub address_variable: &'static str,
    /// Where it listens if nothing else is asked.
    pub port: u16,
    /// The variable by which clients find it.
    pub url_variable: Option<&'static str>,
}

/// The catcher of mail and text messages.
pub const MAIL: &str = "mail";

/// The payment provider, the bank and the issuer of gift cards.
pub const PROVIDERS: &str = "providers";

/// The operators' screens.
pub const CONSOLE: &str = "console";

/// All of them.
pub const PROCESSES: [Process; 10] = [
    Process { name: MAIL, address_variable: "JANGBU_MAIL_ADDR", port: 7480, url_variable: Some("JANGBU_MAIL_URL") },
    Process {
        name: PROVIDERS,
        address_variable: "JANGBU_PROVIDERS_ADDR",
        port: 7481,
        url_variable: Some("JANGBU_PROVIDERS_URL"),
    },
    Process {
        name: "command-server",
        address_variable: "JANGBU_COMMAND_ADDR",
        port: 7001,
        url_variable: Some("JANGBU_COMMAND_URL"),
    },
    Process { name: "outbox-relay", address_variable: "JANGBU_RELAY_ADDR", port: 7003, url_variable: None },
    Process {
        name: "projector",
        address_variable: "JANGBU_PROJECTOR_ADDR",
        port: 7004,
        url_variable: Some("JANGBU_PROJECTOR_URL"),
    },
    // The query server follows the stream that the publisher makes.
    Process { name: "event-publisher", address_variable: "JANGBU_PUBLISHER_ADDR", port: 7006, url_variable: None },
    Process {
        name: "query-server",
        address_variable: "JANGBU_QUERY_ADDR",
        port: 7002,
        url_variable: Some("JANGBU_QUERY_URL"),
    },
    Process { name: "auditor", address_variable: "JANGBU_AUDITOR_ADDR", port: 7008, url_variable: None },
    Process { name: "webhook-sender", address_variable: "JANGBU_WEBHOOKS_ADDR", port: 7007, url_variable: None },
    Process {
        name: CONSOLE,
        address_variable: "JANGBU_CONSOLE_ADDR",
        port: 7005,
        url_variable: Some("JANGBU_CONSOLE_URL"),
    },
];

/// What a process that takes requests says of itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Ready {
    /// All of it works.
    Wholly,
    /// It does a part of its work; these checks fail.
    Partly(Vec<String>),
}

impl Ready {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            Self::Wholly => "ready".to_owned(),
            Self::Partly(failing) => format!("degraded, does without: {}", failing.join(", ")),
        }
    }

    fn of(body: &str) -> Self {
        let report: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let checks = report["checks"].as_object().into_iter().flatten();
        let failing: Vec<String> = checks.filter(|(_, word)| *word != "ok").map(|(name, _)| name.clone()).collect();
        if failing.is_empty() { Self::Wholly } else { Self::Partly(failing) }
    }
}

/// Whether the process at this address says that it is ready; if not, what it says.
pub async fn readiness(client: &reqwest::Client, address: SocketAddr) -> Result<Ready, String> {
    let asked = client.get(format!("http://{address}/readyz")).timeout(Duration::from_secs(3)).send().await;
    let answer = asked.map_err(|_| "does not answer".to_owned())?;
    let is_ready = answer.status().is_success();
    let body = answer.text().await.unwrap_or_default();
    if is_ready { Ok(Ready::of(&body)) } else { Err(format!("is not ready: {}", body.trim())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_server_starts_after_what_it_follows() {
        let place = |name: &str| PROCESSES.iter().position(|process| process.name == name).unwrap();
        assert!(place("projector") < place("query-server"));
        assert!(place("event-publisher") < place("query-server"));
    }

    #[test]
    fn a_server_that_does_without_something_is_not_called_ready() {
        assert_eq!(Ready::of(r#"{"status":"ready","checks":{"log":"ok"}}"#).text(), "ready");
        assert_eq!(Ready::of("ok"), Ready::Wholly, "the catcher of mail");
        let degraded =
            Ready::of(r#"{"status":"degraded","checks":{"email":"degraded","log":"ok","vault":"degraded"}}"#);
        assert_eq!(degraded.text(), "degraded, does without: email, vault");
    }
}
