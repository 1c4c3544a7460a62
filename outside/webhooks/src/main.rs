//! `webhook-sender`: sends public events to the addresses that were named for them.

use clap::Parser;
use platform::{http::listen, shutdown, telemetry};
use webhook_sender::Config;

/// Deliveries are many small allocations (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sends public events to webhooks, signed, until they are taken; a second one stands by.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    let Arguments { config } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("webhook-sender", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_WEBHOOKS_ADDR").await?;
        let ended = webhook_sender::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
