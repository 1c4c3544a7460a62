//! `query-server`: what the bank can tell, over HTTP.

use clap::Parser;
use platform::{shutdown, telemetry};
use query_server::{Config, run};
use tokio::net::TcpListener;

/// The query server of Jangbu: GET only; reads the views, writes nothing.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Print the OpenAPI document and end
    #[arg(long)]
    openapi: bool,
    #[command(flatten)]
    config: Config,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { openapi, config } = Cli::parse();
    if openapi {
        print!("{}", query_api::openapi());
        return Ok(());
    }
    telemetry::init("query-server", &config.telemetry)?;
    let listener = TcpListener::bind(config.query_addr).await?;
    run(config, listener, shutdown::signal()?).await
}
