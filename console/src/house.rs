//! What all requests share.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use chrono_tz::Tz;
use kernel::{Clock, Ids};
use platform::{http::TrustForwarded, shutdown::Shutdown};

use crate::{
    client::{Client, Probed},
    config::Config,
    scales::Scales,
    session::{Cookies, Seal},
    shared::{LiveSessions, Recent, SharedReads},
};

/// What all requests share.
pub(crate) struct House {
    pub(crate) client: Client,
    pub(crate) seal: Seal,
    pub(crate) cookies: Cookies,
    /// Whether the address of a browser is what a proxy says it is.
    pub(crate) trust_forwarded: TrustForwarded,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) scales: Scales,
    pub(crate) shared: SharedReads,
    pub(crate) sessions: LiveSessions,
    pub(crate) zone: Tz,
    /// Where browsers find the console, without a slash at the end; empty if it goes by the address that they name.
    pub(crate) public_url: String,
    /// Where the mail that was caught is read, without a slash at the end; only on a machine of one's own.
    pub(crate) mail_url: Option<String>,
    /// Where `jangbu doctor` writes its report; none if it writes none.
    pub(crate) doctor_report: Option<PathBuf>,
    /// What has to be agreed to at a sign-up.
    pub(crate) consents: Vec<String>,
    /// The servers that answer probes, this one among them: a name and `http://host:port`.
    pub(crate) probed: Vec<(&'static str, String)>,
    /// What they said a moment ago, in the same order.
    pub(crate) probes: Recent<Vec<Probed>>,
    /// Live pages end with it.
    pub(crate) closing: Shutdown,
}

impl House {
    /// `own`: where this console listens.
    pub(crate) fn new(
        config: &Config,
        own: SocketAddr,
        seal: Seal,
        client: Client,
        (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>),
        closing: Shutdown,
    ) -> Self {
        let at = |addr: &String| (!addr.is_empty()).then(|| format!("http://{addr}"));
        let named = [
            ("command-server", Some(config.command_url.to_string())),
            ("query-server", Some(config.query_url.to_string())),
            ("projector", Some(config.projector_url.to_string())),
            ("outbox-relay", at(&config.relay_addr)),
            ("auditor", at(&config.auditor_addr)),
            ("event-publisher", at(&config.publisher_addr)),
            ("webhook-sender", at(&config.webhooks_addr)),
            ("console", Some(format!("http://{}", reachable(own)))),
        ];
        let caught = Some(config.mail_url.trim_end_matches('/').to_owned());
        let wanted = config.required_consents.iter().map(|document| document.trim().to_owned());
        let mut consents: Vec<String> = wanted.filter(|document| !document.is_empty()).collect();
        if consents.is_empty() {
            consents.push("terms".to_owned());
        }
        Self {
            client,
            seal,
            cookies: Cookies { secure: config.secure },
            trust_forwarded: TrustForwarded(config.trust_forwarded_for),
            clock,
            ids,
            scales: Scales::default(),
            shared: SharedReads::default(),
            sessions: LiveSessions::default(),
            zone: config.zone.name().parse().unwrap_or(Tz::UTC),
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            probes: Recent::default(),
            mail_url: caught.filter(|url| !url.is_empty() && !config.secure),
            doctor_report: Some(&config.doctor_report).filter(|file| !file.is_empty()).map(PathBuf::from),
            consents,
            probed: named.into_iter().filter_map(|(name, base)| Some((name, base?))).collect(),
            closing,
        }
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }
}

/// Where this process reaches a socket of its own.
fn reachable(mut own: SocketAddr) -> SocketAddr {
    if own.ip().is_unspecified() {
        own.set_ip(if own.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_that_listens_everywhere_reaches_itself_on_loopback() {
        for (own, reached) in
            [("0.0.0.0:7005", "127.0.0.1:7005"), ("[::]:7005", "[::1]:7005"), ("192.0.2.7:80", "192.0.2.7:80")]
        {
            assert_eq!(reachable(own.parse().expect("an address")).to_string(), reached);
        }
    }
}
