//! `umadb-peer`: UmaDB as it is published, and a load on it over its own protocol with its own client. `bench umadb` starts both.

mod accounts;
mod load;

use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::Parser;

use self::load::Plan;

/// A server of UmaDB, or a load on one.
#[derive(Parser)]
enum Arguments {
    /// Run the server with the options of UmaDB's own program: `serve --listen 127.0.0.1:50051 --db-path FOLDER`
    #[command(disable_help_flag = true)]
    Serve {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Append transfers of three events, each under a condition, and print what was found as JSON
    Load {
        /// Where the server listens
        #[arg(long)]
        url: String,
        /// How many accounts
        #[arg(long, default_value_t = 10_000)]
        accounts: usize,
        /// How many clients, each with a connection of its own: one load after the other
        #[arg(long, value_delimiter = ',', default_value = "1,32,256")]
        clients: Vec<usize>,
        /// Seconds before what is measured
        #[arg(long, default_value_t = 2.0)]
        warm_up: f64,
        /// Seconds that are measured
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
    },
}

fn main() -> Result<()> {
    match Arguments::parse() {
        Arguments::Serve { options } => serve(options),
        Arguments::Load { url, accounts, clients, warm_up, seconds } => {
            let (warm_up, measure) = (Duration::from_secs_f64(warm_up), Duration::from_secs_f64(seconds));
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let found = runtime.block_on(load::run(&Plan { url, accounts, clients, warm_up, measure }))?;
            println!("{found:#}");
            Ok(())
        }
    }
}

/// The same as UmaDB's program `umadb`. It gives every commit to the disk with fdatasync; there is no option against it.
fn serve(options: Vec<String>) -> Result<()> {
    let options = std::iter::once("umadb".to_owned()).chain(options);
    let options = umadb::parse_cli_options(options).map_err(|error| anyhow!("{error}"))?;
    umadb::start_server_with_cli_options(options).map_err(|error| anyhow!("{error}"))
}
