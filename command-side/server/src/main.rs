//! `command-server`: takes commands over HTTP and writes the log.

use std::io::Write;

use clap::Parser;
use command_server::Config;
use platform::{http::listen, shutdown, telemetry};

/// A quarter of the time of a command went into the system's allocator (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Takes commands over HTTP and writes the log.
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
        return Ok(std::io::stdout().write_all(command_api::openapi().as_bytes())?);
    }
    let Arguments { config, openapi: _ } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("command-server", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_COMMAND_ADDR").await?;
        let ended = command_server::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
