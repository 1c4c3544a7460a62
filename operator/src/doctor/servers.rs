//! The servers: whether they say that they are ready.

use std::time::Duration;

use super::finding::Finding;
use crate::{
    config::{Address, Config},
    failure::Failure,
    http,
};

/// How long a server may take to answer.
pub const LIMIT: Duration = Duration::from_secs(3);

/// What to do about a process that is there and does not answer.
pub const HANGS: &str = "its process is there: see whether it is suspended (`ps -eo pid,stat,args`, state T; `kill -CONT PID` \
                         resumes it) or hangs (its logs, `./justw logs`); then restart it";

/// Asks every server whose address is known.
pub async fn look(config: &Config) -> Vec<Finding> {
    let ops = |addr: &Option<String>| addr.as_deref().and_then(reachable);
    let servers = [
        ("command server", "JANGBU_COMMAND_URL", Some(config.command_url.clone())),
        ("query server", "JANGBU_QUERY_URL", Some(config.query_url.clone())),
        ("relay's probe", "JANGBU_RELAY_ADDR", ops(&config.relay_addr)),
        ("projector's probe", "JANGBU_PROJECTOR_ADDR", ops(&config.projector_addr)),
        ("auditor's probe", "JANGBU_AUDITOR_ADDR", ops(&config.auditor_addr)),
        ("publisher's probe", "JANGBU_PUBLISHER_ADDR", ops(&config.publisher_addr)),
        ("webhook sender's probe", "JANGBU_WEBHOOKS_ADDR", ops(&config.webhooks_addr)),
    ];
    let client = match http::client(LIMIT) {
        Ok(client) => client,
        Err(failure) => return vec![Finding::failed("servers", &failure)],
    };
    let asked =
        servers.into_iter().filter_map(|(what, variable, address)| Some(ask(&client, what, variable, address?)));
    futures::future::join_all(asked).await
}

/// Whether somebody takes connections at the relay's probe, and answers none: a relay that hangs, or is suspended.
pub async fn relay_hangs(config: &Config) -> bool {
    let Some(address) = config.relay_addr.as_deref().and_then(reachable) else { return false };
    let Ok(client) = http::client(LIMIT) else { return false };
    client.get(address.join("/readyz")).send().await.is_err_and(|error| is_silence(&error))
}

/// The connection was made, and nothing came back.
fn is_silence(error: &reqwest::Error) -> bool {
    error.is_timeout() && !error.is_connect()
}

/// A listening address as one to connect to.
pub fn reachable(listening: &str) -> Option<Address> {
    let (host, port) = listening.rsplit_once(':')?;
    let host = if matches!(host, "" | "0.0.0.0" | "[::]") { "127.0.0.1" } else { host };
    format!("http://{host}:{port}").parse().ok().filter(|address: &Address| address.checked("").is_ok())
}

async fn ask(client: &reqwest::Client, what: &'static str, variable: &'static str, address: Address) -> Finding {
    if let Err(failure) = address.checked(variable) {
        return Finding::failed(what, &failure);
    }
    let response = match client.get(address.join("/readyz")).send().await {
        Ok(response) => response,
        Err(error) if is_silence(&error) => {
            let found = format!("takes connections at {address}, and does not answer within {} s", LIMIT.as_secs());
            return Finding::fail(what, found, HANGS);
        }
        Err(error) => {
            let failure: Failure = http::unreachable(what, &address, variable, error);
            return Finding::failed(what, &failure);
        }
    };
    let status = response.status();
    let body = response.text().await.unwrap_or_default();
    if status.is_success() {
        return match degraded(&body) {
            None => Finding::ok(what, format!("ready at {address}")),
            Some((names, to_do)) => Finding::warn(what, format!("ready at {address}, but not {names}"), to_do),
        };
    }
    let answer: String = body.chars().filter(|c| !c.is_control()).take(300).collect();
    let to_do = lacking(&body);
    Finding::fail(what, format!("at {address} answers {}: {answer}", status.as_u16()), to_do)
}

/// What to do about a server that is not ready.
fn lacking(body: &str) -> String {
    let report: Option<Report> = serde_json::from_str(body).ok();
    let failing = |name: &str| report.as_ref().and_then(|r| r.checks.get(name)).is_some_and(|word| word != "ok");
    let mut steps = Vec::new();
    if failing("key-encryption key") {
        steps.push(super::kek::PUT_BACK);
    }
    if failing("appends") {
        steps.push("the log answers, but takes nothing: is its disk full? (docs/runbooks/log-disk-full.md)");
    }
    if failing("publisher") {
        steps.push("public events are not told: docs/runbooks/publisher-down.md");
    }
    if failing("webhooks") {
        steps.push("webhooks are not sent, and nothing of them is lost: docs/runbooks/webhooks-failing.md");
    }
    steps.push("what it misses is named; see its logs (`./justw logs`)");
    steps.join("; ")
}

/// What a server says of its checks.
#[derive(serde::Deserialize)]
struct Report {
    checks: std::collections::BTreeMap<String, String>,
}

/// What a server that is ready does without, and what to do about it.
fn degraded(body: &str) -> Option<(String, String)> {
    let report: Report = serde_json::from_str(body).ok()?;
    let names: Vec<&str> =
        report.checks.iter().filter(|(_, word)| *word == "degraded").map(|(name, _)| name.as_str()).collect();
    let to_do = names.iter().map(|name| match *name {
        "key holder" => "the transit engine that JANGBU_KEK names does not answer: nobody signs up until it does \
                         (docs/runbooks/vault-down.md)"
            .to_owned(),
        "vault" => "without the vault nobody signs up or logs in: see `vault database`".to_owned(),
        "public events" => {
            "live streams wait: see its log; does a publisher run? (docs/runbooks/publisher-down.md)".to_owned()
        }
        "email" => channel("mail", "JANGBU_SMTP_URL and JANGBU_MAIL_FROM"),
        "phone" => channel("text messages", "JANGBU_SMS_URL"),
        other => format!("see its log for `{other}`"),
    });
    (!names.is_empty()).then(|| (names.join(", "), to_do.collect::<Vec<_>>().join("; ")))
}

fn channel(what: &str, variables: &str) -> String {
    format!("{what} does not get out: set {variables} for it, or fix what they name; codes wait, money moves")
}

#[cfg(test)]
mod tests {
    use super::{degraded, reachable};

    #[test]
    fn what_a_ready_server_does_without_is_named() {
        let body = r#"{"status":"degraded","checks":{"email":"degraded","log":"ok","phone":"ok"}}"#;
        let (names, to_do) = degraded(body).expect("it is degraded");
        assert_eq!(names, "email");
        assert!(to_do.contains("JANGBU_SMTP_URL"), "{to_do}");
        assert_eq!(degraded(r#"{"status":"ready","checks":{"log":"ok"}}"#), None);
        assert_eq!(degraded("ready"), None, "a proxy's own answer");
    }

    #[test]
    fn where_it_listens_becomes_where_it_is_asked() {
        let url = |addr| reachable(addr).map(|a| a.to_string());
        assert_eq!(url("0.0.0.0:7003").as_deref(), Some("http://127.0.0.1:7003"));
        assert_eq!(url("[::]:7003").as_deref(), Some("http://127.0.0.1:7003"));
        assert_eq!(url("10.0.0.2:7003").as_deref(), Some("http://10.0.0.2:7003"));
        assert_eq!((url("nothing"), url("a b:1")), (None, None));
    }
}
