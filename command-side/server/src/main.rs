//! `command-server`: takes commands over HTTP and writes the log.

use clap::Parser;
use command_server::Config;
use platform::{shutdown, telemetry};
use tokio::net::TcpListener;

/// Takes commands over HTTP and writes the log.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print the OpenAPI document and end
    #[arg(long, exclusive = true)]
    openapi: bool,
    #[command(flatten)]
    config: Option<Config>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let Some(config) = arguments.config.filter(|_| !arguments.openapi) else {
        print!("{}", command_api::openapi());
        return Ok(());
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        telemetry::init("command-server", &config.telemetry)?;
        let shutdown = shutdown::signal()?;
        let listener = TcpListener::bind(config.addr).await?;
        command_server::run(config, listener, shutdown).await
    })
}
