//! One attempt: a request to an address that somebody else chose, and what came of it.

use std::{error::Error, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use kernel::{Clock, SystemClock};
use reqwest::{
    Certificate, ClientBuilder, Response, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};
use tokio::time::{Instant, timeout_at};
use traces::{OpenSpan, SpanKind, TraceContext};
use url::Host;
use uuid::Uuid;

use crate::{
    addresses::{Addresses, Refused},
    names::{CheckedNames, Names, Transport},
    schedule::retry_after,
};

/// So much of an answer is read.
pub const ANSWER_LIMIT: usize = 64 * 1024;
/// So much of what was read is kept.
pub const ANSWER_KEPT: usize = 1024;
/// How long a connection that is not used stays open.
const IDLE: Duration = Duration::from_secs(30);
const IDLE_PER_HOST: usize = 4;

/// What is sent in one attempt.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where to.
    pub url: String,
    /// The id of the event: the same in every attempt.
    pub id: Uuid,
    /// When the attempt was made, in seconds since 1970.
    pub timestamp: i64,
    /// Over id, timestamp and body.
    pub signature: String,
    /// The event.
    pub body: String,
    /// Where the span of the attempt belongs.
    pub trace: TraceContext,
}

/// What came of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why there was none, or why it was not read to its end.
    pub error: Option<&'static str>,
    /// How long it took.
    pub duration: Duration,
    /// The pause that the answer asks for.
    pub retry_after: Option<Duration>,
    /// How the body of the answer begins, without control characters.
    pub response_start: String,
}

impl Outcome {
    /// Whether the event was taken: that is what a status of 2xx says, and nothing else does.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The attempt itself broke.
    pub(crate) fn interrupted() -> Self {
        Self::failed("interrupted")
    }

    fn failed(error: &'static str) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}

/// What a client needs.
pub struct ClientOptions<'a> {
    /// Which addresses may be connected to.
    pub addresses: Addresses,
    /// What knows the addresses of names.
    pub names: Arc<dyn Names>,
    /// Certificates of authorities that are trusted beside those of the system, in PEM.
    pub authorities: Option<&'a Path>,
    /// How long an attempt may take in all.
    pub limit: Duration,
}

/// Makes attempts. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    tls: reqwest::Client,
    plain: reqwest::Client,
    addresses: Addresses,
    limit: Duration,
}

impl Client {
    /// Nothing is connected yet.
    pub fn new(options: ClientOptions<'_>) -> anyhow::Result<Self> {
        let ClientOptions { addresses, names, authorities, limit } = options;
        let mut tls = builder(&addresses, &names, Transport::Tls).https_only(true);
        if let Some(file) = authorities {
            let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let unreadable = || format!("{} holds no certificates in PEM", file.display());
            for certificate in Certificate::from_pem_bundle(&pem).with_context(unreadable)? {
                tls = tls.add_root_certificate(certificate);
            }
        }
        let tls = tls.build().context("the HTTPS client cannot be made")?;
        let plain = builder(&addresses, &names, Transport::Plain).build().context("the HTTP client cannot be made")?;
        Ok(Self { tls, plain, addresses, limit })
    }

    /// Makes one attempt. It ends within the limit, whatever the other side does.
    pub async fn send(&self, message: Message) -> Outcome {
        let began = Instant::now();
        let mut span = message.trace.begin("send webhook").of_kind(SpanKind::Client);
        span.text("webhook.message", message.id);
        let outcome = self.attempt(message, &span, began + self.limit).await;
        note(&mut span, &outcome);
        Outcome { duration: began.elapsed(), ..outcome }
    }

    async fn attempt(&self, message: Message, span: &OpenSpan, deadline: Instant) -> Outcome {
        let (client, url) = match self.choose(&message.url) {
            Ok(chosen) => chosen,
            Err(error) => return Outcome::failed(error),
        };
        let mut request = client
            .post(url)
            .header(CONTENT_TYPE, public_events::CloudEvent::CONTENT_TYPE)
            .header("webhook-id", message.id.to_string())
            .header("webhook-timestamp", message.timestamp.to_string())
            .header("webhook-signature", message.signature)
            .body(message.body);
        if let Some(parent) = span.traceparent() {
            request = request.header("traceparent", parent.to_string());
        }
        match timeout_at(deadline, request.send()).await {
            Err(_) => Outcome::failed("timeout"),
            Ok(Err(error)) => Outcome::failed(reason(&error)),
            Ok(Ok(response)) => answered(response, deadline).await,
        }
    }

    /// The client for a URL. An address that stands in it is not asked for by any resolver, so it is checked here.
    fn choose(&self, url: &str) -> Result<(&reqwest::Client, Url), &'static str> {
        let url = Url::parse(url).map_err(|_| "url-not-allowed")?;
        let (transport, client) = match url.scheme() {
            "https" => (Transport::Tls, &self.tls),
            "http" => (Transport::Plain, &self.plain),
            _ => return Err("url-not-allowed"),
        };
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err("url-not-allowed"),
        };
        let refused = address.is_some_and(|address| transport.check(&self.addresses, address).is_err());
        if refused { Err("address-not-allowed") } else { Ok((client, url)) }
    }
}

/// What the span says of the attempt. The address is the receiver's own matter.
fn note(span: &mut OpenSpan, outcome: &Outcome) {
    if let Some(status) = outcome.status {
        span.number("http.response.status_code", i64::from(status));
    }
    if let Some(error) = outcome.error {
        span.text("error.type", error);
    }
    if !outcome.is_success() {
        span.fail();
    }
}

fn builder(addresses: &Addresses, names: &Arc<dyn Names>, transport: Transport) -> ClientBuilder {
    let names = CheckedNames { names: names.clone(), addresses: addresses.clone(), transport };
    reqwest::Client::builder()
        .user_agent(concat!("Jangbu-Webhooks/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(names))
        // An answer must not lead elsewhere, and a proxy would connect for us to what was not checked.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_PER_HOST)
}

/// Why there was no answer, in words that say nothing of this side's network.
fn reason(error: &reqwest::Error) -> &'static str {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if causes.any(|cause| cause.is::<Refused>()) {
        "address-not-allowed"
    } else if error.is_builder() {
        "url-not-allowed"
    } else if error.is_connect() {
        "connection-failed"
    } else {
        "connection-lost"
    }
}

/// Reads as much of the answer as is wanted. Its status counts even if its body never ends.
async fn answered(mut response: Response, deadline: Instant) -> Outcome {
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let mut outcome = Outcome {
        status: Some(response.status().as_u16()),
        retry_after: asked.and_then(|value| retry_after(value, SystemClock.now())),
        ..Outcome::default()
    };
    let (mut kept, mut read) = (Vec::<u8>::with_capacity(ANSWER_KEPT), 0);
    while read < ANSWER_LIMIT {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                read += chunk.len();
                kept.extend(chunk.iter().take(ANSWER_KEPT - kept.len()));
            }
            Ok(Ok(None)) => break,
            Ok(Err(_)) => {
                outcome.error = Some("connection-lost");
                break;
            }
            Err(_) => {
                outcome.error = Some("timeout");
                break;
            }
        }
    }
    outcome.response_start = String::from_utf8_lossy(&kept).chars().filter(|c| !c.is_control()).collect();
    outcome
}
