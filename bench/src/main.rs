//! `bench`: Jangbu against pgbench, in one run. `just bench` builds and starts it.

use std::{io, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use bench::{
    BenchPlan, FairnessPlan, LogInPlan, Path as Way, ReadersBench, ServersPlan, fairness, logins, print, print_readers,
    print_rebuilds, readers, rebuild, run, run_one, servers,
};
use clap::Parser;

/// Measures Jangbu against pgbench TPC-B on a Postgres and a NATS server of its own, and prints the figures of DESIGN 16.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The short run: about three minutes instead of ten
    #[arg(long, global = true)]
    quick: bool,
    /// Keep the raw results under docs/benchmarks/results/, not only under target/bench/
    #[arg(long, global = true)]
    keep: bool,
    /// Exit with 1 if a figure is missed
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    only: Option<Only>,
}

/// One part of it.
#[derive(clap::Subcommand)]
enum Only {
    /// One load alone, without pgbench: to profile it
    Load {
        /// What is measured
        path: Way,
        /// Connections
        #[arg(long, default_value_t = 256)]
        connections: usize,
        /// Seconds that are measured
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// How fast views are rebuilt from log and archive, beside COPY of the log out and of a table in
    Rebuild {
        /// The events of the log; two million if not given, one with `--quick`
        #[arg(long)]
        events: Option<i64>,
    },
    /// What clients notice while every view is rebuilt, promoted, rolled back and promoted again under half the load
    Readers {
        /// How many clients read
        #[arg(long, default_value_t = 200)]
        clients: usize,
        /// Reads and payments a second of all of them together
        #[arg(long, default_value_t = 400.0)]
        reads: f64,
        /// Transfers a second beside them; half of what a closed loop reaches if not given
        #[arg(long)]
        rate: Option<f64>,
        /// Transfers in the log before the first rebuild, at least
        #[arg(long, default_value_t = 50_000)]
        history: u64,
    },
    /// What a flood of log-ins does to transfers at half of the highest rate
    Logins {
        /// Transfers a second, instead of half of the highest rate
        #[arg(long)]
        rate: Option<f64>,
        /// Log-ins a second
        #[arg(long, default_value_t = 500.0)]
        flood: f64,
    },
    /// What one member with thousands of requests in flight does to the transfers of others
    Fairness {
        /// Transfers a second of the others together
        #[arg(long, default_value_t = 200.0)]
        rate: f64,
        /// Requests that the member has in flight
        #[arg(long, default_value_t = 4000)]
        in_flight: usize,
    },
    /// Two command servers against one: uniform, and with one hot account
    Servers,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let plan = if arguments.quick { BenchPlan::quick() } else { BenchPlan::full() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join(if arguments.keep { "docs/benchmarks/results" } else { "target/bench" });
    let (file, met) = match arguments.only {
        Some(Only::Rebuild { events }) => {
            let events = events.unwrap_or(if arguments.quick { 1_000_000 } else { 2_000_000 });
            let results = rebuild(events, arguments.quick).await?;
            print_rebuilds(&results, &mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Readers { clients, reads, rate, history }) => {
            let found = readers(ReadersBench { clients, reads_per_second: reads, rate, history }).await?;
            print_readers(&found, &mut io::stdout().lock()).context("printing")?;
            (found.write(&folder)?, found.met())
        }
        Some(Only::Logins { rate, flood }) => {
            let results = logins(&LogInPlan::new(arguments.quick, rate, flood)).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Fairness { rate, in_flight }) => {
            let results = fairness(&FairnessPlan::new(arguments.quick, rate, in_flight)).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Servers) => {
            let results = servers(&ServersPlan::new(arguments.quick)).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Load { path, connections, seconds }) => {
            run_one(&plan, path, connections, Duration::from_secs(seconds)).await?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {
            let results = run(&plan).await?;
            print(&results, &mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.figures.iter().all(|figure| figure.met))
        }
    };
    eprintln!("bench: raw results in {}", file.canonicalize().unwrap_or(file).display());
    Ok(if arguments.strict && !met { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
