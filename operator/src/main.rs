//! `jangbu`: the operator's command line.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    operator::main().await
}
