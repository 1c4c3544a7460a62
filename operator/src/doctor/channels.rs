//! The mail server and the provider of text messages: whether they can be reached from here.

use std::time::Duration;

use futures::future::join_all;
use tokio::{net::TcpStream, time::timeout};

use super::finding::Finding;
use crate::{
    config::{Address, Config},
    failure::Failure,
};

/// How long a connection may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Tries each that is set, both at once. Only connects: nothing is sent.
pub async fn look(config: &Config) -> Vec<Finding> {
    let channels = [
        ("mail server", "JANGBU_SMTP_URL", &config.smtp_url),
        ("provider of text messages", "JANGBU_SMS_URL", &config.sms_url),
    ];
    let is_set = |url: &Address| !matches!(url.checked(""), Err(Failure::Unset { .. }));
    let given = channels.into_iter().filter_map(|(what, variable, url)| Some((what, variable, url.as_ref()?)));
    let given = given.filter(|(.., url)| is_set(url));
    join_all(given.map(|(what, variable, url)| tried(what, variable, url))).await
}

async fn tried(what: &'static str, variable: &'static str, url: &Address) -> Finding {
    let Some((host, port)) = url.checked(variable).ok().and_then(Address::host_and_port) else {
        let to_do = format!("set {variable} as the command servers have it");
        return Finding::warn(what, format!("{variable} names no server"), to_do);
    };
    let at = format!("{host}:{port}");
    let why = match timeout(LIMIT, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => return Finding::ok(what, format!("can be reached at {at}")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", LIMIT.as_secs()),
    };
    let to_do = format!("start it, or correct {variable}; pending messages are sent then (docs/runbooks/no-codes.md)");
    Finding::warn(what, format!("cannot be reached at {at}: {why}"), to_do)
}
