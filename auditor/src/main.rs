//! `auditor`: proves the log, commit by commit.

use auditor::Config;
use clap::Parser;
use platform::{http::listen, shutdown, telemetry};

/// The folds are many small allocations (docs/decisions/0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Follows the log, proves it commit by commit, and stops all commands when a rule is broken.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

fn main() -> anyhow::Result<()> {
    let Arguments { config } = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let telemetry = telemetry::init("auditor", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = listen(config.addr, "JANGBU_AUDITOR_ADDR").await?;
        let ended = auditor::run(config, listener, shutdown).await;
        telemetry.finish().await;
        ended
    })
}
