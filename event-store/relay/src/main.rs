//! `outbox-relay`: publishes the log to JetStream.

use clap::Parser;
use outbox_relay::Config;
use platform::{http::listen, shutdown, telemetry};

/// A quarter of the time of a command went into the system's allocator (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Publishes the log to JetStream, in order; a second one stands by.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    let Arguments { config } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("outbox-relay", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_RELAY_ADDR").await?;
        let ended = outbox_relay::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
