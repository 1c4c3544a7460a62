//! `event-publisher`: publishes the public events to JetStream.

use std::io::Write;

use clap::Parser;
use event_publisher::Config;
use platform::{http::listen, shutdown, telemetry};

/// A quarter of the time of a command went into the system's allocator (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Publishes the public events to JetStream, in order; a second one stands by.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print the AsyncAPI document and end; must come first
    #[arg(long)]
    asyncapi: bool,
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    // Before the rest is parsed: describing the events needs no configuration.
    if std::env::args_os().nth(1).is_some_and(|first| first == "--asyncapi") {
        let mut text = serde_json::to_string_pretty(&public_events::asyncapi::document())?;
        text.push('\n');
        return Ok(std::io::stdout().write_all(text.as_bytes())?);
    }
    let Arguments { config, asyncapi: _ } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("event-publisher", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_PUBLISHER_ADDR").await?;
        let ended = event_publisher::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
