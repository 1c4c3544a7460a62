//! `mail`: catches the mail, the text messages and the pushes of a bank on this machine. `./justw up` starts it; `dev mail` shows what it
//! caught.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use testkit::mail::{Catcher, Plan, server_config};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Catch mail (SMTP), text messages (docs/sms-provider.md) and pushes (docs/push-provider.md), and show them at GET /messages?to=ADDRESS and GET /pushes?token=TOKEN. Memory only
#[derive(Parser)]
#[command(name = "mail")]
struct Cli {
    /// Where messages are read, and text messages are taken
    #[arg(long, env = "JANGBU_MAIL_ADDR", default_value = "127.0.0.1:7480")]
    addr: SocketAddr,
    /// Where mail is taken
    #[arg(long, env = "JANGBU_MAIL_SMTP_ADDR", default_value = "127.0.0.1:7425")]
    smtp_addr: SocketAddr,
    /// Where mail is taken under TLS from the first byte
    #[arg(long, requires = "tls_certificate")]
    smtps_addr: Option<SocketAddr>,
    /// A certificate (PEM): STARTTLS is offered
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let tls = match (&cli.tls_certificate, &cli.tls_key) {
        (Some(certificate), Some(key)) => Some(server_config(certificate, key)?),
        _ => None,
    };
    let smtps = match cli.smtps_addr {
        Some(address) => Some(listen(address, "--smtps-addr").await?),
        None => None,
    };
    let plan = Plan {
        http: listen(cli.addr, "JANGBU_MAIL_ADDR").await?,
        smtp: listen(cli.smtp_addr, "JANGBU_MAIL_SMTP_ADDR").await?,
        smtps,
        tls,
        smtputf8: true,
        sms_token: None,
    };
    let catcher = Catcher::start(plan)?;
    eprintln!("mail is caught at smtp://{}, text messages at {}/sms", catcher.smtp, catcher.url());
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    tokio::select! {
        () = catcher.run() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn listen(address: SocketAddr, variable: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}, which {variable} sets"))
}
