//! `projector`: keeps the views level with the log.

use clap::Parser;
use platform::{http::listen, shutdown, telemetry};
use projector::Config;

/// A quarter of the time of a command went into the system's allocator (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps the views level with the log; several may run at once.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    let Arguments { config } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        telemetry::init("projector", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_PROJECTOR_ADDR").await?;
        projector::run(config, listener, shutdown).await
    })
}
