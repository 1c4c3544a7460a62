//! `providers`: the outside world on this machine. `./justw up` starts it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use harness::{LocalProviders, Options};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// A payment provider, a bank and an issuer of gift cards, at /toss, /bank and /gift-cards (docs/provider-*.md)
#[derive(Parser)]
#[command(name = "providers")]
struct Cli {
    /// Where all three listen
    #[arg(long, env = "JANGBU_PROVIDERS_ADDR", default_value = "127.0.0.1:7481")]
    addr: SocketAddr,
    /// A folder for their books; without it they are in memory, and gone after a restart
    #[arg(long, env = "JANGBU_PROVIDERS_DIR")]
    dir: Option<PathBuf>,
    /// The bearer token that calls must come with; any will do if it is not set
    #[arg(long, env = "JANGBU_PROVIDERS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Milliseconds that a late answer takes
    #[arg(long, env = "JANGBU_PROVIDERS_LATE_MS", default_value_t = 5000)]
    late_ms: u64,
    /// Milliseconds that a payout takes to settle or to come back
    #[arg(long, env = "JANGBU_PROVIDERS_SETTLE_MS", default_value_t = 300)]
    settle_ms: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let listener = TcpListener::bind(cli.addr)
        .await
        .with_context(|| format!("cannot listen on {}, which JANGBU_PROVIDERS_ADDR sets", cli.addr))?;
    let options = Options {
        api_key: cli.api_key.filter(|key| !key.is_empty()),
        folder: cli.dir.filter(|dir| !dir.as_os_str().is_empty()),
        late: Duration::from_millis(cli.late_ms),
        settle: Duration::from_millis(cli.settle_ms),
    };
    let providers = LocalProviders::start(listener, &options)?;
    eprintln!("providers: {url}/toss, {url}/bank, {url}/gift-cards", url = providers.url());
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    tokio::select! {
        () = providers.run() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
