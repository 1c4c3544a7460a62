//! `jangbu`: the operator's command line.

use std::process::ExitCode;

/// Rebuilds decode millions of events on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let code = runtime.block_on(operator::main());
    // Whoever looks a name up that no server answers was given up already: the end does not wait for them.
    runtime.shutdown_background();
    code
}
