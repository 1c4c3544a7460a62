//! `jangbu`: the operator's command line.

use std::process::ExitCode;

/// Rebuilds decode millions of events on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    operator::main().await
}
