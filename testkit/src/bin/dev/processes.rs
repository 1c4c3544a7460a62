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

/// All of them.
pub const PROCESSES: [Process; 6] = [
    Process { name: MAIL, address_variable: "JANGBU_MAIL_ADDR", port: 7480, url_variable: Some("JANGBU_MAIL_URL") },
    Process {
        name: "command-server",
        address_variable: "JANGBU_COMMAND_ADDR",
        port: 7001,
        url_variable: Some("JANGBU_COMMAND_URL"),
    },
    Process { name: "outbox-relay", address_variable: "JANGBU_RELAY_ADDR", port: 7003, url_variable: None },
    Process { name: "projector", address_variable: "JANGBU_PROJECTOR_ADDR", port: 7004, url_variable: None },
    Process {
        name: "query-server",
        address_variable: "JANGBU_QUERY_ADDR",
        port: 7002,
        url_variable: Some("JANGBU_QUERY_URL"),
    },
    Process { name: "auditor", address_variable: "JANGBU_AUDITOR_ADDR", port: 7005, url_variable: None },
];

/// Whether the process at this address says that it is ready; if not, what it says.
pub async fn readiness(client: &reqwest::Client, address: SocketAddr) -> Result<(), String> {
    let asked = client.get(format!("http://{address}/readyz")).timeout(Duration::from_secs(3)).send().await;
    let answer = asked.map_err(|_| "does not answer".to_owned())?;
    if answer.status().is_success() {
        return Ok(());
    }
    let body = answer.text().await.unwrap_or_default();
    Err(format!("is not ready: {}", body.trim()))
}
