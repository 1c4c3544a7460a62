//! `console`: the operators' screens in the browser.

use clap::Parser;
use console::Config;
use platform::{http::listen, shutdown, telemetry};

/// As in the other servers (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves the operators' screens to browsers; all it knows comes from the other servers over HTTP.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    let Arguments { config } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("console", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_CONSOLE_ADDR").await?;
        let ended = console::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
