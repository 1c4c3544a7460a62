//! A real catcher of messages for one machine: mail comes in by SMTP, text messages by the contract of
//! docs/sms-provider.md, pushes by that of docs/push-provider.md, and all are read at one URL. Nothing leaves the machine, and nothing is kept on disk.

mod caught;
mod faults;
mod http;
mod smtp;
mod tls;

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use kernel::SystemClock;
use tokio::{net::TcpListener, task::JoinSet};

pub use caught::{Caught, CaughtPush, Message};
pub use faults::{Fault, Faults, Side};
pub use tls::server_config;

/// What a catcher serves.
pub struct Plan {
    /// Where messages are read, and text messages are taken.
    pub http: TcpListener,
    /// Where mail is taken: plain, with STARTTLS if there is a certificate.
    pub smtp: TcpListener,
    /// Where mail is taken under TLS from the first byte; needs a certificate.
    pub smtps: Option<TcpListener>,
    /// The certificate.
    pub tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
    /// Whether addresses with letters of all scripts are taken (RFC 6531).
    pub smtputf8: bool,
    /// The bearer token that text messages must come with; any will do if there is none.
    pub sms_token: Option<String>,
}

impl Plan {
    /// On free ports of this machine, without TLS.
    pub async fn local() -> Result<Self> {
        Ok(Self { http: free().await?, smtp: free().await?, smtps: None, tls: None, smtputf8: true, sms_token: None })
    }

    /// With this certificate: STARTTLS at the one port, TLS at the other.
    pub async fn with_tls(self, config: Arc<tokio_rustls::rustls::ServerConfig>) -> Result<Self> {
        Ok(Self { smtps: Some(free().await?), tls: Some(config), ..self })
    }
}

async fn free() -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await.context("no free port")
}

/// A running catcher. Dropping it ends it.
pub struct Catcher {
    /// What it caught.
    pub caught: Arc<Caught>,
    /// The faults that it was asked for.
    pub faults: Arc<Faults>,
    /// Where messages are read.
    pub http: SocketAddr,
    /// Where mail is taken.
    pub smtp: SocketAddr,
    /// Where mail is taken under TLS from the first byte.
    pub smtps: Option<SocketAddr>,
    tasks: JoinSet<()>,
}

impl Catcher {
    /// Starts to catch.
    pub fn start(plan: Plan) -> Result<Self> {
        let address = |listener: &TcpListener| listener.local_addr().context("a listener without an address");
        let (http, smtp) = (address(&plan.http)?, address(&plan.smtp)?);
        let smtps = plan.smtps.as_ref().map(address).transpose()?;
        let caught = Arc::new(Caught::new(Arc::new(SystemClock)));
        let faults = Arc::new(Faults::default());
        let mut tasks = JoinSet::new();
        let (smtputf8, tls) = (plan.smtputf8, plan.tls);
        let context = smtp::MailContext { caught: caught.clone(), faults: faults.clone(), tls, smtputf8 };
        tasks.spawn(smtp::serve(plan.smtp, context.clone(), false));
        if let Some(listener) = plan.smtps {
            tasks.spawn(smtp::serve(listener, context, true));
        }
        let routes = http::routes(caught.clone(), faults.clone(), plan.sms_token);
        tasks.spawn(async move {
            // It ends only with the process, or with the catcher.
            let _ = axum::serve(plan.http, routes).await;
        });
        Ok(Self { caught, faults, http, smtp, smtps, tasks })
    }

    /// The URL at which messages are read.
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Waits until it breaks, which is for ever.
    pub async fn run(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
