//! `query-server`: the read side of the bank, over HTTP.

use std::io::Write;

use clap::Parser;
use platform::{http::listen, shutdown, telemetry};
use query_server::Config;

/// A quarter of the time of a command went into the system's allocator (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Answers reads over HTTP from the views; writes nothing.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print the OpenAPI document and end; must come first
    #[arg(long)]
    openapi: bool,
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    // Before the rest is parsed: describing the API needs no configuration.
    if std::env::args_os().nth(1).is_some_and(|first| first == "--openapi") {
        return Ok(std::io::stdout().write_all(query_api::openapi().as_bytes())?);
    }
    let Arguments { config, openapi: _ } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("query-server", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_QUERY_ADDR").await?;
        let ended = query_server::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
